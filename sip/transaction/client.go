package transaction

import (
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// Client is one client transaction, as its user sees it.
type Client struct {
	Owner  any // the user's own mark
	Method sip.RequestMethod
	Flow   transport.Flow // has the number of its connection from the first response on

	entry
	last   []byte  // the request, later the ACK, to send again
	pieces *pieces // of an INVITE without final response
	reason string  // of the CANCEL
	narrow *narrow // until a response comes; nil if it goes by its first flow
	own    bool    // the table's own: a CANCEL
}

// Start sends a request, whose top Via has a branch, in a new client transaction.
// An ACK is sent without one and nil is returned. Whatever goes wrong is told by
// User.ClientFailed, never before Start has returned.
func (t *Table) Start(now time.Time, req *sip.Request, f transport.Flow, owner any) *Client {
	if req.Method == sip.ACK {
		t.output = message.Append(t.output[:0], req)
		if err := t.wire.Send(f, t.output); err != nil {
			t.counters.SendErrors.Add(1)
		}
		return nil
	}
	return t.open(now, req, f, owner, event{kind: started})
}

// Adopt takes over an INVITE that another has sent by the flow, in a new client
// transaction; rings tells that a provisional response came. It is for Cancel: the
// INVITE is not sent again. Whatever goes wrong is told as by Start.
func (t *Table) Adopt(now time.Time, invite *sip.Request, f transport.Flow, rings bool, owner any) *Client {
	e := event{kind: adopted}
	if rings {
		e.status = sip.StatusRinging
	}
	return t.open(now, invite, f, owner, e)
}

// open enters a new client transaction and steps it by its first event.
func (t *Table) open(now time.Time, req *sip.Request, f transport.Flow, owner any, first event) *Client {
	t.output = message.Append(t.output[:0], req)
	var other *narrow
	if first.kind == started {
		f, other = t.widen(req, f, owner)
	}
	tx := newClient(req.Method, f)
	tx.Owner, tx.narrow = owner, other
	key, ok := appendClientKey(t.scratch[:0], req, req.Method)
	t.scratch = key
	switch {
	case !ok:
		t.later(now, &tx.entry, ErrNoBranch)
	case t.clients[string(key)] != nil:
		t.later(now, &tx.entry, ErrBranchInUse)
	case t.full():
		t.counters.ClientsRefused.Add(1)
		t.later(now, &tx.entry, ErrFull)
	default:
		if req.Method == sip.INVITE {
			tx.pieces = newPieces(t.output)
		}
		t.begin(now, tx, string(key), first, t.output)
	}
	return tx
}

// Cancel ends a pending INVITE: CANCEL goes out at the first provisional response
// (RFC 3261 section 9.1), with reason as its Reason header if not "". After the
// final response, and a second time, it does nothing. An INVITE without a final
// response 64*T1 after its CANCEL fails with ErrTimeout.
func (t *Table) Cancel(now time.Time, tx *Client, reason string) {
	tx.narrow = nil
	if tx.pieces != nil && tx.reason == "" {
		tx.reason = reason
	}
	t.stepClient(now, tx, event{kind: cancelled}, content{})
}

// newClient makes a transaction, in one piece with its machine.
func newClient(method sip.RequestMethod, f transport.Flow) *Client {
	var tx *Client
	if method == sip.INVITE {
		x := &struct {
			Client
			machine clientInvite
		}{machine: clientInvite{reliable: f.Proto.Reliable()}}
		tx = &x.Client
		tx.machine = &x.machine
	} else {
		x := &struct {
			Client
			machine clientNonInvite
		}{machine: clientNonInvite{reliable: f.Proto.Reliable()}}
		tx = &x.Client
		tx.machine = &x.machine
	}
	tx.Method, tx.Flow, tx.client = ownMethod(method), f, tx
	return tx
}

// begin enters tx into the table and takes its first step with its request.
func (t *Table) begin(now time.Time, tx *Client, key string, first event, msg []byte) {
	tx.key = key
	t.clients[key] = tx
	t.counters.Clients.Add(1)
	t.add(&tx.entry, tx.Flow)
	t.stepClient(now, tx, first, content{msg: msg})
}

// response takes a response from the wire.
func (t *Table) response(now time.Time, res *sip.Response, flow transport.Flow) {
	cseq := res.CSeq()
	if cseq == nil {
		t.counters.Unkeyed.Add(1)
		return
	}
	key, ok := appendClientKey(t.scratch[:0], res, cseq.MethodName)
	t.scratch = key
	tx := t.clients[string(key)]
	if !ok || tx == nil {
		t.counters.StrayResponses.Add(1)
		t.user.Stray(now, res, flow)
		return
	}
	tx.narrow = nil
	t.learn(tx, flow)
	t.stepClient(now, tx, event{kind: received, status: res.StatusCode}, content{res: res})
}

// learn gives the transaction's flow the number of the connection that was made
// for it, or was there: what follows the first response stays on it.
func (t *Table) learn(tx *Client, from transport.Flow) {
	bare := from
	bare.Conn = 0
	if from.Conn == 0 || bare != tx.Flow {
		return
	}
	t.streams.remove(&tx.entry, tx.Flow)
	tx.Flow = from
	t.streams.add(&tx.entry, tx.Flow)
}

// stepClient steps a machine and does what it says. The user is told last: it
// may call the table again.
func (t *Table) stepClient(now time.Time, tx *Client, e event, c content) {
	do, deadline := tx.machine.Step(now, e)
	t.schedule.set(&tx.entry, deadline)
	if do.has(send) {
		t.send(now, &tx.entry, tx.Flow, c.msg)
	}
	if do.has(keep) {
		tx.last = slices.Clone(c.msg)
	}
	if do.has(forget) {
		tx.last = nil
	}
	if do.has(resend) {
		t.counters.RequestsRepeated.Add(1)
		t.send(now, &tx.entry, tx.Flow, tx.last)
	}
	if do.has(sendAck) {
		tx.last = tx.pieces.ack(c.res)
		t.send(now, &tx.entry, tx.Flow, tx.last)
	}
	if do.has(sendCancel) {
		t.sendCancel(now, tx)
	}
	if do.has(absorb) {
		t.counters.ResponsesAbsorbed.Add(1)
	}
	if e.kind == received && e.status >= 200 {
		tx.pieces = nil
	}
	if do.has(end) {
		t.endClient(tx)
	}
	t.tellClient(now, tx, do, e, c)
}

// tellClient tells the user of what it should know.
func (t *Table) tellClient(now time.Time, tx *Client, do action, e event, c content) {
	switch {
	case do.has(fail):
		t.countFailure(e, &t.counters.ClientTimeouts)
		if !tx.own {
			t.user.ClientFailed(now, tx, c.failure(e))
		}
	case do.has(pass) && !tx.own:
		t.user.Response(now, tx, c.res)
	}
}

// sendCancel sends CANCEL in a transaction of its own, whose end is nobody's
// concern. It is sent however full the table is: an INVITE has at most one.
func (t *Table) sendCancel(now time.Time, invite *Client) {
	tx := newClient(sip.CANCEL, invite.Flow)
	tx.own = true
	key := invite.key[:len(invite.key)-len(sip.INVITE)] + string(sip.CANCEL)
	t.begin(now, tx, key, event{kind: started}, invite.pieces.cancel(invite.reason))
}

// endClient takes tx out of the table. One that Start could not enter has no key.
func (t *Table) endClient(tx *Client) {
	tx.last, tx.pieces, tx.narrow = nil, nil, nil
	if tx.key == "" {
		return
	}
	delete(t.clients, tx.key)
	t.remove(&tx.entry, tx.Flow)
}
