package relay

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/codec"
	"strowger/media/dtmf"
)

// press sends the packets of one digit: two while it is held, three at its end.
func (p *party) press(code byte, timestamp uint32) {
	p.Helper()
	p.packet.payload = digits.Type
	for i := range 5 {
		p.packet.timestamp = timestamp
		event := []byte{code, 10, 0, byte(i)}
		if i >= 2 {
			event[1] |= 0x80
		}
		p.say(event)
	}
}

func (p *party) pressed() string {
	var b strings.Builder
	for _, e := range p.events {
		if e.Kind == media.Digit {
			b.WriteByte(e.Digit)
		}
	}
	return b.String()
}

func TestDigitIsToldOncePerPress(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu, digits))
	p.press(5, 1000)
	p.press(5, 2000)
	p.press(11, 3000)
	p.press(16, 4000) // hook flash: no digit
	p.press(12, 5000)
	if got := p.pressed(); got != "55#A" {
		t.Errorf("told %q, want %q", got, "55#A")
	}
}

func TestDigitLateOrShort(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu, digits))
	p.press(1, 5000)
	p.press(2, 4000) // begun before the one that was told
	p.packet.timestamp = 9000
	p.say([]byte{3, 0, 0}) // too short
	if got := p.pressed(); got != "1" {
		t.Errorf("told %q, want %q", got, "1")
	}
}

// sentDigits reads RFC 4733 packets as a receiver does.
func sentDigits(t *testing.T, packets [][]byte) (digits []byte, ends int) {
	t.Helper()
	last := uint32(0)
	for _, b := range packets {
		var h header
		if !h.whole(b) || h.payload != 101 {
			continue
		}
		if h.end-h.start != dtmf.EventSize {
			t.Fatalf("event of %d bytes", h.end-h.start)
		}
		if h.marker != (h.timestamp != last) {
			t.Errorf("marker is %v on timestamp %d after %d", h.marker, h.timestamp, last)
		}
		if h.timestamp != last {
			digits = append(digits, dtmf.Digits[b[h.start]])
			last = h.timestamp
		}
		if b[h.start+1]&0x80 != 0 {
			ends++
			if d := binary.BigEndian.Uint16(b[h.start+2:]); d != 800 {
				t.Errorf("duration is %d, want 800", d)
			}
		}
	}
	return digits, ends
}

func TestPressSendsDigitsInPlaceOfSound(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu, digits))
	p.hear(&media.Prompt{PCM: make([]int16, 160), Loop: true})
	b.pass(40 * time.Millisecond)
	if err := p.to.Press("1#d"); err != nil {
		t.Fatal(err)
	}
	b.pass(3*(dtmf.Press+dtmf.Pause)*tick + 3*tick)
	packets := heard(t, p.rtp)
	got, ends := sentDigits(t, packets)
	if string(got) != "1#D" || ends != 3*dtmf.Ends {
		t.Errorf("sent %q with %d end packets, want 1#D with %d", got, ends, 3*dtmf.Ends)
	}
	var kinds []uint8
	var seq uint16
	for i, b := range packets {
		var h header
		h.whole(b)
		if i > 0 && h.seq != seq+1 {
			t.Errorf("sequence %d after %d", h.seq, seq)
		}
		seq = h.seq
		kinds = append(kinds, h.payload)
	}
	first, last := slices.Index(kinds, 101), len(kinds)-1
	for kinds[last] != 101 {
		last--
	}
	if slices.Contains(kinds[first:last], 0) {
		t.Error("sound was sent between digits")
	}
	if first != 2 || last == len(kinds)-1 {
		t.Errorf("sound does not surround the digits: %v", kinds)
	}
}

func TestPressRefuses(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu))
	for name, c := range map[string]struct{ digits, want string }{
		"no digit":     {"1x", "no digit"},
		"not too many": {strings.Repeat("1", dtmf.MaxWaiting+1), "digits wait"},
	} {
		if err := p.to.Press(c.digits); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one with %q", name, err, c.want)
		}
	}
	p.update(p.remote(media.Payload{Type: 18, Encoding: "G729", Clock: 8000}))
	if err := p.to.Press("1"); err == nil || !strings.Contains(err.Error(), "telephone-event") {
		t.Errorf("a party without events and G.711: %v", err)
	}
	p.to.Close()
	if err := p.to.Press("1"); err == nil {
		t.Error("a closed endpoint took a digit")
	}
}

func TestPressLeavesOutWhatIsForwarded(t *testing.T) {
	b := newBench(t, testConfig())
	l, r := b.bridge(pcmu, pcmu)
	l.say(make([]byte, frame))
	if err := r.to.Press("3"); err != nil {
		t.Fatal(err)
	}
	for range dtmf.Press + dtmf.Pause + 3 {
		l.say(make([]byte, frame))
		b.pass(tick)
	}
	var kinds []uint8
	var last header
	for i, packet := range heard(t, r.rtp) {
		var h header
		h.whole(packet)
		if i > 0 && (h.seq != last.seq+1 || int32(h.timestamp-last.timestamp) < 0) {
			t.Errorf("%d at %d after %d at %d", h.seq, h.timestamp, last.seq, last.timestamp)
		}
		kinds, last = append(kinds, h.payload), h
	}
	want := append([]uint8{0}, slices.Repeat([]uint8{101}, dtmf.Press+dtmf.Ends)...)
	want = append(want, 0, 0, 0)
	if !slices.Equal(kinds, want) {
		t.Errorf("payload types are %v, want %v", kinds, want)
	}
}

// decoded is the sound of G.711 packets.
func decoded(t *testing.T, packets [][]byte, payload uint8, law codec.Law) (pcm []int16) {
	t.Helper()
	for _, b := range packets {
		var h header
		if !h.parse(b) || h.payload != payload {
			t.Errorf("a packet of payload type %d", h.payload)
			continue
		}
		part := make([]int16, h.end-h.start)
		law.Decode(part, b[h.start:h.end])
		pcm = append(pcm, part...)
	}
	return pcm
}

// found are the digits of some sound.
func found(pcm []int16) string {
	var d dtmf.Detector
	var digits []byte
	for part := range slices.Chunk(pcm, frame) {
		if digit := d.Step(part); digit != 0 {
			digits = append(digits, digit)
		}
	}
	return string(digits)
}

// TestPressWithoutEventsSounds: who did not negotiate telephone-event hears tones.
func TestPressWithoutEventsSounds(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcma))
	if err := p.to.Press("159#d0"); err != nil {
		t.Fatal(err)
	}
	b.pass(6*(dtmf.Press+dtmf.Pause)*tick + tick)
	packets := heard(t, p.rtp)
	if got := found(decoded(t, packets, pcma.Type, codec.ALaw)); got != "159#D0" {
		t.Errorf("%q sounds, want 159#D0", got)
	}
	var last header
	for i, packet := range packets {
		var h header
		h.parse(packet)
		if i > 0 && (h.seq != last.seq+1 || h.timestamp != last.timestamp+uint32(frame)) {
			t.Errorf("packet %d: %d at %d after %d at %d", i, h.seq, h.timestamp, last.seq, last.timestamp)
		}
		last = h
	}
	if n := b.Counters().Tones.Load(); n != 6 {
		t.Errorf("%d tones are counted, want 6", n)
	}
}

// sayTone has a digit sound for some packets.
func (p *party) sayTone(code byte, packets int, each func()) {
	p.Helper()
	p.packet.payload = pcmu.Type
	pcm, codes := make([]int16, frame), make([]byte, frame)
	for i := range packets {
		dtmf.Tone(pcm, code, i*frame, packets*frame)
		codec.ULaw.Encode(codes, pcm)
		p.say(codes)
		p.pass(tick)
		each()
	}
}

func (p *party) sayNothing(packets int, each func()) {
	p.Helper()
	p.packet.payload = pcmu.Type
	for range packets {
		p.say(slices.Repeat([]byte{codec.ULaw.Silence()}, frame))
		p.pass(tick)
		each()
	}
}

// TestDetectTellsTones: tones are told while they are looked for, and not else.
func TestDetectTellsTones(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu))
	nothing := func() {}
	p.sayTone(1, 5, nothing)
	p.sayNothing(6, nothing)
	for range 2 {
		if err := p.to.Detect(true); err != nil {
			t.Fatal(err)
		}
	}
	p.sayTone(2, 5, nothing)
	p.sayNothing(6, nothing)
	p.sayTone(2, 3, nothing)
	p.sayNothing(6, nothing)
	if err := p.to.Detect(false); err != nil {
		t.Fatal(err)
	}
	p.sayTone(3, 5, nothing)
	p.sayNothing(6, nothing)
	if got := p.pressed(); got != "22" {
		t.Errorf("told %q, want 22", got)
	}
	for _, e := range p.events {
		if e.Kind == media.Digit && e.Form != media.ByTone {
			t.Errorf("told as form %d", e.Form)
		}
	}
	p.to.Close()
	if err := p.to.Detect(true); err == nil {
		t.Error("a closed endpoint is listened to")
	}
}

// TestToneThatWasTold: of a tone that is told no more is forwarded.
func TestToneThatWasTold(t *testing.T) {
	b := newBench(t, testConfig())
	l, r := b.bridge(pcmu, pcmu)
	if err := l.to.Detect(true); err != nil {
		t.Fatal(err)
	}
	forwarded := 0
	count := func() { forwarded += len(heard(t, r.rtp)) }
	l.sayNothing(5, count)
	forwarded = 0
	l.sayTone(5, 50, count)
	if forwarded > 8 { // what an ear and a detector need
		t.Errorf("%d packets of the tone were forwarded", forwarded)
	}
	forwarded = 0
	l.sayNothing(20, count)
	if forwarded < 10 {
		t.Errorf("%d packets were forwarded after it", forwarded)
	}
}

// TestEventForWhoHasNone: a listener without telephone-event hears nothing of the party
// while its key is held, and its packets are no fault.
func TestEventForWhoHasNone(t *testing.T) {
	b := newBench(t, testConfig())
	l, r := b.join("left"), b.join("rights")
	l.update(l.remote(pcmu, digits))
	r.update(r.remote(pcmu))
	r.hear(l.to)
	l.say(make([]byte, frame))
	l.packet.payload, l.packet.timestamp = digits.Type, 5000
	l.say([]byte{5, 10, 0, 160})
	l.sayTone(5, 3, func() {}) // the phone sends both
	l.packet.payload, l.packet.timestamp = digits.Type, 5000
	l.say([]byte{5, 0x8a, 1, 64})
	l.packet.payload = pcmu.Type
	l.say(make([]byte, frame))
	if got := len(heard(t, r.rtp)); got != 2 {
		t.Errorf("%d packets were forwarded, want 2", got)
	}
	if n := b.Counters().Untranslated.Load(); n != 0 || l.pressed() != "5" {
		t.Errorf("%d packets are untranslated, told %q", n, l.pressed())
	}
}

// TestEventOfWhatWasPressed: the event of a key that was sent already is not sent again,
// the next one is.
func TestEventOfWhatWasPressed(t *testing.T) {
	b := newBench(t, testConfig())
	l, r := b.bridge(pcmu, pcmu)
	l.say(make([]byte, frame))
	if err := r.to.Press("5"); err != nil { // it came by INFO
		t.Fatal(err)
	}
	b.pass((dtmf.Press + dtmf.Pause + 1) * tick)
	heard(t, r.rtp)
	l.press(5, 70000)
	if got := heard(t, r.rtp); len(got) != 0 {
		t.Errorf("%d packets of the same digit", len(got))
	}
	l.press(5, 80000)
	l.press(6, 90000)
	got, _ := sentEvents(t, heard(t, r.rtp))
	if got != "56" || b.Counters().Repeated.Load() != 5 {
		t.Errorf("then %q was heard, want 56; %d packets are counted", got, b.Counters().Repeated.Load())
	}
}

// sentEvents are the digits of packets, by timestamp.
func sentEvents(t *testing.T, packets [][]byte) (digits string, sound int) {
	t.Helper()
	var last uint32
	var codes []byte
	for _, b := range packets {
		var h header
		if !h.parse(b) || h.payload != 101 {
			sound++
			continue
		}
		if h.timestamp != last {
			codes = append(codes, dtmf.Digits[b[h.start]])
			last = h.timestamp
		}
	}
	return string(codes), sound
}
