package exchange

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"strowger/media/recording"
	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// Tape is the recording of a call as an operator sees it.
type Tape struct {
	ID     string `json:"id"`
	Paused bool   `json:"paused,omitempty"`
	Masked bool   `json:"masked,omitempty"`
}

// tape is how a call is recorded: what is said by the party of a leg goes into a
// channel for as long as the leg is in the call. The call itself knows nothing of it.
type tape struct {
	Tape
	rec    *recording.Recording // nil when none is under way
	count  int                  // recordings of the call so far
	barred bool                 // somebody has stopped it: no rule begins another
	sides  [2]track             // by recording.Side
	// company are who is in the right channel beside its party.
	company []track
}

// track is whose sound a channel has; leg 0 is nobody's.
type track struct {
	leg   int
	party string
	held  bool // the party holds the other
	untap func()
	quiet *atomic.Bool // the party is muted: nobody hears it
}

// Errors of Exchange.Tape.
var (
	ErrRecorded    = errors.New("the call is being recorded")
	ErrNotRecorded = errors.New("the call is not being recorded")
	ErrNobodyTalks = errors.New("nobody talks in the call now")
	ErrNoRecorder  = errors.New("this node records no calls")
)

// taping follows who talks to whom.
func (r *running) taping(e ledger.Event) {
	if r.x.cfg.Recorder == nil {
		return
	}
	switch e.Kind {
	case ledger.Segment:
		if e.Peer != 0 {
			r.meet(r.call.Leg(e.Leg), r.call.Leg(e.Peer))
		}
	case ledger.Transferred:
		r.mark(recording.MarkTransfer, e.Leg)
	case ledger.Masked:
		r.mark(recording.MarkWindow, e.Leg)
	case ledger.Unmasked:
		r.mark(recording.MarkClosed, e.Leg)
	default:
	}
}

// mark notes in the recording what became of a leg.
func (r *running) mark(what string, id int) {
	if l := r.call.Leg(id); l != nil && r.isTaped() {
		r.tape.rec.Mark(what, l.Party.String())
		r.tell(what, ledger.Event{Leg: id, Party: l.Party.String()})
	}
}

func (r *running) isTaped() bool { return r.tape != nil && r.tape.rec != nil }

// meet records two legs that hear each other from now on, if the call is recorded.
func (r *running) meet(a, b *leg.Leg) {
	if a == nil || b == nil {
		return
	}
	if r.tape == nil || r.tape.rec == nil && !r.tape.barred {
		if rule := ruleFor(r.x.cfg.Record, r.call.ID, a.Party, b.Party); rule != nil {
			r.begin(rule.String())
		}
	}
	r.cast(a, b)
}

// Announce is what two legs are told that will be recorded.
func (r *running) Announce(id, peer int) string {
	a, b := r.call.Leg(id), r.call.Leg(peer)
	if r.x.cfg.Recorder == nil || a == nil || b == nil || r.tape != nil && r.tape.barred {
		return ""
	}
	if rule := ruleFor(r.x.cfg.Record, r.call.ID, a.Party, b.Party); rule != nil {
		return rule.Announce
	}
	return ""
}

// begin begins a recording of the call.
func (r *running) begin(why string) {
	if r.tape == nil {
		r.tape = &tape{}
	}
	t := r.tape
	t.count++
	id := fmt.Sprintf("%s-%d", r.call.ID, t.count)
	rec, err := r.x.cfg.Recorder.Begin(recording.Info{
		ID: id, Call: r.call.ID, Tenant: r.call.Tenant, From: r.call.From, To: r.call.To, Why: why,
	})
	if err != nil {
		r.x.log.Warn("a call is not recorded", "call", r.call.ID, "error", err)
		r.tell("refused: "+err.Error(), ledger.Event{})
		return
	}
	t.Tape, t.rec = Tape{ID: id}, rec
	r.tell("begin", ledger.Event{By: why})
}

// tell writes to the ledger what becomes of the recording.
func (r *running) tell(what string, e ledger.Event) {
	e.Kind, e.At, e.Call, e.Tenant = ledger.Recording, time.Now(), r.call.ID, r.call.Tenant
	e.Detail = what
	if r.isTaped() {
		e.Detail = r.tape.ID + " " + what
	}
	r.events = append(r.events, e)
}

// cast gives both legs their channels: the right one to a seat that talks to somebody
// outside; among others who had one keeps it, or the first has the left one. b is nil
// when a talks to nobody.
func (r *running) cast(a, b *leg.Leg) {
	if !r.isTaped() {
		return
	}
	t := r.tape
	if b != nil {
		inside, outside := a.Party.Kind == leg.Seat, b.Party.Kind == leg.Seat
		if inside && !outside || inside == outside && (t.sides[recording.Right].leg == a.ID || t.sides[recording.Left].leg == b.ID) {
			a, b = b, a
		}
	}
	r.put(recording.Left, a)
	r.put(recording.Right, b)
}

// put has a channel take the sound of a leg's party.
func (r *running) put(s recording.Side, l *leg.Leg) {
	t := &r.tape.sides[s]
	if l == nil || t.leg == l.ID {
		return
	}
	r.untap(l.ID) // it may have the other channel
	if t.leg != 0 {
		r.untap(t.leg)
	}
	what := recording.MarkLeft
	if s == recording.Right {
		what = recording.MarkRight
	}
	if one, ok := r.tap(s, l, what); ok {
		*t = one
	}
}

// untap takes the sound of a leg out of its channel: before its ports go.
func (r *running) untap(id int) {
	if !r.isTaped() {
		return
	}
	for i := range r.tape.sides {
		t := &r.tape.sides[i]
		if t.leg != id {
			continue
		}
		r.drops(t)
		*t = track{}
	}
	r.parts(id)
}

// holds marks where a party holds the other, or does so no more.
func (r *running) holds() {
	if !r.isTaped() {
		return
	}
	for i := range r.tape.sides {
		t := &r.tape.sides[i]
		if t.leg == 0 || t.held == r.call.Holds(t.leg) {
			continue
		}
		t.held = !t.held
		what := recording.MarkResume
		if t.held {
			what = recording.MarkHold
		}
		r.tape.rec.Mark(what, t.party)
		r.tell(what, ledger.Event{Leg: t.leg, Party: t.party})
	}
}

// endTape ends the recording, if one is under way.
func (r *running) endTape(by string) {
	if !r.isTaped() {
		return
	}
	t := r.tape
	for i := range t.sides {
		if t.sides[i].leg != 0 {
			t.sides[i].untap()
		}
	}
	for i := range t.company {
		t.company[i].untap()
	}
	r.tell("end", ledger.Event{By: by})
	t.rec.End()
	t.rec, t.Tape, t.sides, t.company = nil, Tape{}, [2]track{}, nil
}
