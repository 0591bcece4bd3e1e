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
//	deadline     what is due, in order of time
//	b2bua        a call: its legs, its program, who hears whom. Pure
//	exchange     the shell that runs calls: strands, timers, effects
//	identity     who calls, and what of that each party is told
//	admission    who may call, and where the call goes
//	auth         digest authentication
//	guard        who guesses passwords is blocked
//	security     the log of security events, for other programs
//	subscribe    what phones watch: colleagues, messages (RFC 6665). Pure
//	seat         provisioned seats and their bindings
//	registrar    REGISTER
//	trunk        carriers: what they are, and rules about them. Pure
//	carrier      looks after the trunks: health, channels, switches
//	usage        what seats and trunks called, and alarms when it is too much
//	resolve      where a carrier that is known by name takes calls (RFC 3263)
//	state        records shared between nodes: embedded or Redis
//	cluster      the link between nodes
//	news         what the same part of every node tells the others
//	ledger       the append-only record and its projections
//	privacy      a person's number, found and replaced. Pure
//	segment      the log of checksummed frames beneath it
//	trace        the messages of the recent past, for ladders
//	meter        messages and delays counted for Prometheus
//	hep          the messages of calls to a capture server (Homer)
//	mark         tokens that lead back to a node and strand
//	cause        SIP status, Q.850 cause and whose fault
//	ua           a small user agent: the test phone's SIP side
//
// # Faults that ours must not have
//
// sipgo's stock transport and transactions, of v1.7.2, have faults that this plane
// works round. Each has a test that fails when ours has it too:
//
//	F1   order of arrival is lost       exchange TestOrderIsKept, transport TestOrderOfArrivalIsKeptOverUDP
//	F2   a reply leaves elsewhere       transport TestReplyLeavesByTheSocketOfTheRequest
//	F3   a stranger's connection        transport TestAcceptedTLSIsNobodysTrunk, TestDialledConnectionIsReused
//	F6   memory for each source         transport TestJunkFromManySourcesIsForgotten
//	F7   no reply above 1,300 bytes     transport TestRealSockets
//	F8   CANCEL crossing 200            transaction TestCancelCrossesFinalResponse
//	F9   a new To tag each time         transaction TestCancelAnswerHasTheTagOfTheInvite
//	F10  a user who does not listen     transaction TestUserCallsTheTableFromEveryCallback
//	F11  one failed accept is the end   transport TestAcceptSurvivesLackOfDescriptors
//	F12  copies share their headers     message TestResponseFollowsTheRequest, dialog TestForwards
//	F13  to F17: what it reads wrongly  message TestFaultsOfTheLibraryAreNotOurs, TestWhatIsRefused
//
// F4 and F5 are of WebSocket, which we do not have.
package sip
