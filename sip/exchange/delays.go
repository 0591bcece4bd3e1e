package exchange

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/meter"
)

// invites measures how long the switch took to ring somebody.
func (r *running) invites(l *leg.Leg) {
	if !r.setUp && l.ID > 1 {
		r.setUp = true
		r.x.cfg.Delays.SetUp(time.Since(r.arrived))
	}
}

// hears measures how long it took until somebody rang.
func (r *running) hears(now time.Time, id int, res *sip.Response) {
	if r.rang || id == 1 || res.StatusCode != 180 && res.StatusCode != 183 {
		return
	}
	r.rang = true
	way, trunk := r.way(id)
	r.x.cfg.Delays.Rang(way, trunk, now.Sub(r.arrived))
}

// answered measures how long it took until a party answered; an application does so
// at once.
func (r *running) answered(e ledger.Event) {
	if e.Leg > 1 {
		way, trunk := r.way(e.Leg)
		r.x.cfg.Delays.Answered(way, trunk, e.At.Sub(r.arrived))
	}
}

// way is which way a call to a leg goes, and by which trunk.
func (r *running) way(id int) (meter.Direction, string) {
	if l := r.call.Leg(id); l != nil && l.Party.Kind == leg.Trunk {
		return meter.Out, l.Party.Name
	}
	if p := r.call.Caller().Party; p.Kind == leg.Trunk {
		return meter.In, p.Name
	}
	return meter.Internal, ""
}
