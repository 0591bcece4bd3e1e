package configs

import (
	"time"

	"strowger/dialplan/source"
	"strowger/sip/carrier"
	"strowger/sip/trunk/channel"
	"strowger/sip/trunk/health"
)

// health reads how a trunk is watched.
func (r *reader) health(b *source.Body, t *Trunk) {
	h := b.Block("health")
	if h == nil {
		return
	}
	t.Health.Interval = h.Duration("interval", 30*time.Second, carrier.MinInterval, time.Hour)
	t.Health.Down = h.Int("down", health.DefaultDown, 1, 20)
	t.Health.Up = h.Int("up", health.DefaultUp, 1, 20)
	h.Done()
}

// trunkLimits reads how many calls a trunk, or a tenant's trunks, may have.
func trunkLimits(b *source.Body) channel.Limits {
	const most = 100_000
	var l channel.Limits
	c := b.Block("limits")
	if c == nil {
		return l
	}
	l.Channels = c.Int("channels", 0, 1, most)
	l.In = c.Int("channels_in", 0, 1, most)
	l.Out = c.Int("channels_out", 0, 1, most)
	l.Reserved = c.Int("reserved", 0, 1, most)
	l.RateIn = c.Int("calls_per_second_in", 0, 1, most)
	l.RateOut = c.Int("calls_per_second_out", 0, 1, most)
	for _, all := range []int{l.Channels, l.Out} {
		if all > 0 && l.Reserved >= all {
			c.Fault(c.Pos("reserved"), "reserved = %d leaves none of %d channels for other calls", l.Reserved, all)
			break
		}
	}
	if l.Reserved > 0 && l.Channels == 0 && l.Out == 0 {
		c.Fault(c.Pos("reserved"), "reserved needs a number to reserve from; write: channels = 30")
	}
	c.Done()
	return l
}
