// Package transaction holds the four transaction machines of RFC 3261 (section
// 17) with the corrections of RFC 6026 and RFC 4320, and the Table that matches
// messages to them.
//
// # Contract
//
// The machines are pure: Step(now, event) returns what to send, what to tell the
// transaction user and the next deadline. They read no clock. The Table is a
// value owned by one goroutine (a strand of package exchange): nothing in it is
// locked, everything happens inside Receive, Respond, Start, Cancel and Tick.
//
// # Decisions
//
//   - A machine keeps its key and the last serialised response, not the request.
//   - A 2xx to INVITE moves the server machine to Accepted (RFC 6026); the 2xx is
//     retransmitted by the dialog, not here. Retransmitted INVITEs are absorbed.
//   - Timers have the RFC's values and are constants.
package transaction

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transport"
)

// Timer values of RFC 3261, table 4.
const (
	T1 = 500 * time.Millisecond
	T2 = 4 * time.Second
	T4 = 5 * time.Second
)

// User is the transaction user: the calls and the registrar behind a Table.
type User interface {
	// Request is a request that is no retransmission. For an ACK of a 2xx the
	// Server is nil.
	Request(now time.Time, tx *Server, req *sip.Request, flow transport.Flow)
	// Cancelled: a CANCEL matched tx, which has no final response yet; the CANCEL
	// was answered with 200. The user answers tx (with 487).
	Cancelled(now time.Time, tx *Server, cancel *sip.Request)
	// Response is a response to a client transaction, retransmissions removed,
	// but for 2xx to INVITE: every one is passed (the user sends ACK).
	Response(now time.Time, tx *Client, res *sip.Response)
	// Stray is a response that matches no transaction.
	Stray(now time.Time, res *sip.Response, flow transport.Flow)
	// ClientFailed: no final response came (ErrTimeout) or the transport broke.
	ClientFailed(now time.Time, tx *Client, err error)
	// ServerFailed: the ACK of a non-2xx never came or the transport broke.
	ServerFailed(now time.Time, tx *Server, err error)
}
