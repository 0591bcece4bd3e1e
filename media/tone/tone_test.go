package tone

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"strowger/media/sound/soundtest"
)

// TestUnitedKingdom: each frequency sounds where it belongs and nowhere else, by the
// figures of BT SIN 350, looked at every 25 ms.
func TestUnitedKingdom(t *testing.T) {
	for kind, want := range map[Kind]struct {
		hz     []float64
		sounds [][2]int // from, to in ms
		period int      // ms
	}{
		Ringing:      {[]float64{400, 450}, [][2]int{{0, 400}, {600, 1000}}, 3000},
		Busy:         {[]float64{400}, [][2]int{{0, 375}}, 750},
		Congestion:   {[]float64{400}, [][2]int{{0, 400}, {750, 975}}, 1500},
		Unobtainable: {[]float64{400}, [][2]int{{0, 1000}}, 1000},
	} {
		p := Of("uk", kind).Prompt("x")
		if !p.Loop || len(p.PCM) != want.period*8 {
			t.Errorf("%s: loop %t, %d ms", kind, p.Loop, len(p.PCM)/8)
			continue
		}
		for ms := 0; ms+25 <= want.period; ms += 25 {
			sounds := false
			for _, s := range want.sounds {
				sounds = sounds || ms >= s[0] && ms < s[1]
			}
			window := p.PCM[ms*8 : (ms+25)*8]
			if level := soundtest.RMS(window); (level > 0) != sounds {
				t.Errorf("%s at %d ms: level %.0f", kind, ms, level)
			}
			for _, hz := range []float64{400, 450, 600, 1000, 1400} {
				if share := soundtest.Share(p.PCM[:want.sounds[0][1]*8], hz); hz == want.hz[len(want.hz)-1] && share < 0.45 || !slices.Contains(want.hz, hz) && share > 0.02 {
					t.Fatalf("%s: %.2f of the power is at %g Hz", kind, share, hz)
				}
			}
		}
		// A whole burst has the level: -13 dBm0, which is -16.1 dB below a full-scale sine.
		level := 20 * math.Log10(soundtest.RMS(p.PCM[160:want.sounds[0][1]*8-160])/(32767/math.Sqrt2))
		if math.Abs(level+16.1) > 0.8 {
			t.Errorf("%s: level %.1f dB", kind, level)
		}
	}
}

// TestCountries: every signal of every country is of audible frequencies, ends with a
// pause or has none, and loops without a jump.
func TestCountries(t *testing.T) {
	if len(Countries()) < 20 {
		t.Errorf("countries %v", Countries())
	}
	for _, country := range Countries() {
		for _, kind := range Kinds() {
			s := Of(country, kind)
			var whole time.Duration
			for _, b := range s {
				whole += b.For
				for _, hz := range b.Hz {
					if hz < 350 || hz > 1800 || hz != math.Trunc(hz) {
						t.Errorf("%s %s: %g Hz", country, kind, hz)
					}
				}
			}
			p := s.Prompt("x")
			if len(s) > 1 && len(s[len(s)-1].Hz) > 0 || whole > 16*time.Second || whole < 300*time.Millisecond {
				t.Errorf("%s %s: %v", country, kind, s)
			}
			if first, last := int(p.PCM[0]), int(p.PCM[len(p.PCM)-1]); abs(first-last) > 2000 {
				t.Errorf("%s %s jumps from %d to %d", country, kind, last, first)
			}
		}
	}
	if got, want := fmt.Sprint(Of("us", Busy)), fmt.Sprint(Signal{on(500, 480, 620), off(500)}); got != want {
		t.Errorf("us busy: %s", got)
	}
	if got := fmt.Sprint(Of("xx", Busy)); got != fmt.Sprint(Of("uk", Busy)) {
		t.Errorf("an unknown country: %s", got)
	}
	if got := fmt.Sprint(Of("de", Unobtainable)); got != fmt.Sprint(special) {
		t.Errorf("de unobtainable: %s", got)
	}
}

// TestModulated: the carrier swells and falls as often as it should.
func TestModulated(t *testing.T) {
	b := modulated(1000, 16)
	pcm := b.sound(false)
	quiet := 0
	for at := 0; at+20 < len(pcm); at += 20 { // a cycle
		if soundtest.RMS(pcm[at:at+20]) < 300 {
			quiet++
		}
	}
	if quiet < 30 || quiet > 120 {
		t.Errorf("%d of 400 cycles are quiet", quiet)
	}
	if share := soundtest.Share(pcm, 400); share < 0.6 {
		t.Errorf("%.2f at the carrier", share)
	}
}

func abs(x int) int { return max(x, -x) }
