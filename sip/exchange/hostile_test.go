package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/exchange"
	"strowger/sip/message"
	"strowger/sip/transport/memnet"
)

var (
	mutated     = flag.Int("mutated", 2000, "how many messages TestMutatedMessages sends")
	mutatedSeed = flag.Uint64("mutated.seed", 1, "how TestMutatedMessages damages them")
)

// TestMutatedMessages sends damaged torture messages and damaged messages of calls that
// stand, over UDP and TCP, through the whole of transport, transactions and calls. After
// each batch the switch answers, by UDP and on a connection that was there all the
// time, takes a new call, and has none left of those that were hung up.
func TestMutatedMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHostile(t)
		for h.sent < *mutated {
			h.call()
			for range 100 {
				h.damage()
			}
			h.answers()
			h.hangUpAll()
		}
		c := h.layer.Counters()
		for name, n := range map[string]uint64{
			"syntax": c.Syntax.Load(), "framing": c.Framing.Load(), "truncated": c.Truncated.Load(),
			"unknown dialog": h.x.Counters().UnknownDialog.Load(), "calls": h.x.Counters().CallsStarted.Load(),
		} {
			if n == 0 {
				t.Errorf("counter of %s is zero", name)
			}
		}
	})
}

// hostile is a switch on a network, with a carrier and a phone that damage what they say.
type hostile struct {
	*whole
	random *rand.Rand
	stock  [][]byte // torture messages
	quiet  net.Conn
	caller side
	callee side
	sent   int // damaged messages
	seq    int
}

// side is one end of a call that stands.
type side struct {
	peer                  *memnet.Peer
	callID, from, to, uri string
	seq                   int
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	h := &hostile{whole: newWhole(t), random: rand.New(rand.NewPCG(*mutatedSeed, 2))}
	for _, folder := range []string{"torture", "torture6"} {
		files, err := filepath.Glob("../../testdata/" + folder + "/*.dat")
		if err != nil || len(files) == 0 {
			t.Fatal("no torture messages", err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			h.stock = append(h.stock, data)
		}
	}
	h.quiet = h.dial("10.0.0.7")
	return h
}

// call makes a new call that stands.
func (h *hostile) call() {
	h.seq++
	id := fmt.Sprint("call-", h.seq)
	h.caller = side{
		peer: h.carrier, callID: id, from: "<sip:a@10.0.0.1>;tag=a", to: "<sip:1002@192.0.2.1>", uri: "sip:1002@192.0.2.1", seq: 1,
	}
	h.carrier.Write(self, h.caller.request("INVITE", true))
	h.settle()
	if h.lastOK == nil || h.lastInvite == nil || h.lastOK.CallID().Value() != id {
		h.t.Fatalf("after %d messages a call does not come about: %v", h.sent, h.lastOK)
	}
	h.caller.to, h.caller.uri = h.lastOK.To().Value(), message.Contact(h.lastOK).Address.String()
	h.carrier.Write(self, h.caller.request("ACK", false))
	h.callee = side{
		peer: h.phone, callID: h.lastInvite.CallID().Value(), from: h.lastInvite.To().Value() + ";tag=phone",
		to: h.lastInvite.From().Value(), uri: message.Contact(h.lastInvite).Address.String(),
	}
	h.settle()
}

// request writes one of the dialog.
func (s *side) request(method string, sdp bool) []byte {
	head := fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s-%d-%s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\n"+
		"Call-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:x@%s>\r\nSupported: 100rel, timer\r\nSession-Expires: 300;refresher=uac\r\n",
		method, s.uri, s.peer.Addr, s.callID, s.seq, method, s.from, s.to, s.callID, s.seq, method, s.peer.Addr)
	body := ""
	if sdp {
		body = session(s.peer.Addr)
		head += "Content-Type: application/sdp\r\n"
	}
	return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

func session(addr netip.AddrPort) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0\r\n", addr.Addr(), addr.Addr())
}

// damage sends one damaged message.
func (h *hostile) damage() {
	h.sent++
	from := h.stranger
	var data []byte
	if h.random.IntN(2) == 0 {
		data = h.stock[h.random.IntN(len(h.stock))]
	} else {
		data, from = h.next()
	}
	data = memnet.Damage(h.random, data)
	if h.random.IntN(8) > 0 {
		from.Write(self, data)
	} else {
		c := h.dial(from.Addr.Addr().String())
		go func() { _, _ = io.Copy(io.Discard, c) }()
		_, _ = c.Write(data)
		_ = c.Close()
	}
	h.settle()
}

// next is a good message of the call that stands, of either side.
func (h *hostile) next() ([]byte, *memnet.Peer) {
	s := &h.caller
	if h.random.IntN(2) == 0 {
		s = &h.callee
	}
	s.seq++
	methods := []string{"INVITE", "INVITE", "UPDATE", "INFO", "PRACK", "OPTIONS", "BYE", "CANCEL", "ACK", "REFER", "NOTIFY", "SUBSCRIBE", "REGISTER", "MESSAGE"}
	data := s.request(methods[h.random.IntN(len(methods))], h.random.IntN(2) == 0)
	if h.random.IntN(8) == 0 { // as a response
		_, rest, _ := strings.Cut(string(data), "\r\n")
		data = fmt.Appendf(nil, "SIP/2.0 %d OK\r\n%s", 100+h.random.IntN(600), rest)
	}
	return data, s.peer
}

// answers wants an answer to OPTIONS, by UDP and on the quiet connection.
func (h *hostile) answers() {
	h.t.Helper()
	<-time.After(time.Second)
	h.settle()
	h.seq++
	text := fmt.Sprintf("OPTIONS sip:x@x SIP/2.0\r\nVia: SIP/2.0/UDP x;rport;branch=z9hG4bKo%d\r\nMax-Forwards: 70\r\nFrom: <sip:a@x>;tag=o\r\n"+
		"To: <sip:x@x>\r\nCall-ID: o%d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", h.seq, h.seq)
	h.asker.Send(self, text)
	synctest.Wait()
	if data := h.asker.Read(time.Second); !strings.HasPrefix(string(data), "SIP/2.0 200 ") {
		h.t.Fatalf("after %d messages OPTIONS is answered with %q", h.sent, data)
	}
	if _, err := io.WriteString(h.quiet, strings.NewReplacer("UDP", "TCP", "bKo", "bKt", "Call-ID: o", "Call-ID: t").Replace(text)); err != nil {
		h.t.Fatalf("after %d messages the quiet connection: %v", h.sent, err)
	}
	buf := make([]byte, 1<<16)
	if n, err := h.quiet.Read(buf); err != nil || !strings.HasPrefix(string(buf[:n]), "SIP/2.0 200 ") {
		h.t.Fatalf("after %d messages OPTIONS by TCP is answered with %q, %v", h.sent, buf[:n], err)
	}
}

// hangUpAll ends every call, and wants them gone a while later.
func (h *hostile) hangUpAll() {
	h.t.Helper()
	calls, err := h.x.Calls(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range calls {
		if err := h.x.Hangup(context.Background(), c.ID); err != nil && !errors.Is(err, exchange.ErrNoCall) {
			h.t.Fatal(err)
		}
	}
	for range 4 {
		h.settle()
		<-time.After(20 * time.Second)
	}
	if calls, legs := h.x.Held(context.Background()); calls != 0 || legs != 0 {
		h.t.Fatalf("after %d messages %d calls and %d legs are left", h.sent, calls, legs)
	}
}

// settle has the phone and the carrier answer until there is nothing left to say.
func (h *hostile) settle() {
	for busy := true; busy; {
		synctest.Wait()
		busy = h.serve(h.phone) || h.serve(h.carrier) || h.serve(h.stranger)
	}
}

// serve answers what has come to a peer: with 200, and an INVITE with SDP.
func (h *hostile) serve(p *memnet.Peer) bool {
	data := p.Read(time.Nanosecond)
	if data == nil {
		return false
	}
	msg, err := message.Parse(data)
	switch {
	case err != nil && (bytes.HasPrefix(data, []byte("SIP/2.0 4")) || bytes.HasPrefix(data, []byte("SIP/2.0 5"))):
		return true // a refusal repeats what was wrong
	case err != nil:
		h.t.Fatalf("the switch sends what cannot be read: %v\n%s", err, data)
	}
	switch m := msg.(type) {
	case *sip.Response:
		if p == h.carrier && m.StatusCode == 200 && m.CSeq().MethodName == sip.INVITE {
			h.lastOK = m
		}
	case *sip.Request:
		if m.Method == sip.ACK {
			break
		}
		res := message.NewResponse(m, 200, "", "phone")
		if m.Method == sip.INVITE {
			h.lastInvite = m
			res.AppendHeader(&sip.ContactHeader{Address: message.URI("x", p.Addr)})
			res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
			res.SetBody([]byte(session(p.Addr)))
		}
		p.Write(self, message.Append(nil, res))
	}
	return true
}
