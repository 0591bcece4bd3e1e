package relay

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"strowger/media/codec"
	"strowger/media/kernel"
)

// eachAttach runs a test over both ways in which the kernel plane is attached.
func eachAttach(t *testing.T, test func(w *wire)) {
	t.Helper()
	for name, how := range map[string]kernel.Attach{"TCX": kernel.TCX, "clsact": kernel.Clsact} {
		t.Run(name, func(t *testing.T) { test(newWire(t, layout{kernel: true, attach: how, offload: "on"})) })
	}
}

// tap records what a phone says.
func (p *phone) tap() (heard *[]int16, untap func()) {
	p.Helper()
	heard = &[]int16{}
	untap, err := p.to.Tap(func(pcm []int16) { *heard = append(*heard, pcm...) })
	if err != nil {
		p.Fatal(err)
	}
	return heard, untap
}

// copied waits until so many copies were taken.
func (w *wire) copied(want uint64) {
	w.Helper()
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	for began := time.Now(); w.plane.Counters().Copied.Load() != want; <-pace.C {
		if time.Since(began) > 2*time.Second {
			w.Fatalf("%d copies, want %d", w.plane.Counters().Copied.Load(), want)
		}
	}
}

// copies is how many copies were taken, once all are that were on their way.
func (w *wire) copies() (copied uint64) {
	w.Helper()
	pace := time.NewTicker(5 * kernel.CopyEvery)
	defer pace.Stop()
	for was := ^uint64(0); was != copied; copied = w.plane.Counters().Copied.Load() {
		was = copied
		<-pace.C
	}
	return copied
}

// step is 20 ms of the i-th step of A-law.
func step(i int) []byte { return bytes.Repeat([]byte{byte(0x80+i) ^ 0x55}, frame) }

// steps counts the packets of step 1 to last that are in a recording, in this order.
func steps(pcm []int16, last int) (n int) {
	codes, values := make([]byte, last), make([]int16, last)
	for i := range codes {
		codes[i] = step(1 + i)[0]
	}
	codec.ALaw.Decode(values, codes)
	run := 0
	for i, s := range pcm {
		if run++; i > 0 && s != pcm[i-1] {
			run = 1
		}
		// Shorter ones are where it was blended with something made up.
		if at := slices.Index(values, s); run == frame/8 && at >= 0 {
			n, values = n+1, values[at+1:]
		}
	}
	return n
}

// TestRecordedInKernel: a call that is recorded stays in the kernel, from the first
// packet to the last, and what is recorded of it is what was said: each packet, in order.
func TestRecordedInKernel(t *testing.T) {
	eachAttach(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		for range 5 { // on a busy machine packets are said late, and ticks left out
			if w.recorded(60) {
				return
			}
		}
		w.Skip("this machine is too busy for steady sound")
	})
}

// recorded records so much of the caller while both talk. It tells whether nothing
// disturbed the playout, so that the recording was compared too.
func (w *wire) recorded(said int) bool {
	w.Helper()
	c := w.plane.Counters()
	disturbed := func() (n uint64) {
		p := w.caller.to.Stats().Playout
		return c.LateTicks.Load() + p.Late + uint64(p.Concealed/tick) + p.Restarts
	}
	adjusted := w.caller.to.Stats().Playout.Adjusted
	backs, carried, copies, before := c.TakeBacks.Load(), w.carried(), w.copies(), disturbed()
	heard, untap := w.caller.tap()
	pace := time.NewTicker(tick)
	defer pace.Stop()
	for i := range said {
		w.caller.say(step(1 + i))
		w.agent.hears(step(1 + i))
		w.agent.say(sound(byte(i)))
		w.caller.hears(sound(byte(i)))
		<-pace.C
	}
	w.copied(copies + uint64(said))
	after := disturbed()
	for range 10 { // what is missing at the end is made up, which is no disturbance
		<-pace.C
	}
	untap()
	if n := w.plane.Stats().Carried; n != 2 || c.TakeBacks.Load() != backs || w.carried() != carried+2*uint64(said) || c.Uncopied.Load() != 0 {
		w.Errorf("the kernel carries %d streams, %d were taken back, it carried %d packets and lost %d copies",
			n, c.TakeBacks.Load()-backs, w.carried()-carried, c.Uncopied.Load())
	}
	if after != before {
		return false
	}
	// A period that is left out, to change the delay, may be all of a packet and its seam.
	p := w.caller.to.Stats().Playout
	if n := steps(*heard, said); n < said-2*int(p.Adjusted-adjusted) {
		w.Errorf("of %d packets %d were recorded in order: %+v", said, n, p)
	}
	return true
}

// TestRecordingComesAndGoes: neither the start of a recording nor its end costs a packet,
// and there are copies only meanwhile.
func TestRecordingComesAndGoes(t *testing.T) {
	eachAttach(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		backs, copies := w.plane.Counters().TakeBacks.Load(), uint64(0)
		for range 10 {
			_, untap := w.caller.tap()
			_, second := w.caller.tap()
			for i := range 7 {
				w.talk(i)
			}
			second()
			w.talk(7)
			copies += 8
			w.copied(copies)
			untap()
			w.talk(8)
			w.talk(9)
		}
		w.copied(copies)
		if n := w.plane.Counters().TakeBacks.Load() - backs; n != 0 {
			t.Errorf("%d were taken back", n)
		}
	})
}

// TestTapThatDoesMore: who looks for digits has the stream back, and when it ends a
// recording goes on by copy.
func TestTapThatDoesMore(t *testing.T) {
	w := newWire(t, layout{kernel: true, offload: "on"})
	w.bridge()
	_, untap := w.caller.tap()
	w.settle(2)
	if err := w.caller.to.Detect(true); err != nil {
		t.Fatal(err)
	}
	if n := w.plane.Stats().Carried; n > 1 {
		t.Errorf("the kernel carries %d streams", n)
	}
	w.settle(1)
	if err := w.caller.to.Detect(false); err != nil {
		t.Fatal(err)
	}
	w.settle(2)
	before := w.copies()
	for i := range 10 {
		w.talk(i)
	}
	w.copied(before + 10)
	untap()
}

// TestSupervisedInKernel: a supervisor who listens hears a pair that stays in the kernel.
// Who whispers is mixed into what one of them hears, which is taken back alone.
func TestSupervisedInKernel(t *testing.T) {
	w := newWire(t, layout{kernel: true, offload: "on"})
	w.bridge()
	w.settle(2)
	backs := w.plane.Counters().TakeBacks.Load()
	boss := w.phone("right", w.place, netip.AddrPortFrom(w.lay.at("2", "2"), 5010))
	if err := boss.to.Hear(w.caller.to, w.agent.to); err != nil {
		t.Fatal(err)
	}
	pace := time.NewTicker(tick)
	defer pace.Stop()
	loudest := int16(0)
	for i := range 40 {
		w.caller.say(step(90))
		w.agent.hears(step(90))
		w.agent.say(step(80))
		w.caller.hears(step(80))
		if b := boss.read(tick); b != nil && i > 10 {
			h, pcm := boss.follows(b), [1]int16{}
			codec.ALaw.Decode(pcm[:], b[h.start:h.start+1])
			loudest = max(loudest, pcm[0])
		}
		<-pace.C
	}
	var want [2]int16
	codec.ALaw.Decode(want[:], []byte{step(90)[0], step(80)[0]})
	if sum := want[0] + want[1]; loudest < sum-sum/10 || loudest > sum+sum/10 {
		t.Errorf("the supervisor hears %d of %d and %d", loudest, want[0], want[1])
	}
	if n := w.plane.Counters().TakeBacks.Load() - backs; n != 0 || w.plane.Stats().Carried != 2 {
		t.Errorf("%d were taken back, the kernel carries %d", n, w.plane.Stats().Carried)
	}
	if err := w.agent.to.Hear(w.caller.to, boss.to); err != nil {
		t.Fatal(err)
	}
	if n := w.plane.Stats().Carried; n != 0 && n != 1 {
		t.Errorf("while the supervisor whispers the kernel carries %d streams", n)
	}
}

// TestCopiesOnTheirWay: what was carried when a stream is taken back is recorded, though
// it comes later than what follows it; what is on its way when a leg ends is not.
func TestCopiesOnTheirWay(t *testing.T) {
	w := newWire(t, layout{kernel: true, offload: "on"})
	w.bridge()
	_, untap := w.caller.tap()
	defer untap()
	w.settle(2)
	pending := w.copies()
	for i := range 5 {
		w.talk(i)
	}
	w.copied(pending + 5)
	pending += 5
	for i := range 5 {
		w.caller.say(sound(byte(i)))
	}
	for i := range 5 {
		w.agent.hears(sound(byte(i)))
	}
	w.caller.update(w.caller.remote()) // a re-INVITE: it is taken back
	w.copied(pending + 5)
	w.settle(2)
	w.caller.to.Close()
	before := w.plane.Counters().Copied.Load()
	w.caller.to.(*endpoint).Copied(&kernel.Copy{At: time.Now(), SSRC: w.caller.packet.ssrc, Type: 8, Length: 160, Payload: sound(1)})
	if w.plane.Counters().Copied.Load() != before {
		t.Error("a closed leg takes a copy")
	}
}

// TestRingOfCopiesFull: copies that are lost are counted, and the call hears nothing of it.
func TestRingOfCopiesFull(t *testing.T) {
	w := newWire(t, layout{kernel: true, offload: "on", ring: kernel.MinRing})
	w.bridge()
	_, untap := w.caller.tap()
	defer untap()
	w.settle(2)
	c := w.plane.Counters()
	before := w.copies()
	const said = 200
	for i := range said {
		w.caller.say(sound(byte(i)))
	}
	for i := range said {
		w.agent.hears(sound(byte(i)))
	}
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	for began := time.Now(); c.Copied.Load()+c.Uncopied.Load() != before+said; <-pace.C {
		w.caller.to.Stats()
		if time.Since(began) > 2*time.Second {
			t.Fatalf("%d copies and %d that were lost, want %d together", c.Copied.Load(), c.Uncopied.Load(), before+said)
		}
	}
	if c.Uncopied.Load() == 0 || w.plane.Stats().Carried != 2 {
		t.Errorf("%d copies were lost, the kernel carries %d streams", c.Uncopied.Load(), w.plane.Stats().Carried)
	}
}

// TestSilenceByCopy: silence is found in what the kernel carries, if it is copied.
func TestSilenceByCopy(t *testing.T) {
	w := newWire(t, layout{kernel: true, offload: "on"})
	w.bridge()
	_, untap := w.caller.tap()
	defer untap()
	w.settle(2)
	before := w.copies()
	pace := time.NewTicker(tick)
	defer pace.Stop()
	for range 10 {
		w.caller.say(step(0))
		w.agent.hears(step(0))
		<-pace.C
	}
	w.copied(before + 10)
	if s := w.caller.to.Stats(); s.Silence < 8*tick || s.MaxSilence < s.Silence {
		t.Errorf("silent for %v, %v at most", s.Silence, s.MaxSilence)
	}
	w.talk(1)
	w.copied(before + 11)
	if s := w.caller.to.Stats(); s.Silence != 0 {
		t.Errorf("silent for %v", s.Silence)
	}
}

func TestCopyDoesNotAllocate(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu))
	p.tap(func([]int16) {})
	p.say(sound(1))
	c := kernel.Copy{At: b.time, SSRC: p.packet.ssrc, Seq: p.packet.seq, Timestamp: p.packet.timestamp, Length: frame, Payload: loud(codec.ULaw, 1000)}
	n := testing.AllocsPerRun(200, func() {
		p.to.(*endpoint).Copied(&c)
		c.Seq, c.Timestamp = c.Seq+1, c.Timestamp+uint32(frame)
	})
	if n != 0 || b.Counters().Copied.Load() != 201 {
		t.Errorf("%v allocations for each of %d copies", n, b.Counters().Copied.Load())
	}
}

// TestCopyOfBefore: a copy of before the recording, or of another stream, is not recorded.
func TestCopyOfBefore(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu))
	p.say(sound(1))
	c := kernel.Copy{At: b.time, SSRC: p.packet.ssrc, Seq: p.packet.seq, Timestamp: p.packet.timestamp, Length: frame, Payload: sound(1)}
	taken := func(change func(*kernel.Copy)) bool {
		c := c
		change(&c)
		before := b.Counters().Copied.Load()
		p.to.(*endpoint).Copied(&c)
		return b.Counters().Copied.Load() != before
	}
	as := func(*kernel.Copy) {}
	if taken(as) {
		t.Error("taken though nobody listens")
	}
	p.tap(func([]int16) {})
	if taken(func(c *kernel.Copy) { c.At = c.At.Add(-1) }) {
		t.Error("one of before the recording is taken")
	}
	if taken(func(c *kernel.Copy) { c.SSRC++ }) {
		t.Error("one of another stream is taken")
	}
	if !taken(as) {
		t.Error("one of the stream is not taken")
	}
}
