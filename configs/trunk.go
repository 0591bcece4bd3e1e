package configs

import (
	"time"

	"strowger/dialplan/source"
	"strowger/sip/carrier"
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
