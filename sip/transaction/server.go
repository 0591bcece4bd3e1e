package transaction

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// Server is one server transaction, as its user sees it.
type Server struct {
	Owner  any // the user's own mark
	Method sip.RequestMethod
	Flow   transport.Flow
	// Tag is the To tag of the responses if the request has none. A user who
	// chooses it sets it at once in User.Request; otherwise it is taken from the
	// first response that has one. A CANCEL that is answered before either sets
	// it, and the user takes it from here.
	Tag string

	entry
	last    []byte       // the response that answers a repeated request
	request *sip.Request // until something is sent: the source of the automatic 100
	success uint64       // the hash of the 2xx to an INVITE
	room    int          // bytes of a response that refuses it; 0: any
	merge   uint64       // the hash of its origin, 0 if it is not indexed
	port    uint16       // of the sent-by of its Via; 0 once it was dialled back
	own     bool         // the table's own: answers a CANCEL
}

// Trying sends the 100 of an INVITE now, which build makes, unless something was sent.
func (t *Table) Trying(now time.Time, tx *Server, build func(invite *sip.Request) *sip.Response) {
	if tx.request != nil {
		t.Respond(now, tx, build(tx.request))
	}
}

// Tag is the To tag of responses by Refuse: their ACK is absorbed.
func (t *Table) Tag() string { return t.tag }

// Refuse sends the final response to a request of which nobody knows yet who sent it,
// once, and forgets the request: what repeats is another one, as a source that may be
// feigned is sent nothing again by itself (RFC 3261 section 26.3.2.4). Over UDP a
// response that is longer than transport.MaxGain times the request is not sent: false.
func (t *Table) Refuse(now time.Time, tx *Server, res *sip.Response) bool {
	t.output = message.Append(t.output[:0], res)
	if tx.room > 0 && len(t.output) > tx.room {
		return false
	}
	if t.servers[tx.key] != tx {
		t.counters.ResponsesRefused.Add(1)
		return true
	}
	tx.machine.Step(now, event{kind: responded, status: res.StatusCode}) // whatever else is sent is too late
	if err := t.wire.Send(tx.Flow, t.output); err != nil {
		t.counters.SendErrors.Add(1)
	}
	t.Forget(tx)
	return true
}

// Forget ends a transaction without a word.
func (t *Table) Forget(tx *Server) {
	t.schedule.set(&tx.entry, time.Time{})
	if t.servers[tx.key] == tx {
		t.endServer(tx)
	}
}

// newServer makes a transaction, in one piece with its machine, and enters it.
func (t *Table) newServer(key string, req *sip.Request, flow transport.Flow) *Server {
	var tx *Server
	reliable := flow.Proto.Reliable()
	if req.Method == sip.INVITE {
		x := &struct {
			Server
			machine serverInvite
		}{machine: serverInvite{reliable: reliable}}
		tx = &x.Server
		tx.machine = &x.machine
	} else {
		x := &struct {
			Server
			machine serverNonInvite
		}{machine: serverNonInvite{reliable: reliable}}
		tx = &x.Server
		tx.machine = &x.machine
	}
	tx.Method, tx.Flow, tx.key, tx.server, tx.room = ownMethod(req.Method), flow, key, tx, t.room
	tx.port = uint16(sentByPort(req.Via()))
	t.servers[key] = tx
	t.counters.Servers.Add(1)
	t.add(&tx.entry, flow)
	return tx
}

// Respond sends a response to tx. A response that must not be sent is refused
// and counted: a second final one that is not the same 2xx to INVITE again, any
// after the end, and to other methods 408, 1xx but 100, and over UDP a 100 in
// the first 3.5 s (RFC 4320).
func (t *Table) Respond(now time.Time, tx *Server, res *sip.Response) {
	t.output = message.Append(t.output[:0], res)
	if res.StatusCode >= 200 && res.StatusCode < 300 && tx.Method == sip.INVITE {
		hash := maphash.Bytes(t.seed, t.output)
		if tx.success != 0 && tx.success != hash {
			t.counters.ResponsesRefused.Add(1)
			return
		}
		tx.success = hash
	}
	if tx.Tag == "" {
		tx.Tag = strings.Clone(message.ToTag(res))
	}
	t.stepServer(now, tx, event{kind: responded, status: res.StatusCode}, content{msg: t.output})
}

// stepServer steps a machine and does what it says. The user is told last: it
// may call the table again.
func (t *Table) stepServer(now time.Time, tx *Server, e event, c content) {
	do, deadline := tx.machine.Step(now, e)
	t.schedule.set(&tx.entry, deadline)
	if do.has(send) {
		tx.request = nil
		t.send(now, &tx.entry, tx.Flow, c.msg)
	}
	if do.has(keep) {
		tx.last = slices.Clone(c.msg)
	}
	if do.has(forget) {
		tx.last = nil
	}
	if do.has(resend) && tx.last != nil {
		t.counters.ResponsesRepeated.Add(1)
		t.send(now, &tx.entry, tx.Flow, tx.last)
	}
	if do.has(sendTrying) && tx.request != nil {
		t.counters.TryingSent.Add(1)
		t.output = appendReply(t.output[:0], tx.request, sip.StatusTrying, "")
		tx.last, tx.request = slices.Clone(t.output), nil
		t.send(now, &tx.entry, tx.Flow, tx.last)
	}
	if do.has(absorb) {
		if e.kind == acked {
			t.counters.AcksAbsorbed.Add(1)
		} else {
			t.counters.RequestsAbsorbed.Add(1)
		}
	}
	if do.has(refuse) {
		t.counters.ResponsesRefused.Add(1)
	}
	if do.has(end) {
		t.endServer(tx)
	}
	t.tellServer(now, tx, do, e, c)
}

// tellServer tells the user of what it should know.
func (t *Table) tellServer(now time.Time, tx *Server, do action, e event, c content) {
	switch {
	case do.has(fail):
		t.countFailure(e, &t.counters.ServerTimeouts)
		if !tx.own {
			t.user.ServerFailed(now, tx, c.failure(e))
		}
	case !do.has(pass) || tx.own:
	case e.kind == started:
		t.user.Request(now, tx, c.req, c.flow)
	case e.kind == acked:
		t.user.Request(now, nil, c.req, c.flow)
	case e.kind == cancelled:
		t.user.Cancelled(now, tx, c.req)
	}
}

// redial moves an INVITE that still has something to say from a stream that is gone to a
// new one. It is false if there is none: the transaction then ends.
func (t *Table) redial(e *entry) bool {
	tx := e.server
	if tx == nil || tx.port == 0 {
		return false
	}
	by, ok := t.user.(Redialler)
	if m, invite := tx.machine.(*serverInvite); !ok || !invite || !m.speaks() {
		return false
	}
	flow, ok := by.Redial(tx, tx.port)
	if !ok {
		return false
	}
	t.remove(e, tx.Flow)
	tx.Flow, tx.port = flow, 0
	t.streams.add(e, flow)
	t.counters.Redialled.Add(1)
	return true
}

// endServer takes tx out of the table.
func (t *Table) endServer(tx *Server) {
	delete(t.servers, tx.key)
	if tx.merge != 0 {
		delete(t.merges, tx.merge)
	}
	tx.last, tx.request = nil, nil
	t.remove(&tx.entry, tx.Flow)
}
