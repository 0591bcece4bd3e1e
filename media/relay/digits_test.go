package relay

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"strowger/media"
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
		if h.end-h.start != eventSize {
			t.Fatalf("event of %d bytes", h.end-h.start)
		}
		if h.marker != (h.timestamp != last) {
			t.Errorf("marker is %v on timestamp %d after %d", h.marker, h.timestamp, last)
		}
		if h.timestamp != last {
			digits = append(digits, digitCodes[b[h.start]])
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
	b.pass(3*(pressTicks+pauseTicks)*tick + 3*tick)
	packets := heard(t, p.rtp)
	got, ends := sentDigits(t, packets)
	if string(got) != "1#D" || ends != 3*endPackets {
		t.Errorf("sent %q with %d end packets, want 1#D with %d", got, ends, 3*endPackets)
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
		"no events":    {"1", "telephone-event"},
		"not too many": {strings.Repeat("1", maxDigits+1), "telephone-event"},
	} {
		if err := p.to.Press(c.digits); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one with %q", name, err, c.want)
		}
	}
	p.update(p.remote(pcmu, digits))
	if err := p.to.Press(strings.Repeat("1", maxDigits+1)); err == nil {
		t.Error("more digits than the limit were taken")
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
	for range pressTicks + pauseTicks + 3 {
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
	want := append([]uint8{0}, slices.Repeat([]uint8{101}, pressTicks+endPackets)...)
	want = append(want, 0, 0, 0)
	if !slices.Equal(kinds, want) {
		t.Errorf("payload types are %v, want %v", kinds, want)
	}
}
