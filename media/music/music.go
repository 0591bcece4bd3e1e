// Package music is the built-in music on hold. It is composed and synthesised here,
// so that nobody has rights in it: a minute of quiet chords, an arpeggio on something
// like an electric piano, and now and then a melody, that goes round without a seam.
//
// It is made at the first call of Default, in some tens of milliseconds, and kept.
// Nothing is below 190 Hz, which telephones do not carry, and little is above 2 kHz,
// where codecs make music harsh.
package music

import (
	"math"
	"sync"

	"strowger/media"
)

const (
	sampleRate = 8000
	tempo      = 72 // beats a minute
	beat       = 60.0 / tempo
	bar        = 4 * beat
	level      = -24 // dB of full scale, RMS: below speech, which is at -20
	peak       = -6  // dB of full scale, at most
)

// Default is the built-in music.
var Default = sync.OnceValue(func() *media.Prompt {
	return &media.Prompt{Name: "music", PCM: compose(), Live: true}
})

// chords are four notes each, by semitones above the A of 220 Hz, a bar long.
var chords = [][4]int{
	{3, 7, 10, 14},   // C major 7
	{0, 3, 7, 10},    // A minor 7
	{8, 12, 15, 19},  // F major 7
	{10, 14, 17, 19}, // G 6
	{3, 7, 10, 14},
	{7, 10, 14, 17}, // E minor 7
	{8, 12, 15, 19},
	{10, 12, 17, 19}, // G sus
	{0, 3, 7, 12},    // A minor
	{8, 12, 15, 20},  // F 9
	{3, 7, 10, 15},   // C
	{10, 14, 17, 20}, // G
	{5, 8, 12, 15},   // D minor 7
	{10, 14, 17, 20},
	{3, 7, 10, 14},
	{3, 5, 10, 15}, // C sus
}

// step is a note of the melody: when, in beats, how high, and for how long.
type step struct {
	at, length float64
	note       int
}

var melody = []step{
	{at: 9, note: 24, length: 2},
	{at: 11, note: 22, length: 1},
	{at: 12, note: 19, length: 3},
	{at: 17, note: 22, length: 1},
	{at: 18, note: 19, length: 2},
	{at: 20, note: 19, length: 1},
	{at: 21, note: 22, length: 3},
	{at: 33, note: 24, length: 1},
	{at: 34, note: 27, length: 2},
	{at: 36, note: 24, length: 3},
	{at: 41, note: 22, length: 1},
	{at: 42, note: 19, length: 2},
	{at: 44, note: 22, length: 3},
	{at: 49, note: 20, length: 1},
	{at: 50, note: 17, length: 2},
	{at: 52, note: 19, length: 1},
	{at: 53, note: 17, length: 1},
	{at: 54, note: 15, length: 4},
}

// compose plays everything into one round.
func compose() []int16 {
	round := make([]float64, int(float64(len(chords))*bar*sampleRate))
	swell, struck := padShape(), pluckShapes()
	for i, chord := range chords {
		at := float64(i) * bar
		for _, note := range chord {
			for _, tune := range []float64{0.9985, 1.0015} { // two voices a little apart
				sine(round, at-0.1*bar, tune*hertz(note), 0.1, swell)
				sine(round, at-0.1*bar, 2*tune*hertz(note), 0.025, swell)
			}
		}
		for eighth, voice := range []int{0, 1, 2, 3, 2, 1, 3, 2} {
			hz, loud := hertz(chord[voice]+12), 0.5-0.05*float64(eighth%4)
			for _, p := range struck {
				sine(round, at+float64(eighth)*beat/2, p.times*hz, p.share*loud, p.shape)
			}
		}
	}
	for _, s := range melody {
		shape, hz := bellShape(s.length*beat), hertz(s.note)
		sine(round, s.at*beat, hz, 0.55, shape)
		sine(round, s.at*beat, 2*hz, 0.1, shape)
		sine(round, s.at*beat, 3*hz, 0.03, shape)
	}
	return finish(round)
}

// hertz is the frequency of a note by semitones above 220 Hz.
func hertz(note int) float64 { return 220 * math.Pow(2, float64(note)/12) }

// shaped is how loud a note is at each sample; t is in seconds.
func shaped(seconds float64, loud func(t float64) float64) []float64 {
	out := make([]float64, int(seconds*sampleRate))
	for i := range out {
		out[i] = loud(float64(i) / sampleRate)
	}
	return out
}

// padShape swells and fades over a little more than a bar.
func padShape() []float64 {
	const length = 1.15 * bar
	return shaped(length, func(t float64) float64 { return math.Sin(math.Pi * t / length) })
}

// part is one partial of a note.
type part struct {
	times, share float64 // its frequency and loudness, as shares of the note's
	shape        []float64
}

// pluckShapes are those of a note that is struck and dies away, its overtones sooner.
func pluckShapes() []part {
	dies := func(decay float64) []float64 {
		return shaped(1.6, func(t float64) float64 { return min(1, t/0.005) * math.Exp(-t/decay) })
	}
	return []part{{1, 1, dies(0.45)}, {2, 0.3, dies(0.2)}, {4, 0.08, dies(0.06)}}
}

// bellShape is soft, with a little vibrato of loudness.
func bellShape(length float64) []float64 {
	const fades = 0.5
	return shaped(length+fades, func(t float64) float64 {
		edge := min(1, t/0.06, (length+fades-t)/fades)
		return edge * math.Exp(-t/2.5) * (1 - 0.08*math.Cos(2*math.Pi*5*t))
	})
}

// sine adds a tone at a time in seconds; what goes beyond the end comes in again at the
// start. It is a rotation, which costs less than math.Sin.
func sine(round []float64, at, hz, loud float64, shape []float64) {
	s, c := math.Sincos(2 * math.Pi * hz / sampleRate)
	x, y := loud, 0.0
	k := (int(at*sampleRate) + len(round)) % len(round)
	for _, now := range shape {
		round[k] += y * now
		if k++; k == len(round) {
			k = 0
		}
		x, y = x*c-y*s, x*s+y*c
	}
}

// finish brings the sound to its level; what is above the peak is bent, not cut.
func finish(round []float64) []int16 {
	var power float64
	for _, x := range round {
		power += x * x
	}
	gain := decibels(level) / math.Sqrt(power/float64(len(round)))
	most := decibels(peak)
	out := make([]int16, len(round))
	for i, x := range round {
		out[i] = int16(math.Round(math.MaxInt16 * most * math.Tanh(gain*x/most)))
	}
	return out
}

func decibels(db float64) float64 { return math.Pow(10, db/20) }
