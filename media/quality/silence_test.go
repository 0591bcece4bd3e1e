package quality

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"strowger/media/codec"
)

// tone is 20 ms of a sine at a level in dBm0, from sample n on.
func tone(law codec.Law, level, frequency float64, n int) []byte {
	amplitude := 32768 * math.Pow(10, (level-3.14)/20)
	pcm, codes := make([]int16, 160), make([]byte, 160)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*frequency*float64(n+i)/8000)))
	}
	law.Encode(codes, pcm)
	return codes
}

func TestSilence(t *testing.T) {
	for name, test := range map[string]struct {
		level  float64
		silent bool
	}{
		"digital silence":     {-200, true},
		"below the limit":     {-66, true},
		"above the limit":     {-50, false},
		"speech":              {-20, false},
		"as loud as G.711 is": {3, false},
	} {
		for _, law := range []codec.Law{codec.ULaw, codec.ALaw} {
			for _, frequency := range []float64{50, 425, 1000, 1004, 2000} {
				var s Silence
				for i := range deadAfter {
					s.Step(law, tone(law, test.level, frequency, 160*i), start.Add(time.Duration(i)*packetTime))
				}
				if s.Dead() != test.silent || (s.Now() > 9*time.Second) != test.silent || s.Longest() != s.Now() {
					t.Errorf("%s, law %d, %v Hz: dead %v, silent for %v", name, law, frequency, s.Dead(), s.Now())
				}
			}
		}
	}
}

// TestSilences: each ends with sound, comfort noise and hold, and one click in ten
// seconds shows that the microphone lives.
func TestSilences(t *testing.T) {
	var s Silence
	quiet, loud := tone(codec.ALaw, -200, 425, 0), tone(codec.ALaw, -20, 425, 0)
	n := 0
	say := func(codes []byte, times int) {
		for range times {
			s.Step(codec.ALaw, codes, start.Add(time.Duration(n)*packetTime))
			n++
		}
	}
	say(quiet, 101)
	if s.Now() != 2*time.Second {
		t.Errorf("silent for %v, want 2 s", s.Now())
	}
	say(loud, 1)
	if s.Now() != 0 || s.Longest() != 2*time.Second {
		t.Errorf("silent for %v after sound, longest %v", s.Now(), s.Longest())
	}
	say(quiet, 51)
	s.Pause()
	n += 1000
	say(quiet, 51)
	if s.Now() != time.Second || s.Longest() != 2*time.Second {
		t.Errorf("silent for %v after a pause, longest %v", s.Now(), s.Longest())
	}
	say(quiet, deadAfter)
	if s.Dead() {
		t.Error("dead although it was heard once")
	}
	s.Step(codec.ALaw, nil, start) // nothing to look at
}

// TestSilenceLooksAtAll: a sound of one code is found wherever it stands in a packet,
// and what is not looked at is no silence.
func TestSilenceLooksAtAll(t *testing.T) {
	for at := range stride {
		var s Silence
		codes := tone(codec.ALaw, -200, 425, 0)
		codes[at] = tone(codec.ALaw, 3, 2000, 0)[1]
		for i := range deadAfter {
			s.Step(codec.ALaw, codes, start.Add(time.Duration(i)*packetTime))
		}
		if s.Dead() {
			t.Errorf("code %d is not looked at", at)
		}
	}
	var s Silence
	for i := range 2 {
		s.Step(codec.ALaw, tone(codec.ALaw, -200, 425, 0)[:1], start.Add(time.Duration(i)*packetTime))
	}
	if s.Now() != 0 {
		t.Errorf("silent for %v in packets without the codes to look at", s.Now())
	}
}

func TestSilenceAtTheLimit(t *testing.T) {
	var s Silence
	code := make([]byte, 1)
	codec.ULaw.Encode(code, []int16{16})
	if powers[codec.ULaw][code[0]] != quietPower {
		t.Fatal("no code lies at the limit")
	}
	s.Step(codec.ULaw, code, start)
	if s.silent != 1 {
		t.Error("sound at the limit is not silent")
	}
}

// TestSilenceInG722: noise, as of a quiet line, and speech and tones that are much louder.
func TestSilenceInG722(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(int) float64 { return random.NormFloat64() / math.Sqrt2 }
	sine := func(i int) float64 { return math.Sin(2 * math.Pi * 1000 * float64(i) / 16000) }
	for name, test := range map[string]struct {
		level  float64 // dBm0
		sound  func(int) float64
		silent bool
	}{
		"digital silence":      {-200, noise, true},
		"a quiet line":         {-66, noise, true},
		"a noisy line":         {-54, noise, false},
		"as loud as speech":    {-20, noise, false},
		"as loud as it can be": {0, noise, false},
		"a tone":               {-20, sine, false},
	} {
		var s Silence
		var e codec.G722Encoder
		amplitude := 32768 * math.Pow(10, (test.level-3.14)/20)
		for i := range deadAfter + 10 {
			pcm, codes := make([]int16, 320), make([]byte, 160)
			for k := range pcm {
				pcm[k] = int16(max(-32768, min(32767, math.Round(amplitude*test.sound(320*i+k)))))
			}
			e.Encode(codes, pcm)
			if i >= 10 { // the encoder's own start
				s.StepG722(codes, start.Add(time.Duration(i)*packetTime))
			}
		}
		if s.Dead() != test.silent || (s.Now() > 9*time.Second) != test.silent {
			t.Errorf("%s: dead %v, silent for %v", name, s.Dead(), s.Now())
		}
	}
	var s Silence
	if s.StepG722(nil, start); s.looked != 0 {
		t.Error("nothing was looked at")
	}
}

// TestSilenceElsewhere: what another one looked at counts as if it had been looked at here.
func TestSilenceElsewhere(t *testing.T) {
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	var s Silence
	s.Elsewhere(0, 0, at(0), start, at(1))
	if s.looked != 0 || s.Now() != 0 {
		t.Error("nothing was looked at")
	}
	s.Elsewhere(400, 0, at(0), time.Time{}, at(8))
	if s.Now() != 8*time.Second || s.Dead() {
		t.Errorf("silent for %v, dead %v", s.Now(), s.Dead())
	}
	s.Elsewhere(100, 0, at(8), time.Time{}, at(10))
	if s.Now() != 10*time.Second || !s.Dead() || s.Longest() != 10*time.Second {
		t.Errorf("silent for %v, dead %v", s.Now(), s.Dead())
	}
	s.Elsewhere(50, 20, at(10), at(11), at(12))
	if s.Now() != time.Second || s.Dead() || s.Longest() != 10*time.Second {
		t.Errorf("silent for %v, dead %v, longest %v", s.Now(), s.Dead(), s.Longest())
	}
	s.Elsewhere(50, 50, at(12), at(13), at(13))
	if s.Now() != 0 {
		t.Errorf("silent for %v at the end of a sound", s.Now())
	}
}
