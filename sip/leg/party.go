package leg

import (
	"net/netip"

	"strowger/sip/transport"
)

// Kind says what a party is.
type Kind uint8

// The kinds of party.
const (
	Trunk Kind = iota + 1
	Seat
)

// Party is who a leg talks to.
type Party struct {
	Kind    Kind
	Name    string // seat number or trunk name
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
}

// String is "seat:1001" or "trunk:carrier", as the ledger writes it.
func (p Party) String() string {
	if p.Kind == Trunk {
		return "trunk:" + p.Name
	}
	return "seat:" + p.Name
}

// IsPeer tells whether a message that came by the flow comes from this leg's
// party: any address of a trunk, the very flow of a seat.
func (l *Leg) IsPeer(f transport.Flow) bool {
	for _, p := range l.Party.Sources {
		if p.Contains(f.Remote.Addr().Unmap()) {
			return true
		}
	}
	return f.Node == l.Flow.Node && f.Proto == l.Flow.Proto && f.Remote == l.Flow.Remote
}

// Redial makes the leg's flow, whose connection is gone, a new one to the party's
// home. It is false if there is none.
func (l *Leg) Redial() bool {
	if !l.Party.Home.IsValid() {
		return false
	}
	l.Flow.Conn, l.Flow.Remote = 0, l.Party.Home
	return true
}
