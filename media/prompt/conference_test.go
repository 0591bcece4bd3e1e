package prompt

import "testing"

// TestConferenceTones: short, quieter than speech, and each another pair of tones.
func TestConferenceTones(t *testing.T) {
	l := open(t, "")
	for name, freqs := range map[string][2]float64{
		"conference-enter": {440, 660}, "conference-leave": {660, 440}, "conference-muted": {440, 440}, "conference-speaks": {660, 660},
	} {
		pcm := get(t, l, Fallback, name).PCM
		shares := [2][]float64{ToneShare(pcm, freqs[0]), ToneShare(pcm[samplesIn(180e6):], freqs[1])}
		for i, s := range shares {
			if s[0] < 0.95 {
				t.Errorf("%s: tone %d has a share of %.2f", name, i+1, s[0])
			}
		}
		if len(pcm) > SampleRate/2 {
			t.Errorf("%s has %d samples", name, len(pcm))
		}
	}
}
