package b2bua

import (
	"crypto/subtle"
	"time"

	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// Limits of the PIN of a conference.
const (
	MaxPIN   = 12               // digits
	PINTries = 3                // then who gives a wrong one is hung up on
	PINTime  = 20 * time.Second // from the question to the first key

	keyPause = 4 * time.Second // then the key before was the last
)

// The prompts of the PIN.
const (
	PINPrompt      = "conference-pin"
	WrongPINPrompt = "conference-pin-wrong"
)

// WrongPIN is what the ledger says of who gave one, or none.
const WrongPIN = "gives no right PIN"

var errPIN = cause.Verdict{Status: 403, Q850: 21, Reason: "No right PIN", Fault: cause.Caller}

// entry is the way into a conference of a party that is answered: it is asked for the
// PIN, then the conference is looked for.
type entry struct {
	by     *party // who has transferred the party there; nil if it has called itself
	asks   bool   // for the PIN
	digits []byte // of it so far
	tries  int    // that were wrong
	until  time.Time
	again  time.Time        // when the conference is asked again; zero for never
	dialog message.Replaces // by which it is known
}

// AsksPIN tells whether the caller is asked for the PIN of a conference, before that is
// looked for.
func (p *Program) AsksPIN() bool { return p.Conference != nil && p.Conference.PIN != "" }

// asksPIN tells whether keys of the party are those of a PIN.
func (p *party) asksPIN() bool { return p.entry != nil && p.entry.asks && !p.over }

// meets has the caller enter the conference of its program.
func (c *Call) meets(now time.Time, out Effects) {
	p := c.caller()
	switch {
	case c.program.Pick == nil:
		c.openConference(now, out)
		return
	case p.entry == nil:
		p.own().entry = &entry{}
	}
	if !c.program.AsksPIN() {
		c.seek(now, out)
		return
	}
	p.entry.asks = true
	out.Mask(p.ID, true) // its keys are nobody's business
	c.askPIN(now, out, PINPrompt)
}

func (c *Call) askPIN(now time.Time, out Effects, prompts ...string) {
	e := c.caller().entry
	e.digits, e.until = e.digits[:0], now.Add(PINTime)
	c.caller().plays(out, prompts)
}

// keysPIN takes a key of a PIN; false if none is asked for. The right PIN needs no # behind
// it; a wrong one is over with that, after a pause, or when it is too long.
func (c *Call) keysPIN(now time.Time, p *party, d byte, out Effects) bool {
	if !p.asksPIN() {
		return false
	}
	e := p.entry
	if d != '#' {
		if len(e.digits) == 0 {
			p.hears(out)
		}
		e.digits, e.until = append(e.digits, d), now.Add(keyPause)
	}
	switch {
	case subtle.ConstantTimeCompare(e.digits, []byte(c.program.Conference.PIN)) == 1:
		e.asks = false
		clear(e.digits)
		out.Mask(p.ID, false)
		c.seek(now, out)
	case d == '#', len(e.digits) >= MaxPIN:
		c.wrongPIN(now, p, out)
	}
	return true
}

func (c *Call) wrongPIN(now time.Time, p *party, out Effects) {
	c.record(now, out, ledger.Event{Kind: ledger.Conference, Leg: p.ID, Party: p.Party.String(), To: c.program.Conference.Room, Detail: WrongPIN})
	clear(p.entry.digits)
	if p.entry.tries++; p.entry.tries >= PINTries {
		p.entry = nil
		c.end(now, errPIN, "switch", out)
		return
	}
	c.askPIN(now, out, WrongPINPrompt, PINPrompt)
}

// seek looks for the conference.
func (c *Call) seek(now time.Time, out Effects) {
	c.caller().entry.until = now.Add(fetchTime)
	out.Pick(*c.program)
}

// picked goes on when it is known who has the conference, if anybody.
func (c *Call) picked(now time.Time, p Program, out Effects) {
	e := c.caller().entry
	switch {
	case c.state != talking || e == nil || e.asks:
	case p.Refuse != nil:
		c.unentered(now, *p.Refuse, out)
	case p.Replaces == nil:
		c.openConference(now, out)
	default:
		e.dialog = *p.Replaces
		c.findRoom(out)
	}
}

func (c *Call) findRoom(out Effects) {
	out.Find(Find{By: c.program.Caller, Dialog: c.caller().entry.dialog, Part: c.program.Part})
}

// foundRoom gives the caller to the conference, if that takes it.
func (c *Call) foundRoom(now time.Time, f Found, out Effects) {
	p, v := c.caller(), cause.Of(f.Err)
	switch {
	case c.state != talking:
	case f.Err != nil && v == ErrElsewhere:
		c.enterElsewhere(now, f.At, out)
	case f.Err != nil:
		c.unentered(now, v, out)
	case p.unmixable() != nil:
		c.unentered(now, *p.unmixable(), out)
	case p.Quiet():
		m := c.detach(now, p, out)
		m.Part = c.program.Part
		out.Give(m, p.entry.dialog)
	case due(now, p.entry.until):
		c.unentered(now, cause.New(491, "", cause.Caller), out)
	default:
		p.entry.again = now.Add(fetchEvery)
	}
}

// enterElsewhere has the caller enter a conference of another node.
func (c *Call) enterElsewhere(now time.Time, at transport.Flow, out Effects) {
	p := c.caller()
	e := p.entry
	p.entry = nil
	c.parts(now, e, p, out)
	c.part(now, out)
	p.hears(out)
	c.elsewhere(now, e.dialog, at, c.program.Caller, false, c.program.Pick.Room, out)
}

// parts makes the way into a conference a transfer, by who wanted it or by nobody.
func (c *Call) parts(now time.Time, e *entry, p *party, out Effects) {
	c.transfer = &transfer{by: e.by, other: p}
	switch {
	case e.by == nil:
		c.transfer.by, c.transfer.recall = gone(p), true
	case !e.by.over:
		c.release(now, e.by, cause.Verdict{}, out)
	}
}

// unentered ends the call of who cannot enter, or rings the phone of who transferred it.
func (c *Call) unentered(now time.Time, v cause.Verdict, out Effects) {
	p := c.caller()
	e := p.entry
	p.entry = nil
	if e.by == nil {
		c.refuse(now, v, "switch", out)
		return
	}
	c.parts(now, e, p, out)
	c.untransferred(now, v, out)
}

// entryDue does what is due on the way into a conference.
func (c *Call) entryDue(now time.Time, p *party, out Effects) {
	switch e := p.entry; {
	case !due(now, p.entryEnd()):
	case e.asks:
		c.wrongPIN(now, p, out)
	default:
		e.again = time.Time{}
		c.findRoom(out)
	}
}

// entryEnd is when entryDue has something to do.
func (p *party) entryEnd() time.Time {
	switch {
	case p.entry == nil || p.over:
		return time.Time{}
	case p.entry.asks:
		return p.entry.until
	}
	return p.entry.again
}
