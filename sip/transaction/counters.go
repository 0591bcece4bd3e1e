package transaction

import "sync/atomic"

// Counters of one Table. They may be read from any goroutine.
type Counters struct {
	Servers           atomic.Uint64 // server transactions created
	Clients           atomic.Uint64 // client transactions created
	RequestsAbsorbed  atomic.Uint64 // retransmitted requests that the user did not see
	ResponsesAbsorbed atomic.Uint64 // retransmitted responses that the user did not see
	AcksAbsorbed      atomic.Uint64 // ACKs of responses that are no 2xx
	RequestsRepeated  atomic.Uint64 // requests and ACKs sent again
	ResponsesRepeated atomic.Uint64 // responses sent again
	TryingSent        atomic.Uint64 // automatic 100 responses
	ResponsesRefused  atomic.Uint64 // responses of the user that must not be sent: after the final one, or by RFC 4320
	ServerTimeouts    atomic.Uint64 // no ACK came, or the user never answered
	ClientTimeouts    atomic.Uint64 // no final response came
	Redialled         atomic.Uint64 // INVITEs whose stream broke, answered by a new one
	Widened           atomic.Uint64 // requests larger than MaxDatagram, sent by a stream
	Narrowed          atomic.Uint64 // of these, those sent by UDP after all
	TransportFailures atomic.Uint64 // transactions that failed with their transport, or that Start refused
	SendErrors        atomic.Uint64 // messages that the transport refused
	StrayResponses    atomic.Uint64 // responses of no transaction
	StrayAcks         atomic.Uint64 // ACKs before the final response
	Unkeyed           atomic.Uint64 // messages dropped for want of Via, branch, Call-ID or CSeq
	CancelsForeign    atomic.Uint64 // CANCELs by who did not send the INVITE, answered with 481
	RepliesDropped    atomic.Uint64 // refusals that would be longer than MaxGain times their request
	CancelsUnmatched  atomic.Uint64 // CANCELs answered with 481
	RequestsMerged    atomic.Uint64 // requests answered with 482 (RFC 3261 section 8.2.2.2)
	RequestsRefused   atomic.Uint64 // requests answered with 503 because the table is full
	ClientsRefused    atomic.Uint64 // own requests not sent because the table is full
}
