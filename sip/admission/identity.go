package admission

import (
	"cmp"

	"strowger/dialplan/number"
	"strowger/sip/identity"
	"strowger/sip/message"
	"strowger/sip/seat"
)

// caller is who is shown to a trunk.
type caller struct {
	known *identity.Caller
	// instead is shown where the caller would not be believed: to a trunk that does not
	// trust us with the identity of others, or if nobody who is trusted said who calls.
	// nil means known.
	instead *identity.Caller
}

// to is who a trunk is shown.
func (c caller) to(p identity.Peer) *identity.Caller {
	if c.instead == nil || p.Trusted && c.known.Network != "" {
		return c.known
	}
	return c.instead
}

// seatCaller is a seat as other seats see it.
func seatCaller(s seat.Seat, asked identity.Caller, showing number.Showing) identity.Caller {
	withheld := asked.Withheld && !asked.Privacy.Has(identity.None)
	switch showing {
	case number.Withheld:
		withheld = true
	case number.Released:
		withheld = false
	case number.AsEver:
	}
	c := identity.Caller{Display: message.Quote(s.Name), Presentation: s.Number, Network: networkNumber(s), Withheld: withheld}
	if withheld {
		c.Privacy = asked.Privacy &^ identity.None
	}
	return c
}

// answers is a seat as those see it who have called it.
func answers(s seat.Seat) *identity.Caller {
	c := seatCaller(s, identity.Caller{}, number.AsEver)
	return &c
}

// networkNumber says where a seat's calls come from.
func networkNumber(s seat.Seat) string { return cmp.Or(s.SiteNumber, s.Presentation) }

// outward is the caller as trunks see it, whose calls the plan would present as a
// number; why says what became of that.
func (a *Admission) outward(r *request, presentation string) (c *identity.Caller, why []string) {
	seen := r.caller
	if r.trunk != nil { // it goes out again, in the plan's name
		if presentation != "" {
			seen.Display, seen.Presentation = "", a.presents(r, presentation)
		}
		return &seen, nil
	}
	if r.refers != nil { // who transfers has the call made
		seen = r.own
	}
	asked := r.wish(presentation)
	seen.Display, seen.Presentation = "", asked
	if !r.mayPresent(asked) {
		a.counters.Replaced.Add(1)
		seen.Presentation = r.instead()
		why = append(why, asked+" is not the tenant's to present: "+seen.Presentation+" stands for it")
	}
	if seen.Withheld {
		why = append(why, "the caller's number is withheld")
	}
	return &seen, why
}

// presents is a number that the plan presents, or the tenant's for one that is not its own.
func (a *Admission) presents(r *request, n string) string {
	if len(r.tenant.Presents) == 0 || number.InRange(r.tenant.Presents, n) {
		return n
	}
	a.counters.Replaced.Add(1)
	return r.tenant.Presentation
}

// wish is the number that a seat wants to present: that of P-Preferred-Identity (RFC
// 3325 section 9.2), else the given one.
func (r *request) wish(given string) string {
	preferred, err := message.ParseAddress(message.Header(r.req, "P-Preferred-Identity"))
	if err != nil {
		return given
	}
	user := identity.Number(preferred.URI)
	if e164, ok := number.E164(r.tenant.Numbering, user); ok {
		return e164
	}
	if user == "" || user == r.seat.Number { // its extension is no wish
		return given
	}
	return user
}

// instead is what is presented for a number that is not the tenant's to present.
func (r *request) instead() string {
	for _, n := range []string{r.seat.Presentation, r.tenant.Presentation} {
		if n != "" && r.mayPresent(n) {
			return n
		}
	}
	return networkNumber(r.seat)
}

// mayPresent tells whether a number is the tenant's to present for the seat.
func (r *request) mayPresent(n string) bool {
	if len(r.tenant.Presents) > 0 {
		return number.InRange(r.tenant.Presents, n)
	}
	return n == r.seat.Presentation || n == r.tenant.Presentation
}

// diverted is who is shown to the trunk that reaches a seat elsewhere: the caller,
// diverted by the seat, or the seat.
func (r *request) diverted(s seat.Seat, to string) caller {
	by := cmp.Or(s.Presentation, s.SiteNumber)
	known := r.caller
	if r.trunk == nil {
		known.Display = ""
		known.Presentation = cmp.Or(r.seat.Presentation, r.tenant.Presentation, known.Network)
	}
	known = known.Divert(by, to, identity.Unconditional)
	instead := identity.Caller{Presentation: s.Presentation, Network: networkNumber(s)}.Divert(by, to, identity.Unconditional)
	return caller{known: &known, instead: &instead}
}

// emergencyNumber is the emergency number that a user or URN is, if it is one;
// a number that was to be withheld is shown all the same.
func (t *Tenant) emergencyNumber(called string) (string, bool) {
	if n, ok := t.Emergency.Match(called); ok {
		return n, true
	}
	if rest, showing, _ := number.Prefix(t.Numbering, called); showing != number.AsEver {
		return t.Emergency.Match(rest)
	}
	return "", false
}
