package mix

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const frame = 160

// sine is a frame of a tone that goes on from frame to frame.
func sine(freq, peak float64, number int) []int16 {
	pcm := make([]int16, frame)
	for i := range pcm {
		pcm[i] = int16(math.Round(peak * math.Sin(2*math.Pi*freq*float64(number*frame+i)/8000)))
	}
	return pcm
}

// share is the part of the power that is at freq, and the power at it as a peak.
func share(pcm []int16, freq float64) (part, peak float64) {
	var re, im, power float64
	for i, s := range pcm {
		x, a := float64(s), 2*math.Pi*freq*float64(i)/8000
		re, im, power = re+x*math.Cos(a), im+x*math.Sin(a), power+x*x
	}
	n := float64(len(pcm))
	peak = 2 * math.Hypot(re, im) / n
	return peak * peak / 2 * n / max(power, 1), peak
}

// play mixes so many frames of tones; what each source hears, and who is none.
func play(frames int, tones []float64, peak float64) (heard [][]int16, outside []int16) {
	var b Bus
	limiters := make([]Limiter, len(tones)+1)
	heard = make([][]int16, len(tones))
	for n := range frames {
		b.Reset(frame)
		var own [][]int16
		for _, f := range tones {
			pcm := sine(f, peak, n)
			own = append(own, pcm)
			b.Add(pcm)
		}
		dst := make([]int16, frame)
		for i := range tones {
			b.Take(dst, own[i], &limiters[i])
			heard[i] = append(heard[i], dst...)
		}
		b.Take(dst, nil, &limiters[len(tones)])
		outside = append(outside, dst...)
	}
	return heard, outside
}

func TestEachHearsAllOthers(t *testing.T) {
	tones := []float64{400, 700, 1000, 1300}
	heard, outside := play(50, tones, 4000)
	for i, pcm := range heard {
		for j, f := range tones {
			_, peak := share(pcm, f)
			if want := 4000.0; i == j && peak > 1 || i != j && math.Abs(peak-want) > 10 {
				t.Errorf("member %d hears %v Hz at %.0f", i, f, peak)
			}
		}
	}
	for _, f := range tones {
		if _, peak := share(outside, f); math.Abs(peak-4000) > 10 {
			t.Errorf("who is no source hears %v Hz at %.0f", f, peak)
		}
	}
}

// TestLoneSpeakerIsAsLoudAsInABridge: sample for sample, up to the loudest that G.711
// has, however many are silent.
func TestLoneSpeakerIsAsLoudAsInABridge(t *testing.T) {
	var b Bus
	var l Limiter
	for n := range 20 {
		pcm := sine(440, Ceiling, n)
		b.Reset(frame)
		b.Add(pcm)
		for range 29 {
			b.Add(make([]int16, frame))
		}
		dst := make([]int16, frame)
		b.Take(dst, nil, &l)
		if !slices.Equal(dst, pcm) {
			t.Fatalf("frame %d is changed", n)
		}
	}
}

// TestLoudTogetherStaysSound: five at full scale are turned down, and what is heard are
// the five tones: less than a thousandth of the power is elsewhere. Clipping puts a
// tenth there.
func TestLoudTogetherStaysSound(t *testing.T) {
	tones := []float64{400, 700, 1000, 1300, 1600}
	_, pcm := play(100, tones, 32000)
	pcm = pcm[50*frame:] // once the gain has settled
	total := 0.0
	for _, f := range tones {
		part, peak := share(pcm, f)
		total += part
		if peak < 4000 {
			t.Errorf("%v Hz is at %.0f", f, peak)
		}
	}
	if total < 0.999 {
		t.Errorf("%.4f of the power is in the tones", total)
	}
}

// TestGainComesBack: within a second of the last loud frame.
func TestGainComesBack(t *testing.T) {
	var b Bus
	var l Limiter
	dst := make([]int16, frame)
	for n := range 60 {
		b.Reset(frame)
		b.Add(sine(400, 10000, n))
		if n < 10 {
			for range 7 {
				b.Add(sine(400, 32000, n))
			}
		}
		b.Take(dst, nil, &l)
		if n == 59 && !slices.Equal(dst, sine(400, 10000, n)) {
			t.Error("it is still turned down")
		}
	}
}

// TestNothingLeavesTheRange whatever is mixed, and each listener hears what it would if
// the others had been added alone.
func TestNothingLeavesTheRange(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		members := rapid.IntRange(1, 30).Draw(rt, "members")
		var with, without Bus
		var one, two Limiter
		for range rapid.IntRange(1, 4).Draw(rt, "frames") {
			with.Reset(8)
			without.Reset(8)
			var own []int16
			for i := range members {
				pcm := rapid.SliceOfN(rapid.Int16(), 8, 8).Draw(rt, "pcm")
				with.Add(pcm)
				if i == 0 {
					own = pcm
				} else {
					without.Add(pcm)
				}
			}
			a, b := make([]int16, 8), make([]int16, 8)
			with.Take(a, own, &one)
			without.Take(b, nil, &two)
			if !slices.Equal(a, b) {
				rt.Fatalf("%v, want %v", a, b)
			}
			if low, high := slices.Min(a), slices.Max(a); low < -Ceiling || high > Ceiling {
				rt.Fatalf("%d to %d", low, high)
			}
		}
	})
}

// BenchmarkThirty is a frame of a conference of 30.
func BenchmarkThirty(b *testing.B) {
	var bus Bus
	limiters, pcm, dst := make([]Limiter, 30), sine(400, 3000, 0), make([]int16, frame)
	b.ReportAllocs()
	for b.Loop() {
		bus.Reset(frame)
		for range limiters {
			bus.Add(pcm)
		}
		for i := range limiters {
			bus.Take(dst, pcm, &limiters[i])
		}
	}
}
