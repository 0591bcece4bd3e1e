package transaction

import (
	"crypto/rand"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// request takes a request from the wire.
func (t *Table) request(now time.Time, req *sip.Request, flow transport.Flow) {
	method := req.Method
	if method == sip.ACK {
		method = sip.INVITE
	}
	key, ok := appendServerKey(t.scratch[:0], req, method)
	t.scratch = key
	if !ok {
		t.counters.Unkeyed.Add(1)
		return
	}
	tx := t.servers[string(key)]
	switch {
	case req.Method == sip.ACK:
		t.ack(now, tx, req, flow)
	case tx != nil:
		t.stepServer(now, tx, event{kind: repeated}, content{})
	case req.Method == sip.CANCEL:
		t.cancelled(now, string(key), req, flow)
	default:
		t.fresh(now, string(key), req, flow)
	}
}

// Knows tells whether a transaction of this table would take a request: it is repeated,
// acknowledges a refusal, or is a CANCEL.
func (t *Table) Knows(req *sip.Request) bool {
	method := req.Method
	if method == sip.ACK || method == sip.CANCEL {
		method = sip.INVITE
	}
	key, ok := appendServerKey(t.scratch[:0], req, method)
	t.scratch = key
	return ok && t.servers[string(key)] != nil
}

// ack takes an ACK. One that no transaction waits for acknowledges a 2xx, unless
// it answers a response that was sent without a transaction.
func (t *Table) ack(now time.Time, tx *Server, req *sip.Request, flow transport.Flow) {
	if tx != nil {
		t.stepServer(now, tx, event{kind: acked}, content{req: req, flow: flow})
		return
	}
	if message.ToTag(req) == t.tag {
		t.counters.AcksAbsorbed.Add(1)
		return
	}
	t.user.Request(now, nil, req, flow)
}

// fresh begins a transaction, or refuses to.
func (t *Table) fresh(now time.Time, key string, req *sip.Request, flow transport.Flow) {
	merge := t.mergeKey(req)
	if t.merges[merge] != nil {
		t.counters.RequestsMerged.Add(1)
		t.reply(req, flow, sip.StatusLoopDetected, t.tag)
		return
	}
	if t.full() {
		t.counters.RequestsRefused.Add(1)
		t.reply(req, flow, sip.StatusServiceUnavailable, t.tag)
		return
	}
	tx := t.newServer(key, req, flow)
	tx.request = req
	if merge != 0 {
		tx.merge = merge
		t.merges[merge] = tx
	}
	t.stepServer(now, tx, event{kind: started}, content{req: req, flow: flow})
}

// cancelled answers a CANCEL (RFC 3261 section 9.2) in a transaction of its own,
// or without one if the table is full, and tells the user if it has an effect.
func (t *Table) cancelled(now time.Time, key string, req *sip.Request, flow transport.Flow) {
	target, _ := appendServerKey(t.scratch[:0], req, sip.INVITE)
	t.scratch = target
	invite := t.servers[string(target)]
	if invite != nil && !t.ownCancel(invite, flow) {
		// Without a transaction, which would absorb the CANCEL of who may.
		t.counters.CancelsForeign.Add(1)
		t.reply(req, flow, sip.StatusCallTransactionDoesNotExists, t.tag)
		return
	}
	status, tag := sip.StatusOK, t.tag
	if invite == nil {
		t.counters.CancelsUnmatched.Add(1)
		status = sip.StatusCallTransactionDoesNotExists
	} else {
		if invite.Tag == "" {
			invite.Tag = rand.Text()
		}
		tag = invite.Tag
	}
	if t.full() {
		t.reply(req, flow, status, tag)
	} else {
		tx := t.newServer(key, req, flow)
		tx.own = true
		t.stepServer(now, tx, event{kind: started}, content{})
		t.output = appendReply(t.output[:0], req, status, tag)
		t.stepServer(now, tx, event{kind: responded, status: status},
			content{msg: t.output})
	}
	if invite != nil {
		t.stepServer(now, invite, event{kind: cancelled}, content{req: req})
	}
}

// ownCancel tells whether who cancels an INVITE has sent it.
func (t *Table) ownCancel(invite *Server, f transport.Flow) bool {
	same := f.Node == invite.Flow.Node && f.Network == invite.Flow.Network && f.Remote.Addr() == invite.Flow.Remote.Addr()
	return same || t.IsPeer != nil && t.IsPeer(invite, f)
}

// reply answers without a transaction (RFC 3261 section 8.2.7).
func (t *Table) reply(req *sip.Request, flow transport.Flow, status int, tag string) {
	t.output = appendReply(t.output[:0], req, status, tag)
	if t.room > 0 && len(t.output) > t.room {
		t.counters.RepliesDropped.Add(1)
		return
	}
	if err := t.wire.Send(flow, t.output); err != nil {
		t.counters.SendErrors.Add(1)
	}
}
