package e2e

import (
	"testing"

	"strowger/media/music"
	"strowger/media/prompt"
	"strowger/media/sound/soundtest"
)

// musicWindow is what is compared at a time, in steps of 10 ms.
const musicWindow = 60

// musical is how much the part of a recording that is most like the music on hold is
// like it, from 0 to 1: the correlation of how loud both are every 10 ms, wherever in
// the music it is.
func musical(heard []int16) float64 {
	best, whole := 0.0, soundtest.Loudness(music.Default().PCM)
	recorded := soundtest.Loudness(heard)
	for at := 0; at+musicWindow <= len(recorded); at += 5 {
		for in := 0; in+musicWindow <= len(whole); in++ {
			best = max(best, soundtest.Correlation(recorded[at:at+musicWindow], whole[in:in+musicWindow]))
		}
	}
	return best
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
