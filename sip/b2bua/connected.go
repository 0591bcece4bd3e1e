package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/dialog"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/message"
)

// who is the party as shown to others.
func (p *party) who() *identity.Caller {
	if p.shown == nil {
		name := p.Dialog.Remote()
		p.shown = &identity.Caller{Display: name.Display, Presentation: message.Unescape(name.URI.User)}
	}
	return p.shown
}

// hear takes what a message says of whom we have called: who answers, or, behind a
// trusted trunk, who has come to talk later; of another node, whoever is behind it now. A
// caller stays who it is: a trunk says its network number again in each request, which
// is none of a seat's business.
func (p *party) hear(msg sip.Message) {
	if p.Party.Kind == leg.Node {
		p.shown = ofNode(msg, p.who())
		return
	}
	if p.Inbound {
		return
	}
	switch m := msg.(type) {
	case *sip.Request:
		if p.Party.Peer.Trusted && p.Talking() && (m.Method == sip.INVITE || m.Method == sip.UPDATE) {
			p.shown = p.who().Connected(m, p.Party.Peer)
		}
	case *sip.Response:
		if !p.Talking() && p.Live() && m.StatusCode > 100 && m.StatusCode < 300 && m.CSeq().MethodName == sip.INVITE {
			p.shown = p.who().Connected(m, p.Party.Peer)
		}
	}
}

// told are the headers that tell the party who another one is.
func (p *party) told(who *identity.Caller) []sip.Header {
	host := dialog.Host(p.Flow.Advertised.Addr())
	switch p.Party.Kind {
	case leg.Seat:
		return who.ConnectedToSeat(host)
	case leg.Node:
		return toNode(who)
	case leg.Trunk:
	}
	return who.ConnectedToTrunk(p.Party.Peer, host, p.Inbound)
}

// rungFor are the headers that tell the caller who is rung, if that is one party.
func (c *Call) rungFor(p *party) []sip.Header {
	for _, t := range c.program.Stages[c.stage].Targets {
		if t.Party.Kind != p.Party.Kind || t.Party.Name != p.Party.Name {
			return nil
		}
	}
	return c.caller().told(p.who())
}

// inform tells the parties that talk, as soon as their legs are quiet, whom they have
// come to talk to.
func (c *Call) inform(now time.Time, out Effects) {
	if c.state == talking && c.peer != nil {
		c.tell(now, c.front, c.peer, out)
		c.tell(now, c.peer, c.front, out)
	}
}

// tell tells a party whom it talks to, if that is another than it knows: by UPDATE; a
// phone that says it takes none, by a re-INVITE that changes nothing else. Who has never
// said what it takes is not tried.
func (c *Call) tell(now time.Time, p, other *party, out Effects) {
	who := other.who()
	if p.knows == who || !p.Quiet() {
		return
	}
	known := p.knows != nil && p.knows.Same(who)
	p.knows = who
	if known {
		return
	}
	headers := p.told(who)
	update, said := p.Takes()
	switch {
	case headers == nil:
	case update:
		p.Inform(now, out, headers...)
	case said && p.Party.Kind == leg.Seat:
		c.repeat(now, p, out, headers...)
	}
}
