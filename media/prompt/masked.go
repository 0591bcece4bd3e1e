package prompt

import (
	"time"

	"strowger/media"
)

// Masked is the flat tone that is heard in the stead of a party whose digits are nobody's
// to hear: 425 Hz, no tone of a digit, without an end.
func Masked() *media.Prompt {
	const freq, level = 425, -30
	return &media.Prompt{Name: "masked", PCM: Tone(freq, time.Second, level), Loop: true}
}
