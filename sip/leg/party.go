package leg

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/media/sdp"
	"strowger/media/tone"
	"strowger/sip/dialog"
	"strowger/sip/identity"
	"strowger/sip/transport"
)

// Kind says what a party is.
type Kind uint8

// The kinds of party.
const (
	Trunk Kind = iota + 1
	Seat
	Node // of the cluster: its call has the other side
)

// Party is who a leg talks to.
type Party struct {
	Kind Kind
	// Transfers says that a REFER of a trunk is followed; that of a seat always is.
	Transfers bool
	// Peer is how far a trunk is trusted about who talks. The zero value of a seat: not.
	Peer    identity.Peer
	Name    string // seat number, or name of a trunk or node
	Tenant  string
	Network string // media and signalling network
	// Sources are the addresses a trunk may send from; a seat is known by its flow.
	Sources []netip.Prefix
	// Media are the addresses that a trunk's sound comes from and goes to. Empty
	// means Sources, where the leg is signalled, and what its SDP names. A seat's
	// sound is where its network finds it.
	Media []netip.Prefix
	// Home is where a trunk takes a new connection when that of its leg is gone. The
	// zero value means nowhere: a seat is never dialled back.
	Home netip.AddrPort
	// Cap bounds the calls that go out to it by one way of the plan.
	Cap Cap
	// Keys is how it says digits, and wants them said.
	Keys Keys
	// Sound is how its sound is secured.
	Sound Sound
	// Codecs are offered to it, in this order, and no others; none means any.
	Codecs []string
	// Heard is what it hears of the switch; nil is English and the tones of the node.
	Heard *Heard
	// Shows tells whether who connected by a flow has shown a trunk's certificate; nil
	// if it is not known by one.
	Shows func(transport.Flow) bool
}

// Cap is how many calls may go out by a way of the plan at once, on a node. The zero value
// bounds none.
type Cap struct {
	Way  string // flow and step
	Most int
}

// Heard is what the parties of a tenant hear of the switch. Nobody changes it.
type Heard struct {
	Language string // of prompts; "" is English
	Tones    string // country of the tones; "" is that of the node
	Music    string // class of music that who is held by the party hears; "" for none
	// Ringing says that a caller hears ringing as a tone, whatever a response says;
	// Failures that it hears why its call failed, before the response.
	Ringing, Failures bool
}

// WantsRinging tells whether a caller hears ringing as a tone of ours.
func (p *Party) WantsRinging() bool { return p.Heard != nil && p.Heard.Ringing }

// WantsFailures tells whether a caller hears why its call failed.
func (p *Party) WantsFailures() bool { return p.Heard != nil && p.Heard.Failures }

// Music is the full name of the music that who is held by the party hears, "" for none.
func (p *Party) Music() string {
	if p.Heard == nil || p.Heard.Music == "" {
		return ""
	}
	return "music/" + p.Heard.Music
}

// Prompt is the full name of a prompt (package sound) in the party's language.
func (p *Party) Prompt(name string) string {
	if p.Heard == nil || p.Heard.Language == "" || p.Heard.Language == "en" || strings.Contains(name, "/") {
		return name
	}
	return p.Heard.Language + "/" + name
}

// Tone is the full name of a tone of the party's country.
func (p *Party) Tone(k tone.Kind) string {
	if p.Heard == nil || p.Heard.Tones == "" {
		return "tone/" + string(k)
	}
	return "tone/" + p.Heard.Tones + "/" + string(k)
}

// Sound is how the sound of a party is secured.
type Sound struct {
	Latch media.Latch  // which source it is taken from
	SRTP  sdp.Security // whether it is encrypted
	// ClearKeys says that keys may be sent where the signalling is not encrypted; else
	// there is no SRTP without TLS.
	ClearKeys bool
}

// String is "seat:1001", "trunk:carrier" or "node:node-2", as the ledger writes it.
func (p Party) String() string {
	switch p.Kind {
	case Trunk:
		return "trunk:" + p.Name
	case Node:
		return "node:" + p.Name
	default:
		return "seat:" + p.Name
	}
}

// IsPeer tells whether a message that came by the flow comes from this leg's
// party: any address or certificate of a trunk, the very flow of a seat.
func (l *Leg) IsPeer(f transport.Flow) bool {
	for _, p := range l.Party.Sources {
		if p.Contains(f.Remote.Addr().Unmap()) {
			return true
		}
	}
	if l.Party.Shows != nil && f.Network == l.Party.Network && l.Party.Shows(f) {
		return true
	}
	return f.Node == l.Flow.Node && f.Proto == l.Flow.Proto && f.Remote == l.Flow.Remote
}

// Router is a Wire that knows ways to other addresses than those of legs.
type Router interface {
	// Way is how requests of a trunk's leg go to their next hop; false if nothing may be
	// sent there, or it is not known yet where that is. It does not block.
	Way(l *Leg, hop sip.Uri) (transport.Flow, bool)
}

// way is how a request of a dialog of this leg leaves: to the next hop (RFC 3261
// section 12.2.1.1) of a trunk, and else where the party was found, as a phone is reached
// by its flow alone (RFC 5626).
func (l *Leg) way(w Wire, d *dialog.Dialog) transport.Flow {
	if r, ok := w.(Router); ok && l.Party.Kind == Trunk && d.RemoteTag != "" {
		if f, ok := r.Way(l, d.NextHop()); ok {
			return f
		}
	}
	return l.Flow
}

// glance has it found out where the next hop is, before anything is sent there.
func (l *Leg) glance(w Wire) { l.way(w, l.Dialog) }

// Redial makes the leg's flow, whose connection is gone, a new one to the party's
// home. It is false if there is none.
func (l *Leg) Redial() bool {
	if !l.Party.Home.IsValid() {
		return false
	}
	l.Flow.Conn, l.Flow.Remote = 0, l.Party.Home
	return true
}
