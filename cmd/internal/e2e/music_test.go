package e2e

import (
	"math"
	"testing"

	"strowger/media/music"
	"strowger/media/prompt"
)

// musicWindow is what is compared at a time, in steps of 10 ms.
const musicWindow = 60

// musical is how much the part of a recording that is most like the music on hold is
// like it, from 0 to 1: the correlation of how loud both are every 10 ms, wherever in
// the music it is.
func musical(heard []int16) float64 {
	best, whole := 0.0, loudness(music.Default().PCM)
	recorded := loudness(heard)
	for at := 0; at+musicWindow <= len(recorded); at += 5 {
		for in := 0; in+musicWindow <= len(whole); in++ {
			best = max(best, correlation(recorded[at:at+musicWindow], whole[in:in+musicWindow]))
		}
	}
	return best
}

// loudness is that of each 10 ms.
func loudness(pcm []int16) []float64 {
	var out []float64
	for ; len(pcm) >= 80; pcm = pcm[80:] {
		var power float64
		for _, s := range pcm[:80] {
			power += float64(s) * float64(s)
		}
		out = append(out, math.Sqrt(power))
	}
	return out
}

func correlation(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(a))
	}
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// TestMusical: the measure knows the music from other sound.
func TestMusical(t *testing.T) {
	pcm := music.Default().PCM
	if like := musical(pcm[12345:][:8000]); like < 0.97 {
		t.Errorf("the music is like itself to %.2f", like)
	}
	library, err := prompt.Open("")
	if err != nil {
		t.Fatal(err)
	}
	speech, err := library.Get("en", "all-busy")
	if err != nil {
		t.Fatal(err)
	}
	tone := prompt.Tone(benTone, talkTime, -10)
	for name, other := range map[string][]int16{"speech": speech.PCM, "a tone": tone, "silence": make([]int16, 8000)} {
		if like := musical(other); like > 0.93 {
			t.Errorf("%s is like the music to %.2f", name, like)
		}
	}
}
