package transaction

import (
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// MaxDatagram is the most bytes of a request that goes by UDP where a stream will do: the
// MTU of a path is not known (RFC 3261 section 18.1.1).
const MaxDatagram = 1300

// Widener is a User that knows streams to where requests go by UDP.
type Widener interface {
	// Wide returns a stream to where f leads, for a request of owner that is larger than
	// MaxDatagram; false has it go by f.
	Wide(owner any, f transport.Flow) (stream transport.Flow, ok bool)
	// Narrow is told of a stream that could not be used; the request goes by UDP after
	// all.
	Narrow(stream transport.Flow)
}

// narrow is how a request goes by UDP that is tried by a stream first.
type narrow struct {
	flow transport.Flow
	msg  []byte
}

// widen chooses a stream for the request in t.output if it is too large for f, and
// writes it anew with the Via of that stream.
func (t *Table) widen(req *sip.Request, f transport.Flow, owner any) (transport.Flow, *narrow) {
	by, ok := t.user.(Widener)
	if via := req.Via(); !ok || via == nil || f.Proto != transport.UDP || f.Node != "" || len(t.output) <= MaxDatagram {
		return f, nil
	}
	stream, ok := by.Wide(owner, f)
	if !ok {
		return f, nil
	}
	n := &narrow{flow: f, msg: slices.Clone(t.output)}
	via := req.Via()
	written := *via
	via.Transport = strings.ToUpper(string(stream.Proto))
	via.Host, via.Port = stream.Advertised.Addr().String(), int(stream.Advertised.Port())
	t.output = message.Append(t.output[:0], req)
	*via = written // the user's request is as it was
	t.counters.Widened.Add(1)
	return stream, n
}

// narrowed sends a request by UDP whose stream could not be used. It is false if there
// is no such way, or was: a response has come, or the user does not want it any more.
func (t *Table) narrowed(now time.Time, e *entry) bool {
	tx := e.client
	if tx == nil || tx.narrow == nil {
		return false
	}
	n := tx.narrow
	tx.narrow = nil
	t.user.(Widener).Narrow(tx.Flow)
	t.remove(e, tx.Flow)
	tx.Flow = n.flow
	switch m := tx.machine.(type) {
	case *clientInvite:
		*m = clientInvite{}
		tx.pieces = newPieces(n.msg)
	case *clientNonInvite:
		*m = clientNonInvite{}
	}
	t.counters.Narrowed.Add(1)
	t.stepClient(now, tx, event{kind: started}, content{msg: n.msg})
	return true
}
