package prompt

import (
	"slices"
	"time"

	"strowger/media"
)

// conferenceTones are what members of a conference hear: two tones that rise as one
// comes or is heard again, and fall as one goes or is muted. They are quieter than
// speech, which goes on beneath them.
func conferenceTones() map[string]*media.Prompt {
	const low, high = 440, 660
	tones := map[string]*media.Prompt{}
	for name, freqs := range map[string][]float64{
		"conference-enter": {low, high}, "conference-leave": {high, low},
		"conference-speaks": {high, high}, "conference-muted": {low, low},
	} {
		tones[name] = &media.Prompt{Name: name, PCM: beeps(freqs)}
	}
	return tones
}

func beeps(freqs []float64) []int16 {
	const each, level = 120 * time.Millisecond, -20
	var pcm []int16
	for _, f := range freqs {
		pcm = slices.Concat(pcm, Tone(f, each, level), make([]int16, samplesIn(each/2)))
	}
	return pcm
}
