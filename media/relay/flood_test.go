package relay

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"strowger/media"
)

// TestFlood: whatever comes between a call's packets from strangers, and from the
// party's own address forged, at four times their rate and at twenty times, the sound
// arrives, each packet is counted, and nothing goes to a stranger.
func TestFlood(t *testing.T) {
	t.Run("as it is", func(t *testing.T) { testFlood(t, 5*tick, false) })
	t.Run("filtered", func(t *testing.T) { testFlood(t, tick, true) })
}

func testFlood(t *testing.T, pause time.Duration, filtered bool) {
	t.Helper()
	report, err := (&rtcp.ReceiverReport{SSRC: 7}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(first byte, n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		b[0] = first
		return b
	}
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	left.say(sound(1))
	strangers := socketAt(t, "127.0.0.9:0")
	sent := uint64(0)
	for _, forged := range []bool{false, true} {
		from := strangers
		if forged {
			from = left.rtp
		}
		const packets = 200
		for range packets {
			rtp := stream{ssrc: random.Uint32(), seq: uint16(random.Uint32())}
			for _, junk := range [][]byte{
				rtp.next(sound(66)), report, noise(0, 20), noise(22, 80), noise(20, 13), noise(255, 200), noise(128, 5),
				append([]byte{0x80, 0xc8}, noise(0, 30)...), noise(0xbf, 14), make([]byte, MaxPacket+1),
				{},
			} {
				left.sendFrom(from, junk)
				if _, err := from.WriteToUDPAddrPort(junk, above(left.to.Local())); err != nil {
					t.Fatal(err)
				}
				b.carry()
				sent += 2
			}
			b.pass(pause)
			left.say(sound(2))
		}
		got := 0
		for _, p := range heard(t, right.rtp) {
			if p[minRTP] == 2 {
				got++
			}
			if p[minRTP] == 66 {
				t.Errorf("forged %v: sound of a stranger came through", forged)
				break
			}
		}
		if got < packets*95/100 {
			t.Errorf("forged %v: %d of %d packets arrived", forged, got, packets)
		}
		right.say(sound(3))
		if n := len(heard(t, strangers)); n > 0 {
			t.Errorf("a stranger was sent %d packets", n)
		}
	}
	c, sum := b.Counters(), uint64(0)
	for name, counter := range map[string]*atomic.Uint64{
		"foreign": &c.Foreign, "STUN": &c.STUN, "DTLS": &c.DTLS, "malformed": &c.Malformed,
		"oversize": &c.Oversize, "wrong SSRC": &c.WrongSSRC, "reports": &c.RTCPReceived,
	} {
		n := counter.Load()
		sum += n
		if !filtered && n < 200 {
			t.Errorf("%d counted as %s", n, name)
		}
	}
	if sum != sent || (c.Filtered.Load() > 0) != filtered {
		t.Errorf("%d packets were counted of %d, %d of them filtered", sum, sent, c.Filtered.Load())
	}
	if s := left.to.Stats(); s.Foreign == 0 || s.Invalid == 0 || s.MOS < 3 || s.Source != addrOf(left.rtp) {
		t.Errorf("stats %+v", s)
	}
	if left.to.Stats().Encoding != pcmu.Encoding || kinds(left.events)[media.Latched] != 1 {
		t.Errorf("events %v", left.events)
	}
}

// TestJunkIsNoQueue: one turn of a worker takes away all junk that waits before a call's
// packet, by hundreds, also when the worker is behind.
func TestJunkIsNoQueue(t *testing.T) {
	for name, behind := range map[string]bool{"in time": false, "behind": true} {
		b := newBench(t, testConfig())
		left, right := b.bridge(pcmu, pcmu)
		left.say(sound(1))
		heard(t, right.rtp)
		stranger := socketAt(t, "127.0.0.9:0")
		forged := stream{ssrc: 99}
		for range 30 { // as many as a buffer holds beside the call's
			if _, err := stranger.WriteToUDPAddrPort(forged.next([]byte{66}), left.to.Local()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := left.rtp.WriteToUDPAddrPort(left.packet.next(sound(2)), left.to.Local()); err != nil {
			t.Fatal(err)
		}
		w := b.workers[0]
		if behind {
			w.drain(left.to.(*endpoint))
		} else {
			w.poll(0)
		}
		if n := len(heard(t, right.rtp)); n != 1 {
			t.Errorf("%s: %d packets came through in one turn, want the party's", name, n)
		}
		if s := left.to.Stats(); s.Foreign != 30 || s.Overrun != 0 {
			t.Errorf("%s: stats %+v", name, s)
		}
		if !behind && !w.pestered {
			t.Errorf("%s: the worker lingers", name)
		}
	}
}
