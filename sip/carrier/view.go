package carrier

import (
	"time"

	"strowger/sip/trunk"
	"strowger/sip/trunk/health"
)

// View is an address of a trunk as an operator sees it.
type View struct {
	Address string        `json:"address"`           // as "192.0.2.1:5060/udp"
	State   string        `json:"state"`             // unknown, up, down or resting
	Since   time.Time     `json:"since,omitzero"`    // of up and down
	Until   time.Time     `json:"until,omitzero"`    // of resting: it asked to be left alone
	Heard   time.Time     `json:"heard,omitzero"`    // of it last
	Took    time.Duration `json:"took,omitempty"`    // the last OPTIONS, in nanoseconds
	Failure string        `json:"failure,omitempty"` // the last one, unless it answered since
}

// Addresses are those of a trunk at present.
func (d *Desk) Addresses(now time.Time, t *trunk.Trunk) []View {
	d.mu.Lock()
	defer d.mu.Unlock()
	views := []View{}
	for _, w := range t.Known() {
		v := View{Address: w.String(), State: health.Unknown.String()}
		if a := d.places[place{t.Network, w.AddrPort, w.Proto}]; a != nil {
			v.State, v.Since, v.Heard, v.Took, v.Failure = a.Status.String(), a.Since.UTC(), a.Heard.UTC(), a.took, a.Why
			if v.Until = a.Resting(now).UTC(); !a.Resting(now).IsZero() {
				v.State = "resting"
			}
		}
		views = append(views, v)
	}
	return views
}
