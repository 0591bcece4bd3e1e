package overload

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// relay is a relay with a load, stepped second by second.
type relay struct {
	*Sound
	carried Carried
	load    Load
}

func newRelay(processors int) *relay {
	r := &relay{Sound: NewSound(processors, 0.85), carried: Carried{At: time.Unix(1e9, 0)}}
	r.Step(r.carried)
	return r
}

// goes lets seconds pass in which packets of a cost are carried, others of the process
// take processors, and packets are lost.
func (r *relay) goes(seconds int, packets uint64, cost time.Duration, others float64, lost uint64) Load {
	for range seconds {
		busy := time.Duration(packets) * cost
		r.carried.At = r.carried.At.Add(time.Second)
		r.carried.Packets += packets
		r.carried.Overrun += lost
		r.carried.Busy += busy
		r.carried.CPU += busy + time.Duration(others*float64(time.Second))
		r.load = r.Step(r.carried)
	}
	return r.load
}

func TestSound(t *testing.T) {
	const us = time.Microsecond
	for name, test := range map[string]struct {
		packets        uint64
		cost           time.Duration
		others         float64
		legs, speaking int
		lost           uint64
		share          float64
		full           bool
	}{
		"nothing":                        {share: 0},
		"a third":                        {packets: 66_000, cost: 10 * us, legs: 1320, speaking: 1320, share: 0.33},
		"near its end":                   {packets: 180_000, cost: 10 * us, legs: 3600, speaking: 3600, share: 0.9, full: true},
		"the same on a faster machine":   {packets: 180_000, cost: 5 * us, legs: 3600, speaking: 3600, share: 0.45},
		"with calls that ring":           {packets: 66_000, cost: 10 * us, legs: 2000, speaking: 1320, share: 0.5},
		"with many of them":              {packets: 66_000, cost: 10 * us, legs: 3520, speaking: 1320, share: 0.88, full: true},
		"most are held":                  {packets: 6_000, cost: 10 * us, legs: 2320, speaking: 1320, share: 0.053},
		"signalling takes a processor":   {packets: 90_000, cost: 10 * us, others: 1, legs: 1800, speaking: 1800, share: 0.9, full: true},
		"signalling takes all":           {packets: 10_000, cost: 10 * us, others: 2, legs: 200, speaking: 200, share: 0.2},
		"few packets do not tell a cost": {packets: 900, cost: 400 * us, legs: 18, speaking: 18, share: 0.18},
		"there is no sound":              {legs: 20_000, speaking: 19, packets: 950, cost: 10 * us, share: 0.005},
		"packets are lost":               {packets: 66_000, cost: 10 * us, legs: 1320, speaking: 1320, lost: 1000, share: 0.33, full: true},
		"a few are":                      {packets: 66_000, cost: 10 * us, legs: 1320, speaking: 1320, lost: 49, share: 0.33},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(2)
			r.carried.Legs, r.carried.Speaking = test.legs, test.speaking
			load := r.goes(300, test.packets, test.cost, test.others, test.lost)
			if math.Abs(load.Share-test.share) > 0.005 || load.Full != test.full {
				t.Errorf("%+v; want share %v, full %v", load, test.share, test.full)
			}
			if rate := float64(test.packets); math.Abs(load.Packets-rate) > rate/1000 {
				t.Errorf("%v packets/s, want %v", load.Packets, rate)
			}
			if test.packets >= enough && (load.Cost-test.cost).Abs() > test.cost/100 {
				t.Errorf("cost %v, want %v", load.Cost, test.cost)
			}
		})
	}
}

// TestSoundChangesItsMindSeldom: between both marks the answer stays what it was.
func TestSoundChangesItsMindSeldom(t *testing.T) {
	const cost = 10 * time.Microsecond
	r := newRelay(1)
	for _, step := range []struct {
		packets uint64
		full    bool
	}{{80_000, false}, {84_000, false}, {87_000, true}, {80_000, true}, {76_000, true}, {74_000, false}, {84_000, false}} {
		r.carried.Legs, r.carried.Speaking = int(step.packets/50), int(step.packets/50)
		if load := r.goes(120, step.packets, cost, 0, 0); load.Full != step.full {
			t.Errorf("%d packets/s: %+v, want full %v", step.packets, load, step.full)
		}
	}
}

// TestSoundIsQuickAndCalm: a second of load is none, five are; and packets that are lost
// tell at once, for some seconds.
func TestSoundIsQuickAndCalm(t *testing.T) {
	const cost = 10 * time.Microsecond
	r := newRelay(1)
	r.carried.Legs, r.carried.Speaking = 1000, 1000
	r.goes(60, 50_000, cost, 0, 0)
	if load := r.goes(1, 95_000, cost, 0, 0); load.Full {
		t.Errorf("full after a second: %+v", load)
	}
	if load := r.goes(5, 95_000, cost, 0, 0); !load.Full {
		t.Errorf("not full after six seconds: %+v", load)
	}
	r = newRelay(1)
	r.carried.Legs, r.carried.Speaking = 1000, 1000
	r.goes(60, 50_000, cost, 0, 0)
	if load := r.goes(1, 50_000, cost, 0, 5000); !load.Full {
		t.Errorf("not full although a tenth was lost: %+v", load)
	}
	if load := r.goes(3, 50_000, cost, 0, 0); !load.Full {
		t.Errorf("not full any more after 3 s: %+v", load)
	}
	if load := r.goes(3, 50_000, cost, 0, 0); load.Full {
		t.Errorf("still full after 6 s: %+v", load)
	}
}

// TestSoundIsNeverFull if it is told so.
func TestSoundIsNeverFull(t *testing.T) {
	r := newRelay(1)
	r.fullAt = 0
	r.carried.Legs, r.carried.Speaking = 2000, 2000
	if load := r.goes(60, 100_000, 10*time.Microsecond, 0, 5000); load.Full || load.Share < 0.99 {
		t.Errorf("%+v", load)
	}
}

// TestSoundIsFinite: whatever is counted, and though time stands still or goes back.
func TestSoundIsFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSound(rapid.IntRange(-1, 64).Draw(t, "processors"), 0.85)
		c := Carried{At: time.Unix(1e9, 0)}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			c.At = c.At.Add(time.Duration(rapid.Int64Range(-1e9, 1e10).Draw(t, "elapsed")))
			c.Packets += rapid.Uint64Range(0, 1e7).Draw(t, "packets")
			c.Overrun += rapid.Uint64Range(0, 1e6).Draw(t, "overrun")
			c.Busy += time.Duration(rapid.Int64Range(0, 1e11).Draw(t, "busy"))
			c.CPU += time.Duration(rapid.Int64Range(0, 1e11).Draw(t, "cpu"))
			c.Legs = rapid.IntRange(0, 1e5).Draw(t, "legs")
			c.Speaking = rapid.IntRange(0, 1e5).Draw(t, "speaking")
			l := s.Step(c)
			for _, f := range []float64{l.Packets, l.Sound, l.CPU, l.Share} {
				if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
					t.Fatalf("%+v", l)
				}
			}
		}
	})
}
