package quality

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	const step = 10 * time.Millisecond
	random := rand.New(rand.NewPCG(1, 2)).Float64
	var first, between []time.Duration
	for range 200 {
		var s Schedule
		last := start
		if s.Due(start, random) {
			t.Fatal("due at once")
		}
		for now := start; now.Before(start.Add(2 * time.Minute)); now = now.Add(step) {
			if !s.Due(now, random) {
				continue
			}
			if last.Equal(start) {
				first = append(first, now.Sub(last))
			} else {
				between = append(between, now.Sub(last))
			}
			last = now
		}
	}
	check := func(name string, intervals []time.Duration, mean time.Duration) {
		var sum time.Duration
		least, most := time.Hour, time.Duration(0)
		for _, d := range intervals {
			least, most, sum = min(least, d), max(most, d), sum+d
		}
		average := sum / time.Duration(len(intervals))
		// Half to one and a half of the mean; reconsideration makes up for the division.
		if low, high := mean*41/100, mean*124/100+step; least < low || most > high {
			t.Errorf("%s: from %v to %v, want %v to %v", name, least, most, low, high)
		}
		if average < mean*85/100 || average > mean*105/100 {
			t.Errorf("%s: %v in the mean, want about %v", name, average, mean)
		}
	}
	check("first", first, minInterval/2)
	check("between", between, minInterval)
}
