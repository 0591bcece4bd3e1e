// Package sip is the signalling plane: it talks SIP, owns the calls and is the
// only place where sound (media) and decisions (dialplan) meet.
//
// This folder holds no code of its own, so that inside the tree the bare word
// sip always means github.com/emiago/sipgo/sip, the message and parser library
// we build on. What lives where:
//
//	message      sipgo's messages, checked: validation, parameters, builders
//	overload     what is taken first, and what is refused, when too much comes
//	transport    the wire: listeners, flows, order of arrival
//	certificate  the certificates of TLS: read again when they change
//	transaction  the four state machines of RFC 3261 and 6026
//	dialog       identifiers, CSeq, route set, remote target of one dialog
//	leg          one party of a call
//	b2bua        a call: its legs, its program, who hears whom. Pure
//	exchange     the shell that runs calls: strands, timers, effects
//	identity     who calls, and what of that each party is told
//	admission    who may call, and where the call goes
//	auth         digest authentication
//	guard        who guesses passwords is blocked
//	security     the log of security events, for other programs
//	seat         provisioned seats and their bindings
//	registrar    REGISTER
//	trunk        carriers
//	usage        what seats and trunks called, and alarms when it is too much
//	resolve      where a carrier that is known by name takes calls (RFC 3263)
//	state        records shared between nodes: embedded or Redis
//	cluster      the link between nodes
//	ledger       the append-only record and its projections
//	segment      the log of checksummed frames beneath it
//	trace        the messages of the recent past, for ladders
//	meter        messages and delays counted for Prometheus
//	hep          the messages of calls to a capture server (Homer)
//	mark         tokens that lead back to a node and strand
//	cause        SIP status, Q.850 cause and whose fault
//	ua           a small user agent: the test phone's SIP side
package sip
