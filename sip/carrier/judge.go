package carrier

import (
	"time"

	"strowger/sip/leg"
	"strowger/sip/transport"
	"strowger/sip/trunk"
	"strowger/sip/trunk/health"
)

// Heard takes what an address answered to a call (exchange.Trunks).
func (d *Desk) Heard(now time.Time, p leg.Party, proto transport.Proto, status int, retryAfter time.Duration) {
	switch {
	case status == 503:
		d.counters.CallFailures.Add(1)
		d.learn(now, place{p.Network, p.Home, proto}, refusal(retryAfter))
	case status == 408 || status/100 == 5: // of what is behind it
	default:
		d.learn(now, place{p.Network, p.Home, proto}, health.Event{Kind: health.Answer})
	}
}

// Failed takes that an address did not answer a call (exchange.Trunks).
func (d *Desk) Failed(now time.Time, p leg.Party, proto transport.Proto, why string) {
	d.counters.CallFailures.Add(1)
	d.learn(now, place{p.Network, p.Home, proto}, health.Event{Kind: health.Failure, Why: why})
}

// refusal is a 503.
func refusal(retryAfter time.Duration) health.Event {
	e := health.Event{Kind: health.Failure, Why: "503", Rest: retryAfter}
	if retryAfter > 0 {
		e.Kind = health.Busy
	}
	return e
}

// learn steps an address; one that no trunk has any more is nobody's concern.
func (d *Desk) learn(now time.Time, at place, e health.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a := d.places[at]; a != nil {
		d.step(now, at, a, e)
	}
}

// step moves an address and tells of a change. The lock is held.
func (d *Desk) step(now time.Time, at place, a *address, e health.Event) {
	was := a.Status
	if !a.Step(now, e) {
		return
	}
	switch {
	case a.Status == health.Down:
		d.counters.WentDown.Add(1)
		d.counters.Down.Add(1)
		d.cfg.Log.Warn("an address of a trunk takes no calls; it is tried last", "network", at.network, "address", at.addr, "transport", at.proto, "why", a.Why)
	case was == health.Down:
		d.counters.CameUp.Add(1)
		d.counters.Down.Add(-1)
		d.cfg.Log.Info("an address of a trunk takes calls again", "network", at.network, "address", at.addr, "transport", at.proto)
	}
}

// Sort parts the ways to a trunk into those that should have a call and those that
// should have it only if no other is left, each in their order (admission.Desk).
func (d *Desk) Sort(now time.Time, t *trunk.Trunk, ways []trunk.Way) (good, rest []trunk.Way) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range ways {
		if a := d.places[place{t.Network, w.AddrPort, w.Proto}]; a != nil && !a.Usable(now) {
			rest = append(rest, w)
		} else {
			good = append(good, w)
		}
	}
	return good, rest
}
