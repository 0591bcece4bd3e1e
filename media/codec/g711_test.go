package codec

import "testing"

func abs(n int) int { return max(n, -n) }

// TestKnownValues: decoder outputs of G.711 tables 1a and 2a at the ends of each
// sign, scaled to 16 bits, and codes that every implementation shares.
func TestKnownValues(t *testing.T) {
	decode := []struct {
		law  Law
		code byte
		want int16
	}{
		{ULaw, 0xFF, 0},
		{ULaw, 0x7F, 0},
		{ULaw, 0x00, -32124},
		{ULaw, 0x80, 32124},
		{ULaw, 0xFE, 8},
		{ULaw, 0x7E, -8},
		{ULaw, 0xF0, 120},
		{ULaw, 0xEF, 132},
		{ULaw, 0x8F, 16764},
		{ALaw, 0xD5, 8},
		{ALaw, 0x55, -8},
		{ALaw, 0xAA, 32256},
		{ALaw, 0x2A, -32256},
		{ALaw, 0xD4, 24},
		{ALaw, 0x80, 5504},
		{ALaw, 0xC5, 264},
	}
	for _, tt := range decode {
		var got [1]int16
		if tt.law.Decode(got[:], []byte{tt.code}); got[0] != tt.want {
			t.Errorf("law %d: %#x is %d, want %d", tt.law, tt.code, got[0], tt.want)
		}
	}
	encode := []struct {
		law    Law
		sample int16
		want   byte
	}{
		{ULaw, 0, 0xFF},
		{ULaw, -1, 0x7F},
		{ULaw, 32767, 0x80},
		{ULaw, -32768, 0x00},
		{ULaw, 1000, 0xCE},
		{ULaw, 123, 0xF0}, // the end of a segment
		{ULaw, 124, 0xEF},
		{ULaw, -124, 0x70},
		{ULaw, -125, 0x6F},
		{ALaw, 0, 0xD5},
		{ALaw, -1, 0x55},
		{ALaw, 32767, 0xAA},
		{ALaw, -32768, 0x2A},
		{ALaw, 1000, 0xFA},
	}
	for _, tt := range encode {
		var got [1]byte
		if tt.law.Encode(got[:], []int16{tt.sample}); got[0] != tt.want {
			t.Errorf("law %d: %d is %#x, want %#x", tt.law, tt.sample, got[0], tt.want)
		}
	}
	if ULaw.Silence() != 0xFF || ALaw.Silence() != 0xD5 {
		t.Errorf("silence is %#x and %#x", ULaw.Silence(), ALaw.Silence())
	}
}

// TestRoundTrip: every code comes back; mu-law's negative zero becomes zero.
func TestRoundTrip(t *testing.T) {
	for _, law := range []Law{ULaw, ALaw} {
		for b := range 256 {
			var sample [1]int16
			var code [1]byte
			law.Decode(sample[:], []byte{byte(b)})
			law.Encode(code[:], sample[:])
			if code[0] != byte(b) && (law != ULaw || b != 0x7F) {
				t.Errorf("law %d: %#x came back as %#x", law, b, code[0])
			}
		}
	}
}

// TestEncodeNearest: no sample is further from its code than half a step of its
// segment, and encoding never goes down while samples go up.
func TestEncodeNearest(t *testing.T) {
	for _, law := range []Law{ULaw, ALaw} {
		last := int16(-32768)
		for s := -32768; s < 32768; s++ {
			var code [1]byte
			var back [1]int16
			law.Encode(code[:], []int16{int16(s)})
			law.Decode(back[:], code[:])
			if limit := max(8, abs(s)/32+8); abs(s-int(back[0])) > limit && abs(s) < 32636 {
				t.Fatalf("law %d: %d became %d", law, s, back[0])
			}
			if back[0] < last {
				t.Fatalf("law %d is not monotonic at %d", law, s)
			}
			last = back[0]
		}
	}
}

func TestTranscode(t *testing.T) {
	for _, law := range []Law{ULaw, ALaw} {
		other := 1 - law
		for b := range 256 {
			code := []byte{byte(b)}
			var before, after [1]int16
			law.Decode(before[:], code)
			law.Transcode(code, code)
			other.Decode(after[:], code)
			if abs(int(before[0])-int(after[0])) > max(8, abs(int(before[0]))/16) {
				t.Errorf("law %d: %#x is %d here, %d there", law, b, before[0], after[0])
			}
		}
	}
}

func BenchmarkTranscode20ms(b *testing.B) {
	packet := make([]byte, 160)
	for b.Loop() {
		ULaw.Transcode(packet, packet)
	}
}
