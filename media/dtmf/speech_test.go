package dtmf

import (
	"bytes"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	"strowger/media/prompt"
)

// TestTalkOffSynthetic: minutes of what is like speech have no digit: a pitch that
// glides and trembles, with its harmonics through three formants.
func TestTalkOffSynthetic(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	minutes := 2
	if testing.Short() {
		minutes = 1
	}
	pcm := make([]int16, minutes*60*rate)
	var phase, pitch, glide float64
	var formants [3]float64
	left := 0
	for n := range pcm {
		if left == 0 { // the next sound
			left = rate/20 + random.IntN(rate/5)
			pitch, glide = 80+random.Float64()*200, (random.Float64()-0.5)*100/rate
			formants = [3]float64{250 + random.Float64()*700, 900 + random.Float64()*1500, 2400 + random.Float64()*800}
		}
		left--
		pitch += glide + (random.Float64()-0.5)*0.2
		phase += pitch / rate
		sum, first := 0.0, cmplx.Rect(1, 2*math.Pi*phase)
		for k, harmonic := 1.0, first; k*pitch < 3400; k, harmonic = k+1, harmonic*first {
			f := k * pitch
			gain := 0.02
			for i, center := range formants {
				gain += 1 / float64(1+i) / math.Hypot(1, (f-center)/(0.04*center+20))
			}
			sum += gain * imag(harmonic)
		}
		pcm[n] = int16(max(min(sum*6000, math.MaxInt16), math.MinInt16))
	}
	if found := find(pcm); found != "" {
		t.Errorf("found %q", found)
	}
}

// TestTalkOffPrompts: the prompts in our voice have no digit, again and again at other
// loudness and place.
func TestTalkOffPrompts(t *testing.T) {
	library, err := prompt.Open("")
	if err != nil {
		t.Fatal(err)
	}
	var total time.Duration
	for _, p := range append(library.Entries("en"), library.Entries("cy")...) {
		total += time.Duration(len(p.PCM)) * time.Second / rate
		for shift := range 5 {
			if found := find(p.PCM[min(shift*11, len(p.PCM)):]); found != "" {
				t.Errorf("%s/%s: found %q", p.Language, p.Name, found)
			}
		}
	}
	if total < 10*time.Second {
		t.Errorf("only %v of speech", total)
	}
}

// TestTalkOffSpeech: minutes of speech by several voices have no digit.
func TestTalkOffSpeech(t *testing.T) {
	if testing.Short() {
		t.Skip("speech takes a while")
	}
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("no speech: espeak-ng is not installed")
	}
	text := strings.Repeat("Thank you for calling. My card number is four nine two nine, one two three four, five six seven eight, nine oh oh two. "+
		"The weather in Manchester is rainy, isn't it? You may remain seated while we move slowly through an ordinary evening. "+
		"Eeeee, oooo, aaah, mmmm. Who knew you knew? We were away a year ago. ", 8)
	var total time.Duration
	for _, voice := range []string{"en-gb+m1", "en-gb+f2", "en-us+f4", "cy+m3", "en-gb+croak", "en-gb+whisper"} {
		wav, err := exec.Command("espeak-ng", "--stdout", "-v", voice, text).Output()
		if err != nil {
			t.Fatalf("%s: %v", voice, err)
		}
		pcm := resampled(wav)
		total += time.Duration(len(pcm)) * time.Second / rate
		if found := find(pcm); found != "" {
			t.Errorf("%s: found %q in %d s", voice, found, len(pcm)/rate)
		}
	}
	t.Logf("%v of speech", total.Round(time.Second))
	if total < 5*time.Minute {
		t.Errorf("only %v of speech", total)
	}
}

// resampled takes the samples of a WAV of espeak-ng (22050 Hz) to 8000 Hz. What is above
// 4 kHz may fold down: that makes it no easier.
func resampled(wav []byte) []int16 {
	_, data, _ := bytes.Cut(wav, []byte("data"))
	data = data[4:]
	out := make([]int16, 0, len(data)/5)
	for n := 0; ; n++ {
		at := float64(n) * 22050 / rate
		i := int(at)
		if 2*i+3 >= len(data) {
			return out
		}
		a, b := sampleAt(data, i), sampleAt(data, i+1)
		out = append(out, int16(a+(b-a)*(at-float64(i))))
	}
}

func sampleAt(data []byte, i int) float64 {
	return float64(int16(uint16(data[2*i]) | uint16(data[2*i+1])<<8))
}
