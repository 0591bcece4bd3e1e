package plan

import (
	"strings"

	"strowger/dialplan"
	"strowger/dialplan/number"
)

// Decide answers a question. It costs a few map lookups, whatever the size of the
// plan. The slices of the Decision's Step are the plan's: they are not to be changed.
func (t *Table) Decide(q dialplan.Question) dialplan.Decision {
	switch q.Origin {
	case dialplan.FromTrunk:
		return t.fromTrunk(q)
	case dialplan.FromSeat:
		return t.fromSeat(q)
	}
	return refuse(q.Called, 403, "Nobody may call from there", "the call has no origin")
}

func (t *Table) fromTrunk(q dialplan.Question) dialplan.Decision {
	e164, ok := number.E164(t.numbering, q.Called)
	if !ok {
		return refuse(q.Called, 404, "Number not in plan", "not an E.164, international or national number")
	}
	if e := t.numbers.find(e164); e != nil {
		return t.seated(answer(e, e164, e.completeMix(e.completeEntry(q, e164), e164), "trunk "+q.Trunk+" called "+e164))
	}
	return refuse(e164, 404, "Number not in plan", "no number "+e164)
}

// fromSeat looks for a number of the plan, then in the dial list.
func (t *Table) fromSeat(q dialplan.Question) dialplan.Decision {
	called, ok := number.Clean(q.Called)
	if !ok {
		return refuse(q.Called, 404, "Number not in plan", "nothing that a phone dials")
	}
	read := number.Read(t.numbering, called)
	for _, form := range [...]string{read.OnNet, read.Outside} {
		if e := t.numbers.find(form); e != nil {
			return t.seated(answer(e, form, e.completeMix(e.completeEntry(q, form), form), "seat "+q.Seat+" called "+form+", a number of the plan"))
		}
	}
	e := t.dials.find(called)
	if e == nil {
		return refuse(called, 404, "Number not in plan", "no number and no dial entry for "+called)
	}
	why := "seat " + q.Seat + " dialled " + called
	switch s := e.Step.(type) {
	case dialplan.Ring:
		if len(s.Seats) == 1 && s.Seats[0] == Called {
			return t.ringCalled(e, s, called, why)
		}
	case dialplan.Trunk:
		return goOut(e, s, q, called, read, why)
	}
	return t.seated(answer(e, called, e.completeFeature(e.completeEntry(q, called), called), why))
}

// seated refuses a call to a seat that an entry made of what was called and that there is
// not.
func (t *Table) seated(d dialplan.Decision) dialplan.Decision {
	ring, ok := d.Step.(dialplan.Ring)
	if ok && len(ring.Seats) == 1 && !t.hasSeat(ring.Seats[0]) {
		d.Step = dialplan.Reject{Status: 404, Reason: "No seat " + ring.Seats[0]}
		d.Why = append(d.Why, "there is no seat "+ring.Seats[0])
	}
	return d
}

func (t *Table) ringCalled(e *Entry, ring dialplan.Ring, called, why string) dialplan.Decision {
	if !t.hasSeat(called) {
		return answer(e, called, dialplan.Reject{Status: 404, Reason: "No seat " + called}, why, "there is no seat "+called)
	}
	ring.Seats = []string{called}
	return answer(e, called, ring, why)
}

// goOut completes a trunk step. What stands behind the outside prefix goes before
// what stands without it.
func goOut(e *Entry, trunk dialplan.Trunk, q dialplan.Question, called string, read number.Dialled, why string) dialplan.Decision {
	trunk.Number = read.Outside
	if trunk.Number == "" {
		trunk.Number = read.OnNet
	}
	switch {
	case trunk.Number == "":
		return answer(e, called, dialplan.Reject{Status: 484, Reason: "Number is incomplete or not written as a national or international one"},
			why, called+" is no E.164, international, national or short number")
	case q.Presentation == "":
		return answer(e, trunk.Number, dialplan.Reject{Status: 403, Reason: "Seat has no presentation number"},
			why, "seat "+q.Seat+" has no presentation number; give it one with: strowger seat set")
	}
	trunk.Presentation = q.Presentation
	return answer(e, trunk.Number, trunk, why, "goes out by "+strings.Join(trunk.Trunks, ", "))
}

func answer(e *Entry, called string, step dialplan.Step, why ...string) dialplan.Decision {
	return dialplan.Decision{Entry: e.Name(), Called: called, Step: step, Why: append(why, "matched "+e.Name())}
}

func refuse(called string, status int, reason, why string) dialplan.Decision {
	return dialplan.Decision{Called: called, Step: dialplan.Reject{Status: status, Reason: reason}, Why: []string{why}}
}
