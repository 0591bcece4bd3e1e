package relay

import (
	"testing"
	"time"

	"strowger/media"
)

// asks joins a speaker to a listener that asks for a packet time.
func (b *bench) asks(payload media.Payload, ptime time.Duration) (speaker, listener *party) {
	b.Helper()
	speaker, listener = b.join("speaker"), b.join("listener")
	speaker.update(speaker.remote(payload, digits))
	r := listener.remote(payload, digits)
	r.PTime = ptime
	listener.update(r)
	listener.hear(speaker.to)
	speaker.packet.payload = payload.Type
	return speaker, listener
}

// numbered is sound of which each byte is its place.
func numbered(from, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(from + i)
	}
	return b
}

// utters sends packets of so many bytes each, with timestamps that follow.
func (p *party) utters(from, size, packets int) (next int) {
	p.Helper()
	for range packets {
		p.say(numbered(from, size))
		p.packet.timestamp += uint32(size - frame)
		from += size
		p.time = p.time.Add(time.Duration(size) * time.Second / sampleRate)
	}
	return from
}

// TestPacketTimes: whatever the source sends, a listener that asks for a packet time
// gets that, with the same sound at the same times; who asks for none gets what comes.
func TestPacketTimes(t *testing.T) {
	for _, from := range []int{80, 160, 240, 320, 480} {
		for _, ms := range []int{0, 10, 20, 30, 40, 60} {
			b := newBench(t, testConfig())
			speaker, listener := b.asks(pcmu, time.Duration(ms)*time.Millisecond)
			size := ms * sampleRate / 1000
			if ms == 0 {
				size = from
			}
			sent := speaker.utters(0, from, 24)
			packets := heard(t, listener.rtp)
			if len(packets) != sent/size {
				t.Fatalf("%d bytes of %d: %d packets of %d ms", sent, from, len(packets), ms)
			}
			hs := headers(t, packets)
			for i, h := range hs {
				want := string(numbered(i*size, size))
				if h.seq != hs[0].seq+uint16(i) || h.timestamp != hs[0].timestamp+uint32(i*size) || h.marker != (i == 0) ||
					string(packets[i][h.start:h.end]) != want {
					t.Fatalf("%d bytes to %d ms: packet %d: %+v", from, ms, i, h)
				}
			}
			changed := from != size
			if n := b.Counters().Packed.Load(); n > 0 != changed {
				t.Errorf("%d bytes to %d ms: %d packets were packed anew", from, ms, n)
			}
		}
	}
}

// TestPackedLoss: what is lost is missing in the sequence, what is behind it keeps its
// time, and what comes too late is left out.
func TestPackedLoss(t *testing.T) {
	b := newBench(t, testConfig())
	speaker, listener := b.asks(pcma, 30*time.Millisecond)
	at := speaker.utters(0, 160, 4) // 640 bytes: two packets and 160 that wait
	late := speaker.packet.next(numbered(at, 160))
	speaker.utters(at+160, 160, 3)
	speaker.sendFrom(speaker.rtp, late)
	hs := headers(t, heard(t, listener.rtp))
	want := []struct{ seq, timestamp, size int }{{0, 0, 240}, {1, 240, 240}, {2, 480, 160}, {4, 800, 240}, {5, 1040, 240}}
	if len(hs) != len(want) {
		t.Fatalf("%d packets, want %d", len(hs), len(want))
	}
	for i, h := range hs {
		w := want[i]
		if h.seq != hs[0].seq+uint16(w.seq) || h.timestamp != hs[0].timestamp+uint32(w.timestamp) || h.end-h.start != w.size {
			t.Errorf("packet %d: %+v, want %+v behind the first", i, h, w)
		}
	}
	if n := b.Counters().Dropped.Load(); n != 1 {
		t.Errorf("%d dropped, want the late one", n)
	}
}

// TestPackedPause: a pause of the source is none in the sequence, and begins with a
// marker again.
func TestPackedPause(t *testing.T) {
	b := newBench(t, testConfig())
	speaker, listener := b.asks(g722, 40*time.Millisecond)
	at := speaker.utters(0, 160, 3)
	speaker.packet.timestamp += 8000
	first := speaker.packet.next(numbered(at, 160))
	first[1] |= 0x80
	speaker.sendFrom(speaker.rtp, first)
	speaker.utters(at+160, 160, 1)
	hs := headers(t, heard(t, listener.rtp))
	if len(hs) != 3 || hs[2].seq != hs[0].seq+2 || hs[2].timestamp != hs[0].timestamp+8480 || !hs[2].marker || hs[1].marker ||
		hs[1].end-hs[1].start != 160 {
		t.Fatalf("packets %+v", hs)
	}
}

// TestPackedDigits: a digit has its place in the stream, and the sound goes on behind it.
func TestPackedDigits(t *testing.T) {
	b := newBench(t, testConfig())
	speaker, listener := b.asks(pcmu, 40*time.Millisecond)
	at := speaker.utters(0, 160, 2)
	speaker.packet.payload = digits.Type
	for i := range 3 {
		speaker.say([]byte{5, 10, 0, byte(160 * (i + 1))})
		speaker.packet.timestamp -= uint32(frame)
	}
	speaker.packet.payload = pcmu.Type
	speaker.packet.timestamp += 3 * uint32(frame)
	speaker.utters(at+480, 160, 2)
	hs := headers(t, heard(t, listener.rtp))
	if len(hs) != 5 {
		t.Fatalf("%d packets, want sound, three of a digit, sound", len(hs))
	}
	for i, h := range hs {
		if h.seq != hs[0].seq+uint16(i) {
			t.Errorf("packet %d: %+v", i, h)
		}
	}
	if hs[4].timestamp != hs[0].timestamp+320+480 {
		t.Errorf("the sound goes on at %+v", hs[4])
	}
}

// TestPackedThenAnotherSource: a prompt, and a source with the right packet time, follow
// without a break.
func TestPackedThenAnotherSource(t *testing.T) {
	b := newBench(t, testConfig())
	speaker, listener := b.asks(pcmu, 20*time.Millisecond)
	speaker.utters(0, 240, 3)
	listener.hear(&media.Prompt{PCM: ramp(2 * frame)})
	b.pass(3 * tick)
	listener.hear(speaker.to)
	speaker.utters(720, 160, 2)
	packets := heard(t, listener.rtp)
	hs := headers(t, packets)
	if len(hs) != 8 {
		t.Fatalf("%d packets, want 4, 2 of the prompt and 2", len(hs))
	}
	for i, h := range hs {
		if h.seq != hs[0].seq+uint16(i) || i > 0 && int32(h.timestamp-hs[i-1].timestamp) <= 0 {
			t.Errorf("packet %d: %+v", i, h)
		}
	}
	if n := b.Counters().Packed.Load(); n != 4 {
		t.Errorf("%d packets were packed anew, want 4", n)
	}
}

func TestPackingDoesNotAllocate(t *testing.T) {
	b := newBench(t, testConfig())
	speaker, listener := b.asks(pcmu, 30*time.Millisecond)
	speaker.utters(0, 160, 3)
	out := &listener.to.(*endpoint).out
	h, codes := header{ssrc: out.source, seq: out.packer.seq, timestamp: out.packer.next - uint32(frame)}, sound(1)
	if n := testing.AllocsPerRun(100, func() {
		h.seq, h.timestamp = h.seq+1, h.timestamp+uint32(frame)
		out.Lock()
		out.pack(b.time, h, false, sampleRate, codes, b.Counters())
		out.Unlock()
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// TestPackedPrompt: the end of a prompt is heard, and one after a while goes on in time.
func TestPackedPrompt(t *testing.T) {
	b := newBench(t, testConfig())
	_, listener := b.asks(pcmu, 60*time.Millisecond)
	r := listener.remote(pcmu)
	r.PTime = 30 * time.Millisecond
	listener.update(r)
	for range 2 {
		listener.hear(&media.Prompt{PCM: ramp(4 * frame)})
		b.pass(time.Second)
	}
	hs := headers(t, heard(t, listener.rtp))
	want := []struct{ timestamp, size int }{{0, 240}, {240, 240}, {480, 160}, {8000, 240}, {8240, 240}, {8480, 160}}
	if len(hs) != len(want) {
		t.Fatalf("%d packets, want %d", len(hs), len(want))
	}
	for i, h := range hs {
		off := int(h.timestamp-hs[0].timestamp) - want[i].timestamp
		if h.seq != hs[0].seq+uint16(i) || h.end-h.start != want[i].size || h.marker != (i%3 == 0) || off < -240 || off > 240 {
			t.Errorf("packet %d: %+v, %d samples off", i, h, off)
		}
	}
}
