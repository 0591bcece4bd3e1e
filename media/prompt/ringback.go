package prompt

import (
	"time"

	"strowger/media"
)

// Ringback is what a caller in the United Kingdom hears while the other side rings
// (BT SIN 350): 400 and 450 Hz, twice 0.4 s in 3 s, without an end.
func Ringback() *media.Prompt {
	const level = -20
	ring := Tone(400, 400*time.Millisecond, level)
	for i, s := range Tone(450, 400*time.Millisecond, level) {
		ring[i] += s
	}
	pcm := make([]int16, samplesIn(3*time.Second))
	copy(pcm, ring)
	copy(pcm[samplesIn(600*time.Millisecond):], ring)
	return &media.Prompt{Name: "ringback", PCM: pcm, Loop: true}
}
