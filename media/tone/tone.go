// Package tone makes the tones of a country's telephone network: ringing, busy and
// what else a caller hears instead of speech.
//
// # Contract
//
// Sound is 8000 samples a second, mono, 16 bits. A Signal is data; Prompt makes sound
// of it, one whole cadence that loops. All is pure and safe for concurrent use.
//
// # Decisions
//
//   - Frequencies and cadences are those that administrations have told the ITU
//     (ITU-T E.180 Supplement 2), for the United Kingdom those of BT SIN 350. Where a
//     country names no tone for an unobtainable number, it is the special information
//     tone (E.180 section 5.5).
//   - The level is that of E.180 section 6 for all: -13 dBm0, with two frequencies half
//     of it each. A full-scale sine is +3.14 dBm0 in A-law.
//   - A burst rises and falls within 2 ms, so that it does not click.
package tone

import (
	"math"
	"time"

	"strowger/media"
)

const (
	sampleRate = 8000
	levelDBm0  = -13
	fullScale  = 3.14 // dBm0 of a full-scale sine
	ramp       = sampleRate * 2 / 1000
)

// Kind is what a tone says.
type Kind string

// The kinds.
const (
	Ringing      Kind = "ringing"      // the called phone rings
	Busy         Kind = "busy"         // it is in use
	Congestion   Kind = "congestion"   // the network cannot carry the call
	Unobtainable Kind = "unobtainable" // there is no such number
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Ringing, Busy, Congestion, Unobtainable} }

// Burst is a part of a cadence.
type Burst struct {
	Hz  []float64 // together; none is silence
	By  float64   // Hz by which the first is modulated in full; 0 means not
	For time.Duration
}

// Signal is a cadence, which is repeated.
type Signal []Burst

// Prompt is the sound of a signal, without an end.
func (s Signal) Prompt(name string) *media.Prompt {
	var pcm []int16
	for _, b := range s {
		pcm = append(pcm, b.sound(len(s) > 1)...)
	}
	return &media.Prompt{Name: name, PCM: pcm, Loop: true}
}

// sound is a burst, with soft edges unless it goes on without one.
func (b Burst) sound(edges bool) []int16 {
	out := make([]int16, int(b.For*sampleRate/time.Second))
	if len(b.Hz) == 0 {
		return out
	}
	peak := math.MaxInt16 * math.Pow(10, (levelDBm0-fullScale)/20) / math.Sqrt(float64(len(b.Hz)))
	for i := range out {
		at := 2 * math.Pi * float64(i) / sampleRate
		var sum float64
		for _, hz := range b.Hz {
			sum += math.Sin(hz * at)
		}
		if b.By > 0 {
			sum *= (1 - math.Cos(b.By*at)) / 2
		}
		if edges {
			sum *= min(1, float64(i)/ramp, float64(len(out)-1-i)/ramp)
		}
		out[i] = int16(math.Round(peak * sum))
	}
	return out
}
