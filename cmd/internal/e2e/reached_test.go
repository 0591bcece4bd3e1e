package e2e

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"strowger/media/codec"
	"strowger/media/prompt"
	"strowger/sip/leg"
	"strowger/sip/ua"
)

// mobile is the number behind the trunk by which seat 1002 is reached.
const mobile = "+447700900002"

// reached makes 1002 a mobile, and lets the carrier call from a second address.
func reached(second string) []edit {
	return []edit{
		{"demo.seats.csv", func(text string) string {
			var b strings.Builder
			for line := range strings.Lines(text) {
				cell := map[string]string{"numb": ",reached", "1002": ",trunk:" + mobile}[line[:4]]
				if cell == "" {
					cell = ","
				}
				b.WriteString(strings.TrimSuffix(line, "\n") + cell + "\n")
			}
			return b.String()
		}},
		change("strowger.hcl", `sources = ["127.0.0.2"]`, `sources = ["127.0.0.2", "`+second+`"]`),
	}
}

// handset is a socket for the sound of a party whose SIP is sipp's: it hears,
// speaks a tone and presses keys.
type handset struct {
	t         *testing.T
	conn      *net.UDPConn
	node      netip.AddrPort // where the first sound came from
	seq       uint16
	timestamp uint32
}

func newHandset(t *testing.T, at string) *handset {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(at)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &handset{t: t, conn: conn}
}

// sdp asks for A-law, and keys, at the socket.
func (h *handset) sdp() string {
	at := h.conn.LocalAddr().(*net.UDPAddr)
	return fmt.Sprintf("v=0\no=handset 1 1 IN IP4 %[1]s\ns=-\nc=IN IP4 %[1]s\nt=0 0\nm=audio %[2]d RTP/AVP 8 101\n"+
		"a=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=sendrecv", at.IP, at.Port)
}

// hears waits until 100 ms of sound in a row are what is wanted.
func (h *handset) hears(what string, is func(pcm []int16) bool) {
	h.t.Helper()
	if err := h.conn.SetReadDeadline(time.Now().Add(fileWait)); err != nil {
		h.t.Fatal(err)
	}
	var heard []int16
	buf := make([]byte, 1500)
	for {
		n, from, err := h.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			h.t.Fatalf("waiting for %s: %v", what, err)
		}
		if n < 12 || buf[1]&0x7f != 8 {
			continue
		}
		if !h.node.IsValid() {
			h.node = from
		}
		pcm := make([]int16, n-12)
		codec.ALaw.Decode(pcm, buf[12:n])
		if heard = append(heard, pcm...); len(heard) < 800 {
			continue
		}
		if is(heard[:800]) {
			return
		}
		heard = heard[:0]
	}
}

func audible(pcm []int16) bool {
	var power int64
	for _, s := range pcm {
		power += int64(s) * int64(s)
	}
	return power/int64(len(pcm)) > 500*500
}

func isTone(freq float64) func([]int16) bool {
	return func(pcm []int16) bool { return prompt.ToneShare(pcm, freq)[0] > 0.9 }
}

// packet sends an RTP packet.
func (h *handset) packet(payload byte, timestamp uint32, body []byte) {
	h.t.Helper()
	h.seq++
	b := []byte{0x80, payload}
	b = binary.BigEndian.AppendUint16(b, h.seq)
	b = binary.BigEndian.AppendUint32(b, timestamp)
	b = binary.BigEndian.AppendUint32(b, 0x5eed)
	if _, err := h.conn.WriteToUDPAddrPort(append(b, body...), h.node); err != nil {
		h.t.Error(err)
	}
}

// press sends a key by RFC 4733: 60 ms, then its end three times.
func (h *handset) press(key byte) {
	h.t.Helper()
	h.timestamp += 8000
	for i, flags := range []byte{10, 10, 10, 0x80 | 10, 0x80 | 10, 0x80 | 10} {
		duration := uint16(min(i+1, 3) * 160)
		h.packet(101, h.timestamp, binary.BigEndian.AppendUint16([]byte{key, flags}, duration))
	}
}

// answersBy is a carrier that answers for a handset.
func answersBy(h *handset) string {
	ok := toInvite(200, "OK").sdp(h.sdp())
	ok.retrans = true
	return steps(rung, ringing(), pause(100), ok, await("ACK"))
}

// speaks sends a tone, of a multiple of 50 Hz, until the test ends, in packets of 20 ms.
func (h *handset) speaks(freq float64) {
	samples := prompt.Tone(freq, 20*time.Millisecond, -10)
	body := make([]byte, len(samples))
	codec.ALaw.Encode(body, samples)
	ended := make(chan struct{})
	h.t.Cleanup(func() { <-ended }) // the context ends before
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-h.t.Context().Done():
				return
			case <-tick.C:
				h.timestamp += 160
				h.packet(8, h.timestamp, body)
			}
		}
	}()
}

// trunkCalls is a call from an address of the carrier.
func (n *node) trunkCalls(at, to string, offer string) (*ua.Call, chan leg.Event) {
	n.t.Helper()
	a, err := ua.New(ua.Config{
		User: string(carrier), Server: netip.MustParseAddrPort(n.host + ":5060"), Bind: netip.MustParseAddrPort(at + ":0"),
	})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = a.Close() })
	events := make(chan leg.Event, 8)
	call, err := a.Call(to, []byte(strings.ReplaceAll(offer, "\n", "\r\n")+"\r\n"), func(e leg.Event) { events <- e })
	if err != nil {
		n.t.Fatal(err)
	}
	return call, events
}

// next waits for an event of a call, and passes over that it rings.
func next(t *testing.T, events chan leg.Event, want leg.EventKind) {
	t.Helper()
	for timeout := time.After(fileWait); ; {
		select {
		case e := <-events:
			if e.Kind == want {
				return
			}
			if e.Kind != leg.Rings {
				t.Fatalf("the caller is told %+v", e)
			}
		case <-timeout:
			t.Fatalf("the caller was not told of %d in %v", want, fileWait)
		}
	}
}

// TestReached: a seat that is a number behind a trunk hears that it is asked to take
// a call, and has it when it presses 1, no other key.
func TestReached(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	at := host()
	n := startNode(t, reached(at)...)
	near, far := newHandset(t, host()), newHandset(t, host())
	trunk := n.waits("carrier", n.carrier, answersBy(far), hungUp())
	call, events := n.trunkCalls(at, to, near.sdp())
	next(t, events, leg.Rings)
	far.hears("the question", audible)
	far.press(2)
	far.press(0)
	far.hears("the question", audible)
	select {
	case e := <-events:
		t.Errorf("before 1 was pressed the caller is told %+v", e)
	default:
	}
	far.press(1)
	next(t, events, leg.Accepts)
	far.speaks(900)
	near.hears("who answered", isTone(900))
	near.speaks(450)
	far.hears("the caller", isTone(450))
	call.Hangup()
	trunk.done()
	says(t, trunk.got("INVITE sip:"+mobile+"@", ""), "From: <sip:+441632960102@")
	if record := n.recorded(byCaller)[0]; record.Answerer != "trunk:carrier" || record.To != to {
		t.Errorf("the record has %s and %s", record.Answerer, record.To)
	}
}

// TestReachedByINFO: a key that comes by INFO counts where one is awaited.
func TestReachedByINFO(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	at := host()
	n := startNode(t, reached(at)...)
	key := func(cseq int, digit string) string {
		m := called("INFO", cseq).with("Content-Type: application/dtmf-relay")
		m.body = "Signal=" + digit + "\nDuration=160"
		return steps(m, await("200"), pause(200))
	}
	trunk := n.waits("carrier", n.carrier, answers(), pause(500), key(1, "2"), key(2, "1"), hangsUpOn(3))
	call := n.call("caller", at, to, carrier.calls(to), hungUp())
	allDone(trunk, call)
	n.recorded(ending{"answered", 200, 16, "callee"})
}

// TestNotReached: nobody presses 1. The caller is told, has another seat, or leaves.
func TestNotReached(t *testing.T) {
	need(t, "sipp", "sip-tester")
	for name, c := range map[string]struct {
		to     string
		caller string
		other  string // seat 1001
		reason string // of the BYE to the mobile
		want   ending
	}{
		"a mailbox answers": {
			"+448081570002", carrier.isRefused("+448081570002", "480"), "",
			"Reason: Q.850;cause=19",
			ending{"no answer", 480, 19, "switch"},
		},
		"another seat answers": {
			"+448081570001", steps(carrier.calls("+448081570001"), carrier.hangsUp(2)),
			steps(rung, ringing(), pause(1000), answer(), await("ACK"), hungUp()),
			`Reason: SIP;cause=200;text="Call completed elsewhere"`, byCaller,
		},
		"the caller leaves": {
			"+448081570002", steps(carrier.invite(1, "+448081570002"), await("100"), await("180"), pause(500),
				carrier.cancel(1, "+448081570002"), await("200"), await("487"), carrier.refused(1, "+448081570002")), "",
			"Reason: Q.850;cause=16",
			ending{"cancelled", 487, 16, "caller"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := host()
			n := startNode(t, reached(at)...)
			far := newHandset(t, host())
			sides := []*side{n.waits("carrier", n.carrier, answersBy(far), hungUp())}
			if c.other != "" {
				sides = append(sides, n.phone("1001", c.other))
			}
			call := n.call("caller", at, c.to, c.caller)
			far.hears("the question", audible)
			allDone(append(sides, call)...)
			says(t, sides[0].got("BYE", ""), c.reason)
			n.recorded(c.want)
		})
	}
}
