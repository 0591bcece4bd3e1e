package transaction

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transport"
)

// Wire sends what a machine wants sent.
type Wire interface {
	Send(f transport.Flow, msg []byte) error
}

// Server is one server transaction, as its user sees it.
type Server struct {
	Owner  any // the user's own mark
	Method sip.RequestMethod
	Flow   transport.Flow
}

// Client is one client transaction, as its user sees it.
type Client struct {
	Owner  any // the user's own mark
	Method sip.RequestMethod
	Flow   transport.Flow
}

// Table matches messages to the transactions of one strand. It is not safe for
// concurrent use.
type Table struct{}

// NewTable returns an empty table that reports to user and sends by wire.
func NewTable(user User, wire Wire) *Table { return &Table{} }

// Receive takes one message from the wire.
func (t *Table) Receive(now time.Time, r transport.Received) {}

// Respond sends a response to tx. A final response after a final one is refused
// and counted: a transaction has one final response.
func (t *Table) Respond(now time.Time, tx *Server, res *sip.Response) {}

// Start sends a request, whose top Via has a branch, in a new client transaction.
// An ACK is sent without one and nil is returned.
func (t *Table) Start(now time.Time, req *sip.Request, f transport.Flow, owner any) *Client {
	return nil
}

// Cancel ends a pending INVITE: CANCEL goes out at the first provisional response
// (RFC 3261 section 9.1), with reason as its Reason header if not "".
func (t *Table) Cancel(now time.Time, tx *Client, reason string) {}

// Tick runs what is due at now.
func (t *Table) Tick(now time.Time) {}

// Deadline is the time of the next Tick; zero means none.
func (t *Table) Deadline() time.Time { return time.Time{} }
