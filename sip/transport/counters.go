package transport

import (
	"sync/atomic"

	"strowger/sip/message"
)

// Counters counts what a Layer did since it was made.
type Counters struct {
	Received atomic.Uint64 // messages passed to the Handler
	Sent     atomic.Uint64 // messages written, or queued on a connection

	NotSIP    atomic.Uint64 // what is no SIP at all
	Truncated atomic.Uint64 // messages that end too early
	Version   atomic.Uint64 // messages of another version of SIP
	StartLine atomic.Uint64 // bad request and status lines
	Syntax    atomic.Uint64 // bad headers
	Missing   atomic.Uint64 // messages without a mandatory header
	Duplicate atomic.Uint64 // messages with a header twice that may stand once
	Mismatch  atomic.Uint64 // requests whose CSeq has another method
	Control   atomic.Uint64 // messages with control characters
	TooLarge  atomic.Uint64 // messages beyond a limit

	Refused    atomic.Uint64 // malformed requests that were answered
	Unanswered atomic.Uint64 // malformed requests beyond RefusalsPerSecond, or shorter than their answer allows
	KeepAlives atomic.Uint64 // empty datagrams, line ends and NULs; pings on streams
	Stun       atomic.Uint64 // STUN binding requests answered
	StunOther  atomic.Uint64 // other STUN messages, ignored

	Blocked         atomic.Uint64 // messages and connections from blocked addresses, dropped
	SourceRate      atomic.Uint64 // messages beyond what unknown sources may bring: see overload.PerSource
	WaitingFull     atomic.Uint64 // datagrams for which too many waited
	RecentFull      atomic.Uint64 // requests taken that are not known again: see overload.Recent
	OverloadRefused atomic.Uint64 // requests answered with 503 before they were parsed
	OverloadDropped atomic.Uint64 // messages dropped because of overload
	RefusalAcks     atomic.Uint64 // ACKs of such a 503, absorbed
	KnownFull       atomic.Uint64 // registered flows that were not remembered: see overload.MaxKnown

	SendFailed  atomic.Uint64 // datagrams that the kernel refused
	NotAllowed  atomic.Uint64 // sends to an address that the network does not list
	QueueFull   atomic.Uint64 // sends on a connection whose queue is full
	Gone        atomic.Uint64 // sends on a connection that is no more
	Unreachable atomic.Uint64 // sends to a node that cannot be reached

	ReadErrors       atomic.Uint64 // errors of a UDP socket, survived
	AcceptErrors     atomic.Uint64 // errors of accept, such as no free descriptor, survived
	Accepted         atomic.Uint64 // connections accepted
	Dialled          atomic.Uint64 // connections dialled
	DialFailed       atomic.Uint64 // connections that could not be dialled
	HandshakeFailed  atomic.Uint64 // TLS handshakes that failed, of either side's fault
	HandshakeTimeout atomic.Uint64 // TLS handshakes that took too long
	HandshakeRate    atomic.Uint64 // connections refused because of HandshakesPerSource or Handshakes
	ConnLimit        atomic.Uint64 // connections refused because of MaxConns
	SourceLimit      atomic.Uint64 // connections refused because of MaxConnsPerSource
	Framing          atomic.Uint64 // connections closed because the stream made no sense
	MessageTimeout   atomic.Uint64 // connections closed because no whole message came in time
	IdleTimeout      atomic.Uint64 // connections closed after nothing came for long
	WriteFailed      atomic.Uint64 // connections closed because the peer took nothing or went away
}

// malformed is the counter of a kind of fault.
func (c *Counters) malformed(k message.Kind) *atomic.Uint64 {
	switch k {
	case message.Truncated:
		return &c.Truncated
	case message.Version:
		return &c.Version
	case message.StartLine:
		return &c.StartLine
	case message.Syntax:
		return &c.Syntax
	case message.Missing:
		return &c.Missing
	case message.Duplicate:
		return &c.Duplicate
	case message.Mismatch:
		return &c.Mismatch
	case message.Control:
		return &c.Control
	case message.TooLarge:
		return &c.TooLarge
	default:
		return &c.NotSIP
	}
}
