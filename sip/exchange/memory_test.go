package exchange_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/sip/b2bua"
	"strowger/sip/dialog"
	"strowger/sip/exchange"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/mark"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// How many bytes of heap a call may hold while it talks, and for each phone that was
// rung beside the one that answered: a tenth more than measured. Its ports are left
// out: those are relay's TestMemoryOfAnEndpoint.
const (
	maxHeldCall  = 6_500
	maxOtherRung = 2_400
)

// TestMemoryOfAHeldCall bounds what a call keeps once its transactions have ended.
func TestMemoryOfAHeldCall(t *testing.T) {
	held(t, 0, maxHeldCall)
}

// TestMemoryOfOthersRung is the same for a call that several phones were rung for.
func TestMemoryOfOthersRung(t *testing.T) {
	held(t, 4, maxHeldCall+4*maxOtherRung)
}

// held measures calls of which others are rung, and refuse, beside who answers.
func held(t *testing.T, others, limit int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		const calls = 500
		h := newHold(t, others)
		h.call(0) // what is made once
		h.rest()
		bytes, objects := heap()
		for i := range calls {
			h.call(i + 1)
		}
		h.rest()
		after, count := heap()
		if n, _ := h.x.Held(t.Context()); n != calls+1 {
			t.Fatalf("%d calls are held, want %d", n, calls+1)
		}
		each := int(after-bytes) / calls
		t.Logf("%d bytes and %d objects a call", each, int(count-objects)/calls)
		if each > limit {
			t.Errorf("a held call takes %d bytes of heap, want at most %d", each, limit)
		}
		runtime.KeepAlive(h)
	})
}

// heap is what lives: bytes and objects.
func heap() (bytes, objects uint64) {
	runtime.GC()
	runtime.GC() // what the first has finalised
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, m.HeapObjects
}

// hold is an exchange, a carrier that calls and a phone that answers.
type hold struct {
	t      *testing.T
	x      *exchange.Exchange
	mu     sync.Mutex
	sent   map[netip.AddrPort]sip.Message // the last to each address
	caller netip.AddrPort
	phones []netip.AddrPort // the last one answers
}

func newHold(t *testing.T, others int) *hold {
	t.Helper()
	minter, err := mark.NewMinter(make([]byte, mark.KeySize), 0)
	if err != nil {
		t.Fatal(err)
	}
	record, _, err := ledger.Open(t.TempDir(), "one", time.Now(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h := &hold{
		t: t, sent: map[netip.AddrPort]sip.Message{},
		caller: netip.MustParseAddrPort("10.0.0.1:5060"),
	}
	for i := range others + 1 {
		h.phones = append(h.phones, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 2)}), 5060))
	}
	h.x = exchange.New(exchange.Config{
		Minter: minter, Sender: h, Media: silence{}, Ledger: record, Admission: holding{hold: h},
		Instant: func(*sip.Request) bool { return true },
		Prompts: func([]string) *media.Prompt { return nil }, Log: slog.New(slog.DiscardHandler), Strands: 4, Workers: 1,
	})
	t.Cleanup(func() {
		if err := h.x.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := record.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// rest lets the transactions end.
func (h *hold) rest() {
	<-time.After(time.Minute)
	synctest.Wait()
	clear(h.sent)
}

// call makes a call with the messages that a carrier and a phone send.
func (h *hold) call(n int) {
	ours := fmt.Sprintf("From: <sip:+441632960123@10.0.0.1:5060>;tag=caller%d\r\nCall-ID: %d-a-call-of-the-carrier@10.0.0.1\r\n", n, n)
	h.receive(h.caller, "INVITE sip:+448081570002@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-i%d\r\n%s"+
		"To: <sip:+448081570002@192.0.2.1>\r\nCSeq: 1 INVITE\r\nContact: <sip:carrier@10.0.0.1:5060>\r\n"+
		"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\n\r\n%s",
		n, ours, offerOf("10.0.0.1", "8 0 101"))
	for i, phone := range h.phones {
		h.answer(n, phone, "180 Ringing\r\n", "")
		if i < len(h.phones)-1 {
			h.answer(n, phone, "486 Busy Here\r\n", "")
		} else {
			h.answer(n, phone, "200 OK\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\nContent-Type: application/sdp\r\n", offerOf("10.0.0.2", "8 101"))
		}
	}
	res, ok := h.last(h.caller).(*sip.Response)
	if !ok || res.StatusCode != 200 {
		h.t.Fatalf("the caller got %v, want 200", h.last(h.caller))
	}
	h.receive(h.caller, "ACK sip:%s@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-a%d\r\n%s"+
		"%s\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\n\r\n", message.Contact(res).Address.User, n, ours, header(res, "To"))
}

// answer has a phone answer the INVITE that it got.
func (h *hold) answer(n int, phone netip.AddrPort, status, body string) {
	invite, ok := h.last(phone).(*sip.Request)
	if !ok {
		h.t.Fatal("the phone was not rung")
	}
	h.receive(phone, "SIP/2.0 %s%s\r\n%s\r\n%s;tag=phone%d\r\n%s\r\n%s\r\nContact: <sip:phone@%s>\r\n\r\n%s", status,
		header(invite, "Via"), header(invite, "From"), header(invite, "To"), n, header(invite, "Call-ID"), header(invite, "CSeq"), phone, body)
}

func header(msg sip.Message, name string) string { return name + ": " + message.Header(msg, name) }

// offerOf is SDP as phones write it.
func offerOf(host, formats string) string {
	return "v=0\r\no=- 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio 40000 RTP/AVP " + formats + "\r\n" +
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
}

func (h *hold) receive(from netip.AddrPort, format string, args ...any) {
	msg, err := message.Parse(fmt.Appendf(nil, format, args...))
	if err != nil {
		h.t.Fatal(err)
	}
	h.x.Receive(transport.Received{Msg: msg, Flow: flowTo(from), At: time.Now()})
	synctest.Wait()
}

func (h *hold) last(to netip.AddrPort) sip.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sent[to]
}

// Send keeps the last message to each address (transport.Sender).
func (h *hold) Send(f transport.Flow, data []byte) error {
	msg, err := message.Parse(append([]byte(nil), data...))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent[f.Remote] = msg
	return err
}

// FlowTo and Stands are those of a network without connections.
func (h *hold) FlowTo(string, transport.Proto, netip.AddrPort) (transport.Flow, error) {
	return transport.Flow{}, transport.ErrNoListener
}

func (h *hold) Stands(transport.Flow) bool { return true }

// holding rings the phone for the trunk's every call.
type holding struct {
	everybody
	*hold
}

func (a holding) Admit(_ context.Context, _ time.Time, req *sip.Request, flow transport.Flow) b2bua.Program {
	trunk := leg.Party{
		Kind: leg.Trunk, Name: "carrier", Tenant: "demo", Network: "net",
		Sources: []netip.Prefix{netip.PrefixFrom(flow.Remote.Addr(), 32)}, Home: a.caller,
	}
	number := req.From().Address.User
	var targets []b2bua.Target
	for _, phone := range a.phones {
		targets = append(targets, b2bua.Target{Address: leg.Address{
			Party: leg.Party{Kind: leg.Seat, Name: "1002", Tenant: "demo", Network: "net"},
			Flow:  flowTo(phone), Target: message.URI("1002", phone), To: dialog.Name{URI: message.URI("1002", self)},
			From: dialog.Name{Display: number, URI: message.URI(number, self)},
		}})
	}
	return b2bua.Program{
		Caller: trunk, From: number, Network: number, To: req.Recipient.User, Entry: "number " + req.Recipient.User,
		Why:    []string{"number " + req.Recipient.User + " matches", "ring rings 1 seat"},
		Stages: []b2bua.Stage{{Targets: targets}},
	}
}
