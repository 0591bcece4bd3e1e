package transaction

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"pgregory.net/rapid"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// t0 is the beginning of every test.
var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var errGone = errors.New("gone")

func flowOf(proto transport.Proto) transport.Flow {
	f := transport.Flow{
		Listener: "main", Network: "lan", Proto: proto,
		Advertised: netip.MustParseAddrPort("127.0.0.1:5060"),
		Remote:     netip.MustParseAddrPort("127.0.0.2:5070"),
	}
	if proto.Reliable() {
		f.Conn = 7
	}
	return f
}

// bench is a Table with its user and its wire; it writes down what they see.
type bench struct {
	t     rapid.TB
	table *Table
	now   time.Time
	log   []string // "0.5s send INVITE"
	wire  []string // every message sent, whole
	txs   []*Server
	err   error // of Send
	quiet bool  // log nothing

	method sip.RequestMethod // of the transaction under test
	flow   transport.Flow

	onRequest  func(tx *Server, req *sip.Request)
	onResponse func(tx *Client, res *sip.Response)
	onCancel   func(tx *Server)
	onFailed   func(tx *Client)
	stream     *transport.Flow                  // for large requests; nil: there is none
	onRedial   func(port uint16) transport.Flow // nil: there is no way back
}

func (b *bench) Wide(any, transport.Flow) (transport.Flow, bool) {
	if b.stream == nil {
		return transport.Flow{}, false
	}
	return *b.stream, true
}

func (b *bench) Narrow(stream transport.Flow) { b.note("narrow %s", stream.Proto) }

func (b *bench) Redial(_ *Server, port uint16) (transport.Flow, bool) {
	if b.onRedial == nil {
		return transport.Flow{}, false
	}
	return b.onRedial(port), true
}

func newBench(t rapid.TB) *bench {
	b := &bench{t: t, now: t0}
	b.table = NewTable(b, b)
	return b
}

func (b *bench) note(format string, args ...any) {
	if !b.quiet {
		b.log = append(b.log, fmt.Sprintf("%v ", b.now.Sub(t0))+fmt.Sprintf(format, args...))
	}
}

func (b *bench) Send(_ transport.Flow, msg []byte) error {
	if b.err != nil {
		b.note("error %s", short(string(msg)))
		return b.err
	}
	b.note("send %s", short(string(msg)))
	if !b.quiet {
		b.wire = append(b.wire, string(msg))
	}
	return nil
}

func (b *bench) Request(_ time.Time, tx *Server, req *sip.Request, _ transport.Flow) {
	b.note("request %s", req.Method)
	if tx != nil && !b.quiet {
		b.txs = append(b.txs, tx)
	}
	if b.onRequest != nil {
		b.onRequest(tx, req)
	}
}

func (b *bench) Cancelled(_ time.Time, tx *Server, _ *sip.Request) {
	b.note("cancelled")
	if b.onCancel != nil {
		b.onCancel(tx)
	}
}

func (b *bench) Response(_ time.Time, tx *Client, res *sip.Response) {
	b.note("response %d", res.StatusCode)
	if b.onResponse != nil {
		b.onResponse(tx, res)
	}
}

func (b *bench) Stray(_ time.Time, res *sip.Response, _ transport.Flow) {
	b.note("stray %d", res.StatusCode)
}

func (b *bench) ClientFailed(_ time.Time, tx *Client, err error) {
	b.note("client failed: %v", err)
	if b.onFailed != nil {
		b.onFailed(tx)
	}
}

func (b *bench) ServerFailed(_ time.Time, _ *Server, err error) {
	b.note("server failed: %v", err)
}

// short is the first word that tells messages apart: method or status.
func short(msg string) string {
	words := strings.Fields(msg)
	if words[0] == "SIP/2.0" {
		return words[1]
	}
	return words[0]
}

// run ticks at every deadline up to d after the beginning.
func (b *bench) run(d time.Duration) {
	until := t0.Add(d)
	for range 10_000 {
		next := b.table.Deadline()
		if next.IsZero() || next.After(until) {
			b.now = until
			return
		}
		if next.After(b.now) {
			b.now = next
		}
		urgent, noted := b.table.Urgent(), len(b.log)
		b.table.Tick(b.now)
		if (urgent.IsZero() || b.now.Before(urgent)) && len(b.log) > noted {
			b.t.Fatalf("%q was not urgent, and happened at %v", b.log[noted:], b.now.Sub(t0))
		}
	}
	b.t.Fatal("the table's deadline stands still")
}

// receive parses a message and gives it to the table.
func (b *bench) receive(f transport.Flow, text string) {
	b.table.Receive(b.now, transport.Received{Msg: parse(b.t, text), Flow: f, At: b.now})
}

// again lets the request under test come, for the first time or again.
func (b *bench) again() { b.receive(b.flow, text(b.method, "z9hG4bK1")) }

// ack lets its ACK come.
func (b *bench) ack() { b.receive(b.flow, text(sip.ACK, "z9hG4bK1")) }

// reply lets a response to it come.
func (b *bench) reply(status int) { b.receive(b.flow, reply(status, b.method, "z9hG4bK1")) }

// respond answers the n-th transaction.
func (b *bench) respond(n, status int) {
	b.table.Respond(b.now, b.txs[n], answer(status))
}

// expect compares the log with a story and empties it.
func (b *bench) expect(want ...string) {
	b.t.Helper()
	if !slices.Equal(b.log, want) {
		b.t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(b.log, "\n\t"), strings.Join(want, "\n\t"))
	}
	b.log = nil
}

// empty checks that nothing is left in the table.
func (b *bench) empty() {
	b.t.Helper()
	t := b.table
	waiting := t.schedule.urgent.Len() + t.schedule.ends.Len()
	if n := len(t.servers) + len(t.clients) + len(t.merges) + len(t.streams) + waiting + len(t.failures); n != 0 {
		b.t.Errorf("left in the table: %d servers, %d clients, %d origins, %d streams, %d deadlines, %d failures",
			len(t.servers), len(t.clients), len(t.merges), len(t.streams), waiting, len(t.failures))
	}
}

func parse(t rapid.TB, text string) sip.Message {
	t.Helper()
	msg, err := message.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return msg
}

// text is a request as it comes from the wire.
func text(method sip.RequestMethod, branch string, extra ...string) string {
	toTag, cseq := "", method
	if method == sip.ACK || method == sip.BYE {
		toTag = ";tag=us"
	}
	return strings.Join(append([]string{
		string(method) + " sip:bob@127.0.0.1 SIP/2.0",
		"Via: SIP/2.0/UDP 127.0.0.2:5070;branch=" + branch,
		"Max-Forwards: 70",
		"From: <sip:alice@127.0.0.2>;tag=them",
		"To: <sip:bob@127.0.0.1>" + toTag,
		"Call-ID: one@127.0.0.2",
		fmt.Sprintf("CSeq: 1 %s", cseq),
	}, append(extra, "Content-Length: 0", "", "")...), "\r\n")
}

// reply is a response as it comes from the wire.
func reply(status int, method sip.RequestMethod, branch string) string {
	return strings.Join([]string{
		fmt.Sprintf("SIP/2.0 %d Reason", status),
		"Via: SIP/2.0/UDP 127.0.0.1:5060;branch=" + branch,
		"From: <sip:us@127.0.0.1>;tag=us",
		"To: <sip:bob@127.0.0.2>;tag=them",
		"Call-ID: two@127.0.0.1",
		fmt.Sprintf("CSeq: 1 %s", method),
		"Content-Length: 0", "", "",
	}, "\r\n")
}

// answer is a response as the user makes it.
func answer(status int) *sip.Response {
	res := sip.NewResponse(status, "Reason")
	to := &sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: "bob", Host: "127.0.0.1"}}
	if status > 100 {
		to.Params = sip.HeaderParams{{K: "tag", V: "us"}}
	}
	res.AppendHeader(to)
	res.SetBody(nil)
	return res
}

// outgoing is a request as the user makes it.
func outgoing(t rapid.TB, method sip.RequestMethod, branch string, extra ...string) *sip.Request {
	t.Helper()
	return parse(t, strings.Join(append([]string{
		string(method) + " sip:bob@127.0.0.2:5070 SIP/2.0",
		"Via: SIP/2.0/UDP 127.0.0.1:5060;branch=" + branch,
		"Max-Forwards: 70",
		"From: <sip:us@127.0.0.1>;tag=us",
		"To: <sip:bob@127.0.0.2>",
		"Call-ID: two@127.0.0.1",
		fmt.Sprintf("CSeq: 1 %s", method),
	}, append(extra, "Content-Length: 0", "", "")...), "\r\n")).(*sip.Request)
}
