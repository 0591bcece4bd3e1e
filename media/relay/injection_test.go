package relay

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

// TestLatching: a party behind NAT speaks from where SDP did not say.
func TestLatching(t *testing.T) {
	eachPlane(t, func(w *wire) {
		r := w.caller.remote()
		r.RTP = netip.AddrPortFrom(w.lay.at("1", "77"), 9)
		w.caller.update(r)
		w.bridge()
		w.caller.say(sound(1)) // it is not believed yet
		w.settle(2)
		if s := w.caller.to.Stats(); s.Source != addrOf(w.caller.rtp) {
			t.Errorf("locked to %v", s.Source)
		}
	})
}

// TestFollowed: a party whose NAT gives it another port is heard again, and hears, where
// its policy says so; the kernel does not keep the new source from proving itself.
func TestFollowed(t *testing.T) {
	eachPlane(t, func(w *wire) {
		r := w.caller.remote()
		r.Latch = media.LatchFollow
		w.caller.update(r)
		w.bridge()
		w.settle(2)
		moved := w.far.Listen(netip.AddrPortFrom(w.lay.at("1", "2"), 4002))
		w.caller.rtp = moved
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		began := time.Now()
		for w.caller.to.Stats().Source != addrOf(moved) {
			if time.Since(began) > 2*media.LatchSilence {
				t.Fatalf("not followed: stats %+v", w.caller.to.Stats())
			}
			w.caller.say(sound(1))
			w.agent.say(sound(2)) // it is carried to the former port
			<-pace.C
		}
		w.agent.say(sound(3))
		if b := w.caller.read(time.Second); b == nil {
			t.Fatal("what the agent says does not follow")
		}
		if d := time.Since(began); d < media.LatchSilence-500*time.Millisecond {
			t.Errorf("followed after %v", d)
		}
		w.agent.heard = 0 // a gap
		for b := w.agent.read(50 * time.Millisecond); b != nil; b = w.agent.read(50 * time.Millisecond) {
			w.agent.follows(b)
		}
		for b := w.caller.read(50 * time.Millisecond); b != nil; b = w.caller.read(50 * time.Millisecond) {
		}
		w.caller.heard = 0
		w.settle(2)
	})
}

// TestInjection: after the lock nothing of a stranger is heard, and each packet of his
// is counted; nothing is sent to him.
func TestInjection(t *testing.T) {
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		stranger := w.far.Listen(netip.AddrPortFrom(w.lay.at("1", "2"), 4001))
		forged := w.caller.packet
		const count = 200
		for i := range count {
			w.caller.send(stranger, forged.next(sound(66)))
			if i%5 == 0 {
				w.talk(i)
			}
		}
		if err := stranger.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, _, err := stranger.ReadFromUDPAddrPort(make([]byte, MaxPacket)); err == nil {
			t.Errorf("the stranger hears %d bytes", n)
		}
		if s := w.caller.to.Stats(); s.Foreign != count || s.Lost != 0 || s.Duplicate != 0 {
			t.Errorf("of %d forged packets: %+v", count, s)
		}
	})
}

// TestNewSSRC: a party that starts anew is heard on, in the same stream.
func TestNewSSRC(t *testing.T) {
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		w.caller.packet.ssrc, w.caller.packet.seq, w.caller.packet.timestamp = 77, 40000, 5
		w.caller.say(sound(1)) // it is not believed yet
		w.settle(2)
	})
}

// TestDigitsWhileCarried: digits are told and passed on though the kernel carries the
// sound.
func TestDigitsWhileCarried(t *testing.T) {
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		event := []byte{5, 10, 0, 160}
		w.caller.packet.payload = digits.Type
		for range 5 {
			b := w.caller.packet.next(event)
			w.caller.packet.timestamp -= uint32(frame)
			w.caller.send(w.caller.rtp, b)
			w.agent.hears(event)
		}
		w.caller.packet.payload = pcma.Type
		w.caller.packet.timestamp += 5 * uint32(frame)
		w.settle(2)
		for event := range w.caller.events {
			if event.Kind == media.Digit {
				if event.Digit != '5' {
					t.Errorf("digit %c", event.Digit)
				}
				break
			}
		}
		if s := w.caller.to.Stats(); s.Lost != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestPacketTime: packets of another length than the listener asked for are not carried
// as they are.
func TestPacketTime(t *testing.T) {
	eachPlane(t, func(w *wire) {
		r := w.agent.remote()
		r.PTime = tick
		w.agent.update(r)
		w.bridge()
		w.settle(2)
		whole := sound(1)
		for _, half := range [][]byte{whole[:frame/2], whole[frame/2:]} {
			b := w.caller.packet.next(half)
			w.caller.packet.timestamp -= uint32(frame / 2)
			w.caller.send(w.caller.rtp, b)
		}
		w.agent.hears(whole)
		for i := range 5 {
			w.talk(i)
		}
	})
}

// TestSilence: sound in the kernel keeps a call, and its end is noticed.
func TestSilence(t *testing.T) {
	const limit = 500 * time.Millisecond
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		w.caller.to.SetTimeout(limit, limit)
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		began := time.Now()
		for i := 0; time.Since(began) < 2*limit; i++ {
			w.talk(i)
			<-pace.C
		}
		silent := time.Now()
		for event := range w.caller.events {
			if event.Kind != media.Timeout {
				continue
			}
			if d := event.At.Sub(silent); d < limit-50*time.Millisecond || d > 3*limit {
				t.Errorf("timeout %v after the last packet", d)
			}
			return
		}
	})
}

// TestSilentSpeech: sound that flows and is silent is found, whichever plane carries it.
func TestSilentSpeech(t *testing.T) {
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		for range 80 {
			w.caller.say(bytes.Repeat([]byte{codec.ALaw.Silence()}, frame))
			<-pace.C
		}
		s := w.caller.to.Stats()
		if s.Silence < time.Second || s.Silent || s.InKernel != w.lay.kernel {
			t.Errorf("in 1.6 s of silence: silent for %v, for ever %v, in the kernel %v", s.Silence, s.Silent, s.InKernel)
		}
		for range 25 { // of which a part is silent too, by chance
			w.caller.say(loud(codec.ALaw, 1000))
			<-pace.C
		}
		if s := w.caller.to.Stats(); s.Silence > 200*time.Millisecond || s.MaxSilence < time.Second {
			t.Errorf("after sound: silent for %v, at most %v", s.Silence, s.MaxSilence)
		}
	})
}

// TestCloseWhileCarried: what is closed is heard no more, and its ports rest.
func TestCloseWhileCarried(t *testing.T) {
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		s := w.caller.to.Close()
		if said := uint64(w.caller.packet.seq - 65500); s.Received != said {
			t.Errorf("received %d of %d", s.Received, said)
		}
		w.caller.say(sound(1))
		if b := w.agent.read(50 * time.Millisecond); b != nil {
			t.Errorf("the agent hears % x", b)
		}
		if s := w.plane.Stats(); s.Carried != 0 || s.PortsResting != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestReport: what the kernel carried is in the RTCP that both get.
func TestReport(t *testing.T) {
	eachPlane(t, func(w *wire) {
		rtcp := w.place.Listen(above(addrOf(w.agent.rtp)))
		w.bridge()
		w.settle(2)
		for i := range 20 {
			w.talk(i)
		}
		w.agent.to.Stats()
		out := &w.agent.to.(*endpoint).out
		out.Lock()
		err := out.report(time.Now(), nil, w.plane.Counters())
		out.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, MaxPacket)
		if err := rtcp.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := rtcp.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		b = b[:n]
		sent, ours := binary.BigEndian.Uint32(b[20:]), uint32(w.agent.heard)
		if !bytes.Equal(b[:2], []byte{0x80, 200}) || sent != ours {
			t.Errorf("report % x: %d packets, want %d", b, sent, ours)
		}
	})
}
