package ua

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// desk is an agent that stands still, whose time the test moves, and the socket
// that stands for its server.
type desk struct {
	*testing.T
	*Agent
	server  *net.UDPConn
	now     time.Time
	results []error
	granted time.Duration
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	a, err := build(Config{
		User: "1001", Password: "secret", Server: server.LocalAddr().(*net.UDPAddr).AddrPort(),
		Bind: netip.MustParseAddrPort("127.0.0.1:0"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.layer.Close() })
	return &desk{T: t, Agent: a, server: server, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// begin registers as Register does.
func (d *desk) begin() {
	d.binding.wish, d.binding.tries = 600, 0
	d.binding.waits = func(granted time.Duration, err error) {
		d.granted, d.results = granted, append(d.results, err)
	}
	d.register(d.now, nil)
}

// request is the next one that came to the server.
func (d *desk) request() *sip.Request {
	d.Helper()
	if err := d.server.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		d.Fatal(err)
	}
	b := make([]byte, message.MaxMessage)
	n, err := d.server.Read(b)
	if err != nil {
		d.Fatal(err)
	}
	m, err := message.Parse(b[:n])
	if err != nil {
		d.Fatal(err)
	}
	return m.(*sip.Request)
}

// reply gives the agent a response.
func (d *desk) reply(req *sip.Request, status int, headers ...sip.Header) {
	res := message.NewResponse(req, status, "", "server")
	for _, h := range headers {
		res.AppendHeader(h)
	}
	res.SetBody(nil)
	flow, err := d.flow()
	if err != nil {
		d.Fatal(err)
	}
	d.table.Receive(d.now, transport.Received{Msg: res, Flow: flow, At: d.now})
}

// accept grants a registration.
func (d *desk) accept(req *sip.Request, seconds int) {
	c := message.Contact(req)
	expires := sip.HeaderParams{{K: "expires", V: strconv.Itoa(seconds)}}
	d.reply(req, 200, &sip.ContactHeader{Address: c.Address, Params: expires})
}

func challenge(nonce, more string) sip.Header {
	return sip.NewHeader("WWW-Authenticate", `Digest realm="demo", nonce="`+nonce+`", algorithm=SHA-256, qop="auth"`+more)
}

func TestRegisterAnswersAStaleNonceOnce(t *testing.T) {
	d := newDesk(t)
	d.begin()
	first := d.request()
	if message.Header(first, "Authorization") != "" || message.Header(first, "Expires") != "600" {
		t.Errorf("first request is %s", first)
	}
	d.reply(first, 401, challenge("one", ""))
	second := d.request()
	if h := message.Header(second, "Authorization"); !strings.Contains(h, `nonce="one"`) || !strings.Contains(h, "SHA-256") {
		t.Errorf("answer is %s", h)
	}
	if second.CSeq().SeqNo != first.CSeq().SeqNo+1 || second.CallID().Value() != first.CallID().Value() {
		t.Error("the answer is no continuation of the first request")
	}
	d.reply(second, 401, challenge("two", ", stale=true"))
	third := d.request()
	if h := message.Header(third, "Authorization"); !strings.Contains(h, `nonce="two"`) {
		t.Errorf("answer to the stale nonce is %s", h)
	}
	d.reply(third, 401, challenge("three", ", stale=true"))
	if len(d.results) != 1 || !errors.Is(d.results[0], ErrPassword) {
		t.Errorf("results are %v, want ErrPassword", d.results)
	}
}

func TestRegisterWrongPassword(t *testing.T) {
	d := newDesk(t)
	d.begin()
	d.reply(d.request(), 401, challenge("one", ""))
	d.reply(d.request(), 401, challenge("two", ""))
	if len(d.results) != 1 || !errors.Is(d.results[0], ErrPassword) {
		t.Errorf("results are %v, want ErrPassword", d.results)
	}
}

func TestRegisterCannotAnswer(t *testing.T) {
	d := newDesk(t)
	d.begin()
	d.reply(d.request(), 401, sip.NewHeader("WWW-Authenticate", `Basic realm="demo"`))
	var refused *RefusedError
	if len(d.results) != 1 || !errors.As(d.results[0], &refused) || refused.Status != 401 {
		t.Errorf("results are %v, want 401", d.results)
	}
}

func TestRefresh(t *testing.T) {
	d := newDesk(t)
	d.begin()
	d.accept(d.request(), 120)
	if len(d.results) != 1 || d.results[0] != nil || d.granted != 2*time.Minute {
		t.Fatalf("results are %v, granted %s", d.results, d.granted)
	}
	if wait := d.wait(d.now); wait > time.Minute {
		t.Errorf("wakes after %s, want at most half of 2m", wait)
	}
	d.now = d.now.Add(time.Minute)
	d.tick(d.now)
	again := d.request()
	if again.Method != sip.REGISTER {
		t.Errorf("refresh is %s", again.Method)
	}
	d.reply(again, 503) // tried again later, though nobody waits
	d.now = d.now.Add(retry)
	d.tick(d.now)
	d.accept(d.request(), 120)
	if len(d.results) != 1 {
		t.Errorf("results are %v", d.results)
	}

	d.binding.wish = 0
	d.register(d.now, nil)
	last := d.request()
	if message.Header(last, "Expires") != "0" {
		t.Errorf("unregistering says Expires: %s", message.Header(last, "Expires"))
	}
	d.reply(last, 200)
	if !d.binding.refresh.IsZero() {
		t.Error("what was taken back is refreshed")
	}
}

func TestRegisterTimesOut(t *testing.T) {
	d := newDesk(t)
	d.begin()
	for range 200 { // 64*T1 at most
		if len(d.results) > 0 {
			return
		}
		d.now = d.now.Add(d.wait(d.now))
		d.tick(d.now)
	}
	t.Error("a REGISTER that nobody answers does not end")
}
