package dtmf

import "math"

// The frequencies of ITU-T Q.23, in Hz.
var (
	low  = [4]float64{697, 770, 852, 941}
	high = [4]float64{1209, 1336, 1477, 1633}
)

// keys are the digits by low and high frequency.
const keys = "123A456B789C*0#D"

// Levels of the tones that are made, in dBm0 (ETSI ES 201 235-2 wants the high one 1 to 4
// dB above the low one).
const (
	LowLevel  = -8.0
	HighLevel = -6.0
)

const (
	rate      = 8000 // samples a second
	fullScale = 3.14 // dBm0 of a sine of full scale
	ramp      = 16   // samples in which a tone rises and falls, 2 ms
)

// amplitude is the peak of a sine of so many dBm0.
func amplitude(level float64) float64 {
	return math.MaxInt16 * math.Pow(10, (level-fullScale)/20)
}

// frequencies are the pair of a digit.
func frequencies(code byte) (lower, higher float64) {
	for i := range len(keys) {
		if keys[i] == Digits[code%byte(len(Digits))] {
			return low[i/4], high[i%4]
		}
	}
	return 0, 0
}

// Tone writes a part of a digit's tone to dst: the samples from at on, of length in all.
// It is silent outside of them.
func Tone(dst []int16, code byte, at, length int) {
	lower, higher := frequencies(code)
	a, b := amplitude(LowLevel), amplitude(HighLevel)
	for i := range dst {
		n := at + i
		if n < 0 || n >= length {
			dst[i] = 0
			continue
		}
		t := 2 * math.Pi * float64(n) / rate
		rise := min(1, float64(min(n+1, length-n))/ramp)
		dst[i] = int16(math.Round(rise * (a*math.Sin(lower*t) + b*math.Sin(higher*t))))
	}
}
