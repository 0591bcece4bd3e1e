package prompt

import (
	"slices"
	"time"
)

// conferenceTones are what members of a conference hear: two tones that rise as one
// comes or is heard again, and fall as one goes or is muted. They are quieter than
// speech, which goes on beneath them. The frequencies are in Hz.
var conferenceTones = map[string][]float64{
	"conference-enter": {440, 660}, "conference-leave": {660, 440},
	"conference-speaks": {660, 660}, "conference-muted": {440, 440},
}

func beeps(freqs []float64) []int16 {
	const each, level = 120 * time.Millisecond, -20
	var pcm []int16
	for _, f := range freqs {
		pcm = slices.Concat(pcm, Tone(f, each, level), make([]int16, samplesIn(each/2)))
	}
	return pcm
}
