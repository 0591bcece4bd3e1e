package b2bua

import (
	"time"

	"strowger/media"
	"strowger/media/dtmf"
	"strowger/media/sdp"
	"strowger/sip/leg"
)

// digit takes a key that a party pressed, in a form. A phone may say it in several: it
// counts once. Whom the party talks to is told in the form that it takes.
func (c *Call) digit(now time.Time, p *party, d byte, form media.Form, out Effects) {
	if p.once == nil {
		p.once = new(dtmf.Once)
	}
	if !p.once.Take(now, d, form) {
		return
	}
	if c.collects(now, p, d, out) || c.keysPIN(now, p, d, out) || c.keysCourse(now, p, d, out) {
		return
	}
	if other := c.other(p); other != nil && c.transfer == nil && !p.asked() && !other.asked() {
		give(now, p, other, d, form, out)
	}
	switch mode := modeKeys[d]; {
	case p.supervising():
		if mode != NoMode {
			c.setMode(now, p, mode, p.Party.String(), out)
		}
	case p.member != nil && c.state == talking:
		c.memberKey(now, p, d, out)
	case p.asked() && d == '1':
		c.connect(now, p, out)
	}
}

// give tells a party a key that another one pressed, unless it is in the sound that it
// hears.
func give(now time.Time, from, to *party, d byte, form media.Form, out Effects) {
	switch takes := to.form(); {
	case takes == media.ByInfo && to.SendKey(now, out, d):
	case takes == media.ByEvent && form == media.ByEvent && from.events() == to.events():
	case takes == media.ByTone && form == media.ByTone:
	default:
		out.Press(to.ID, d)
	}
}

// unkeyed has a party hear the keys that it refused to take by INFO.
func (c *Call) unkeyed(p *party, digits string, out Effects) {
	for i := range len(digits) {
		out.Press(p.ID, digits[i])
	}
}

// form is how a party is told a key.
func (p *party) form() media.Form {
	switch {
	case p.Party.Keys == leg.KeysInfo:
		return media.ByInfo
	case p.events() != 0:
		return media.ByEvent
	case p.Party.Keys == leg.KeysAuto && p.Party.Kind != leg.Node && p.TakesKeys():
		return media.ByInfo
	}
	return media.ByTone
}

// events is the clock of the events that the party negotiated, 0 without any.
func (p *party) events() int {
	if e := sdp.Events(p.agreed.Codecs); e != nil {
		return e.Clock
	}
	return 0
}

// keyed are codecs with events, or without them for a party that has its digits in
// another way.
func (p *party) keyed(codecs []sdp.Codec) []sdp.Codec {
	switch p.Party.Keys {
	case leg.KeysInfo, leg.KeysTone:
		return sdp.WithoutEvents(codecs)
	default:
		return sdp.WithEvents(codecs)
	}
}

// attend has tones looked for in what parties say who have no other way to say digits,
// while somebody wants to know of them.
func (c *Call) attend(out Effects) {
	for _, p := range c.legs {
		if need := c.needsTones(p); need != p.detects && !p.over {
			p.detects = need
			out.Detect(p.ID, need)
		}
	}
}

// needsTones tells whether keys of a party have to be found in its sound, for the switch
// itself (it is asked, supervises, is in a conference or on its way there) or for another one: one
// who hears it has them as they are.
func (c *Call) needsTones(p *party) bool {
	switch {
	case p.over, p.moved, p.agreed.Codecs == nil, p.Party.Kind == leg.Node:
		return false
	case p.Party.Keys == leg.KeysTone:
	case p.Party.Keys != leg.KeysAuto, p.events() != 0:
		return false
	}
	other := c.other(p)
	return p.asked() || p.entry != nil || c.keysFor(p) || p.hidesKeys() || p.extra() || other != nil && other.form() != media.ByTone
}
