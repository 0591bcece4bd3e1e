package dtmf

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// sound is what a detector is given.
type sound []float64

// add puts a pair of tones of some levels (dBm0) behind what there is.
func (s sound) add(d time.Duration, lower, higher, lowLevel, highLevel float64) sound {
	a, b := amplitude(lowLevel), amplitude(highLevel)
	at := len(s)
	for n := range int(d * rate / time.Second) {
		t := 2 * math.Pi * float64(at+n) / rate
		s = append(s, a*math.Sin(lower*t)+b*math.Sin(higher*t))
	}
	return s
}

func (s sound) pause(d time.Duration) sound { return append(s, make(sound, d*rate/time.Second)...) }

// noise adds white noise of a level.
func (s sound) noise(level float64) sound {
	random := rand.New(rand.NewPCG(1, 2))
	rms := amplitude(level) / math.Sqrt2
	for i := range s {
		s[i] += rms * random.NormFloat64()
	}
	return s
}

// digits are those that a detector finds, given frames of 20 ms.
func (s sound) digits() string {
	pcm := make([]int16, len(s))
	for i, x := range s {
		pcm[i] = int16(max(min(x, math.MaxInt16), math.MinInt16))
	}
	return find(pcm)
}

func find(pcm []int16) string {
	var d Detector
	var found []byte
	for frame := range slices.Chunk(pcm, 160) {
		if digit := d.Step(frame); digit != 0 {
			found = append(found, digit)
		}
	}
	return string(found)
}

const ms = time.Millisecond

// each has every digit sound once, for on, after off. shift moves them by samples
// against the windows.
func each(on, off time.Duration, lowLevel, highLevel, deviation float64, shift int) sound {
	s := make(sound, shift)
	for code := range Digits {
		lower, higher := frequencies(byte(code))
		s = s.pause(off).add(on, lower*(1+deviation), higher*(1+deviation), lowLevel, highLevel)
	}
	return s.pause(100 * ms)
}

// TestOperates: what ITU-T Q.24 wants found is found, wherever the windows lie.
func TestOperates(t *testing.T) {
	for name, c := range map[string]struct {
		on, off              time.Duration
		low, high, deviation float64
		noise                float64
	}{
		"as we send":            {100 * ms, 80 * ms, LowLevel, HighLevel, 0, -90},
		"shortest":              {40 * ms, 40 * ms, -10, -10, 0, -90},
		"long":                  {2 * time.Second, 40 * ms, -10, -10, 0, -90},
		"loudest":               {40 * ms, 40 * ms, 0, 0, 0, -90},
		"faintest":              {40 * ms, 40 * ms, -25, -25, 0, -90},
		"high 4 dB above":       {40 * ms, 40 * ms, -12, -8, 0, -90},
		"high 8 dB below":       {40 * ms, 40 * ms, -8, -16, 0, -90},
		"1.5 % above":           {40 * ms, 40 * ms, -10, -10, 0.015, -90},
		"1.5 % below":           {40 * ms, 40 * ms, -10, -10, -0.015, -90},
		"1.5 % above, twisted":  {50 * ms, 50 * ms, -12, -8, 0.015, -90},
		"in noise of 15 dB":     {50 * ms, 50 * ms, -10, -10, 0, -22},
		"in noise, 1.5 % below": {60 * ms, 50 * ms, -10, -10, -0.015, -27},
	} {
		t.Run(name, func(t *testing.T) {
			for shift := 0; shift < half; shift += 7 {
				s := each(c.on, c.off, c.low, c.high, c.deviation, shift).noise(c.noise)
				if got := s.digits(); got != Digits {
					t.Errorf("shifted by %d: found %q, want %q", shift, got, Digits)
				}
			}
		})
	}
}

// TestDoesNotOperate: what ITU-T Q.24 does not want found is not.
func TestDoesNotOperate(t *testing.T) {
	for name, c := range map[string]struct {
		on                   time.Duration
		low, high, deviation float64
	}{
		"23 ms":         {23 * ms, -10, -10, 0},
		"faint":         {100 * ms, -36, -36, 0},
		"3.5 % above":   {100 * ms, -10, -10, 0.035},
		"3.5 % below":   {100 * ms, -10, -10, -0.035},
		"high too loud": {100 * ms, -18, -8, 0},
		"low too loud":  {100 * ms, -8, -22, 0},
		"low alone":     {100 * ms, -8, -90, 0},
		"high alone":    {100 * ms, -90, -8, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for shift := 0; shift < half; shift += 7 {
				if got := each(c.on, 60*ms, c.low, c.high, c.deviation, shift).digits(); got != "" {
					t.Errorf("shifted by %d: found %q", shift, got)
				}
			}
		})
	}
}

// TestInterrupted: a gap of 10 ms does not make two digits of one, one of 40 ms does.
func TestInterrupted(t *testing.T) {
	lower, higher := frequencies(5)
	for _, c := range []struct {
		gap  time.Duration
		want string
	}{{5 * ms, "5"}, {10 * ms, "5"}, {40 * ms, "55"}} {
		for shift := 0; shift < half; shift += 3 {
			s := make(sound, shift).add(60*ms, lower, higher, -8, -8).pause(c.gap).add(60*ms, lower, higher, -8, -8).pause(80 * ms)
			if got := s.digits(); got != c.want {
				t.Errorf("a gap of %v, shifted by %d: found %q, want %q", c.gap, shift, got, c.want)
			}
		}
	}
}

// TestNextWithoutPause: another digit that follows at once is found.
func TestNextWithoutPause(t *testing.T) {
	var s sound
	for _, code := range []byte{1, 2, 1, 15} {
		lower, higher := frequencies(code)
		s = s.add(60*ms, lower, higher, -8, -8)
	}
	if got := s.pause(60 * ms).digits(); got != "121D" {
		t.Errorf("found %q, want 121D", got)
	}
}

// TestHeld: a detector tells that a key is held, and that it is not.
func TestHeld(t *testing.T) {
	var d Detector
	pcm := make([]int16, 160)
	for i := range 10 {
		Tone(pcm, 7, i*160, 1<<20)
		d.Step(pcm)
		if i > 1 && !d.Held() {
			t.Errorf("held is %v in frame %d", d.Held(), i)
		}
	}
	clear(pcm)
	for range 4 {
		d.Step(pcm)
	}
	if d.Held() {
		t.Error("the key is held 80 ms after it was up")
	}
}

// TestToneIsExact: the tones that are made are of the frequencies and levels of ITU-T
// Q.23 and ETSI ES 201 235-2, and nothing else is.
func TestToneIsExact(t *testing.T) {
	const length = ramp + rate // a whole second, of which every frequency is a multiple
	pcm := make([]int16, length)
	for code := range byte(len(Digits)) {
		Tone(pcm, code, 0, 1<<20)
		lower, higher := frequencies(code)
		rest := 0.0
		for _, s := range pcm[ramp:] {
			rest += float64(s) * float64(s) / (length - ramp)
		}
		for _, tone := range []struct{ freq, level float64 }{{lower, LowLevel}, {higher, HighLevel}} {
			var re, im float64
			for n, s := range pcm[ramp:] {
				at := 2 * math.Pi * tone.freq * float64(n+ramp) / rate
				re, im = re+float64(s)*math.Cos(at), im+float64(s)*math.Sin(at)
			}
			peak := 2 * math.Hypot(re, im) / (length - ramp)
			if level := 20*math.Log10(peak/math.MaxInt16) + fullScale; math.Abs(level-tone.level) > 0.1 {
				t.Errorf("%c: %v Hz has %.2f dBm0, want %v", Digits[code], tone.freq, level, tone.level)
			}
			rest -= peak * peak / 2
		}
		if level := 10*math.Log10(max(math.Abs(rest), 1)*2/math.MaxInt16/math.MaxInt16) + fullScale; level > -50 {
			t.Errorf("%c: what is no tone has %.1f dBm0", Digits[code], level)
		}
	}
}

// TestToneInParts: a tone made in parts is that made at once, and silent behind its end.
func TestToneInParts(t *testing.T) {
	whole := make([]int16, 960)
	Tone(whole, 3, 0, 800)
	part := make([]int16, 160)
	for at := 0; at < len(whole); at += len(part) {
		Tone(part, 3, at, 800)
		if !slices.Equal(part, whole[at:at+len(part)]) {
			t.Errorf("the part from %d on differs", at)
		}
	}
	if slices.ContainsFunc(whole[800:], func(s int16) bool { return s != 0 }) {
		t.Error("the tone goes on behind its end")
	}
	if whole[0] != 0 || whole[799] > 3000 {
		t.Errorf("the tone begins with %d and ends with %d", whole[0], whole[799])
	}
}

// FuzzDetector: no sound breaks it, however it is cut, and a digit needs its 25 ms.
func FuzzDetector(f *testing.F) {
	loud := make([]byte, 1000)
	for i := range loud {
		loud[i] = byte(127 * math.Sin(float64(i)))
	}
	f.Add(loud, uint8(7))
	f.Add([]byte(Digits), uint8(160))
	f.Fuzz(func(t *testing.T, sound []byte, cut uint8) {
		pcm := make([]int16, len(sound))
		for i, b := range sound {
			pcm[i] = int16(int8(b)) << 8
		}
		whole, parts := find(pcm), []byte(nil)
		var d Detector
		for part := range slices.Chunk(pcm, int(cut)%160+1) {
			if digit := d.Step(part); digit != 0 {
				parts = append(parts, digit)
			}
		}
		if whole != string(parts) {
			t.Errorf("found %q in frames and %q in parts", whole, parts)
		}
		if len(whole)*200 > len(pcm) {
			t.Errorf("%q in %d samples", whole, len(pcm))
		}
	})
}
