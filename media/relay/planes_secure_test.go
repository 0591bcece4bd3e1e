package relay

import (
	"testing"
	"time"

	"strowger/media"
)

// TestStreamMoves: a stream goes on from another port, and what is sent to it goes there,
// also where the kernel carried both directions to the first.
func TestStreamMoves(t *testing.T) {
	eachPlane(t, func(w *wire) {
		r := w.caller.remote()
		r.Latch = media.LatchFollow
		w.caller.update(r)
		w.bridge()
		w.settle(2)
		before := w.plane.Counters().TakeBacks.Load()
		stranger := w.far.Listen(addr("10.99.1.2:4444"))
		forged := w.caller.packet
		pace := time.NewTicker(media.LatchSilence / 16)
		defer pace.Stop()
		for range 20 { // while the party speaks, who knows all of its stream gets nothing
			<-pace.C
			w.talk(1)
			forged.seq = w.caller.packet.seq
			if _, err := stranger.WriteToUDPAddrPort(forged.next(sound(66)), w.caller.to.Local()); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(heard(t, stranger)); n > 0 || w.caller.to.Stats().Source != addrOf(w.caller.rtp) {
			t.Errorf("a stranger was sent %d packets, and %v is heard", n, w.caller.to.Stats().Source)
		}
		silent := time.NewTimer(media.LatchSilence + 500*time.Millisecond)
		<-silent.C
		w.caller.rtp = w.far.Listen(addr("10.99.1.2:4002"))
		w.caller.say(sound(2)) // proves nothing yet, and is lost
		w.agent.seq++
		w.talk(3)
		w.settle(2)
		if s := w.caller.to.Stats(); s.Source != addr("10.99.1.2:4002") || s.Lost > 1 {
			t.Errorf("stats %+v", s)
		}
		if n := w.plane.Counters().TakeBacks.Load() - before; w.lay.kernel && n < 2 {
			t.Errorf("%d streams were taken back, want both", n)
		}
	})
}

// TestSRTPIsNotCarried: an edge from or to a party that speaks SRTP is not for the
// kernel, whatever the other party speaks.
func TestSRTPIsNotCarried(t *testing.T) {
	eachPlane(t, func(w *wire) {
		const suite = media.AEADAES128GCM
		r := w.caller.remote()
		r.Crypto = &media.Crypto{Suite: suite, Send: secret(suite, 1), Receive: secret(suite, 2)}
		w.caller.update(r)
		seals, err := context(suite, r.Crypto.Receive)
		if err != nil {
			t.Fatal(err)
		}
		w.bridge()
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		for i := range 100 { // longer than any edge waits to be handed over
			sealed, err := seals.EncryptRTP(nil, w.caller.packet.next(sound(byte(i))), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.caller.rtp.WriteToUDPAddrPort(sealed, w.caller.to.Local()); err != nil {
				t.Fatal(err)
			}
			w.agent.hears(sound(byte(i)))
			w.agent.say(sound(byte(i)))
			if b := w.caller.read(2 * time.Second); len(b) != minRTP+len(sound(1))+16 {
				t.Fatalf("the secured party was sent %d bytes", len(b))
			}
			<-pace.C
		}
		if n := w.plane.Stats().Carried; n != 0 {
			t.Errorf("the kernel carries %d streams", n)
		}
	})
}
