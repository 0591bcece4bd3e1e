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
// The User is called from inside Receive, Tick and Broken, as the last thing of
// a step, and may call Respond, Start and Cancel from there. Respond, Start and
// Cancel never call the User: when the transport refuses a message, that is told
// at the end of the Receive, Tick or Broken that is under way, or else by the
// next Tick, for which Deadline then asks at once.
//
// Via gets its received and rport parameters (RFC 3261 section 18.2.1, RFC 3581)
// from the transport, before the request comes here.
//
// # Decisions
//
//   - A machine keeps its key and the last serialised response, not the request.
//     Only until something is sent is the request held, for the automatic 100.
//   - The automatic 100 goes out 200 ms after an INVITE and, by RFC 4320, 3.5 s
//     after another request, if the user has sent nothing.
//   - A 2xx to INVITE moves the server machine to Accepted (RFC 6026); the 2xx is
//     retransmitted by the dialog, not here. Retransmitted INVITEs are absorbed.
//     A 2xx that differs from the first one is refused.
//   - A client has one end: a final response or a failure. A transport error
//     after the final response (of an ACK) is only counted.
//   - A server transaction that the transport failed still absorbs
//     retransmissions if it is an INVITE (RFC 6026); on a broken stream all end, but
//     for an INVITE whose user can dial back (Redialler), once.
//   - CANCEL is answered here, in its own transaction. 481, 482 (merged requests)
//     and 503 (table full) are answered here as well; the latter two without a
//     transaction, and their ACKs are known by the To tag.
//   - A request that is too large for a datagram goes by a stream if the user has one,
//     and by UDP after all if that cannot be used (Widener).
//   - A CANCEL counts only from the address that the INVITE came from, or another one
//     of that party (Table.IsPeer).
//   - Who is unknown is answered once, by Refuse, and with little.
//   - Timers have the RFC's values and are constants. What has no timer in the
//     RFC, an INVITE that is ringing, is the user's to end; a request of another
//     method that the user never answers ends after 64*T1.
package transaction

import (
	"errors"
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

const (
	timerD            = 32 * time.Second       // over UDP; 0 over a stream
	tryingAfterInvite = 200 * time.Millisecond // RFC 3261 section 17.2.1
	tryingAfterOther  = T1 + 2*T1 + 4*T1       // when timer E reaches T2 (RFC 4320)
)

// Errors of ClientFailed and ServerFailed; others are the transport's.
var (
	ErrTimeout     = errors.New("the peer did not answer in time")
	ErrFull        = errors.New("too many transactions: see MaxTransactions")
	ErrNoBranch    = errors.New("the request's top Via has no branch that begins with z9hG4bK")
	ErrBranchInUse = errors.New("the branch is in use: every request needs a new one")
)

// Redialler is a User that knows another way to whoever sent an INVITE by a stream that
// is gone (RFC 3261 section 18.2.2).
type Redialler interface {
	// Redial returns a flow, which is not dialled yet, to the address that tx came from
	// and a port, that of the sent-by of its Via. It may be asked on any stream.
	Redial(tx *Server, port uint16) (transport.Flow, bool)
}

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
