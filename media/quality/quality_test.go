package quality

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

const packetTime = 20 * time.Millisecond

// sequences steps a receiver through sequence numbers, 20 ms apart.
func sequences(r *Receiver, seqs ...uint16) []Verdict {
	var verdicts []Verdict
	for i, seq := range seqs {
		verdicts = append(verdicts, r.Step(seq, uint32(seq)*160, 8000, start.Add(time.Duration(i)*packetTime)))
	}
	return verdicts
}

func TestSequence(t *testing.T) {
	for name, test := range map[string]struct {
		seqs     []uint16
		verdicts []Verdict
		received uint64
		lost     int64
	}{
		"in order":            {[]uint16{7, 8, 9}, []Verdict{InOrder, InOrder, InOrder}, 3, 0},
		"over the wrap":       {[]uint16{65534, 65535, 0, 1}, []Verdict{InOrder, InOrder, InOrder, InOrder}, 4, 0},
		"loss":                {[]uint16{1, 2, 5}, []Verdict{InOrder, InOrder, InOrder}, 3, 2},
		"late":                {[]uint16{1, 3, 2, 4}, []Verdict{InOrder, InOrder, Late, InOrder}, 4, 0},
		"late over the wrap":  {[]uint16{65535, 1, 0}, []Verdict{InOrder, InOrder, Late}, 3, 0},
		"before the first":    {[]uint16{5, 4, 6}, []Verdict{InOrder, Late, InOrder}, 3, 0},
		"before, at the wrap": {[]uint16{0, 65535, 1}, []Verdict{InOrder, Late, InOrder}, 3, 0},
		"duplicate":           {[]uint16{1, 2, 2, 1}, []Verdict{InOrder, InOrder, Duplicate, Duplicate}, 4, -2},
		"late and again":      {[]uint16{1, 3, 2, 2}, []Verdict{InOrder, InOrder, Late, Duplicate}, 4, -1},
		"stray":               {[]uint16{1, 30000, 2}, []Verdict{InOrder, Jump, InOrder}, 2, 0},
		"jump":                {[]uint16{1, 30000, 30001, 30002}, []Verdict{InOrder, Jump, Restarted, InOrder}, 3, 0},
		"jump back":           {[]uint16{30000, 1, 2}, []Verdict{InOrder, Jump, Restarted}, 2, 0},
		"jump over the wrap":  {[]uint16{1, 65000, 65001}, []Verdict{InOrder, Jump, Restarted}, 2, 0},
		"largest step":        {[]uint16{1, 3000}, []Verdict{InOrder, InOrder}, 2, 2998},
	} {
		t.Run(name, func(t *testing.T) {
			var r Receiver
			got := sequences(&r, test.seqs...)
			for i := range got {
				if got[i] != test.verdicts[i] {
					t.Errorf("verdicts %v, want %v", got, test.verdicts)
					break
				}
			}
			late := uint64(0)
			for _, v := range test.verdicts {
				if v == Late {
					late++
				}
			}
			if got := r.Figures().Reordered; got != late {
				t.Errorf("%d reordered, want %d", got, late)
			}
			if f := r.Figures(); f.Received != test.received || f.Lost() != test.lost {
				t.Errorf("received %d, lost %d; want %d, %d", f.Received, f.Lost(), test.received, test.lost)
			}
		})
	}
}

// TestJitter is computed by hand from RFC 3550, A.8: the differences of transit
// are 0, 4, 4 and 8 ms.
func TestJitter(t *testing.T) {
	var r Receiver
	for i, ms := range []int{0, 20, 44, 60, 88} {
		r.Step(uint16(i), uint32(i*160), 8000, start.Add(time.Duration(ms)*time.Millisecond))
	}
	j := 0.0
	for _, d := range []float64{0, 4, 4, 8} {
		j += (d - j) / 16
	}
	want := time.Duration(j * float64(time.Millisecond))
	f := r.Figures()
	if d := f.Jitter - want; d < -time.Microsecond || d > time.Microsecond {
		t.Errorf("jitter %v, want %v", f.Jitter, want)
	}
	if got := r.Position().Jitter; got != f.Jitter {
		t.Errorf("jitter %v for another receiver, want %v", got, f.Jitter)
	}
	if f.MaxGap != 28*time.Millisecond || f.First != start || f.Last != start.Add(88*time.Millisecond) {
		t.Errorf("figures %+v", f)
	}
	if got := r.Report().Jitter; got != uint32(j*8) { // 8 to a millisecond
		t.Errorf("reported jitter %d, want %d", got, uint32(j*8))
	}
}

// TestJitterIgnoresWhatHasNoTime: events of RFC 4733 keep their timestamp, and a
// change of clock or a restart is no jitter.
func TestJitterIgnoresWhatHasNoTime(t *testing.T) {
	var r Receiver
	at := func(i int) time.Time { return start.Add(time.Duration(i) * packetTime) }
	for i := range 10 {
		r.Step(uint16(i), uint32(i*160), 8000, at(i))
	}
	for i := 10; i < 60; i++ {
		r.Step(uint16(i), 1600, 0, at(i))
	}
	for i := 60; i < 70; i++ {
		r.Step(uint16(i), uint32(i*160), 8000, at(i))
	}
	for i := 70; i < 80; i++ {
		r.Step(uint16(i), uint32(i*960), 48000, at(i))
	}
	r.Restart()
	for i := 80; i < 90; i++ {
		r.Step(uint16(i), uint32(i*960+77777), 48000, at(i))
	}
	if f := r.Figures(); f.Jitter != 0 || f.Received != 90 || f.Lost() != 0 {
		t.Errorf("figures %+v", f)
	}
}

func TestReport(t *testing.T) {
	var r Receiver
	sequences(&r, 65530, 65531, 65535, 1) // 4 of 8
	if got, want := r.Report(), (Report{FractionLost: 128, Lost: 4, Highest: 1<<16 + 1}); got.FractionLost != want.FractionLost || got.Lost != want.Lost || got.Highest != want.Highest {
		t.Errorf("report %+v, want %+v", got, want)
	}
	sequences(&r, 2, 3, 4)
	if got := r.Report(); got.FractionLost != 0 || got.Lost != 4 {
		t.Errorf("report %+v, want none lost in the interval", got)
	}
	sequences(&r, 8, 9) // 2 of 5
	if got := r.Report(); got.FractionLost != 3*256/5 || got.Lost != 7 {
		t.Errorf("report %+v, want 3 of 5 lost in the interval", got)
	}
	sequences(&r, 9, 9, 9, 9, 9, 9, 9, 9, 9)
	if got := r.Report(); got.FractionLost != 0 || got.Lost != 1<<24-2 {
		t.Errorf("report %+v, want -2 in 24 bits", got)
	}
}

// TestReportOfManyLost: the cumulative loss stays within its 24 bits.
func TestReportOfManyLost(t *testing.T) {
	var r Receiver
	seq := uint16(0)
	for range 1<<23/maxDropout + 10 {
		seq += maxDropout - 1
		sequences(&r, seq)
	}
	if got := r.Report(); got.Lost != 1<<23-1 || got.FractionLost != 255 {
		t.Errorf("report %+v of %d lost", got, r.Figures().Lost())
	}
}

// TestReceiver compares any arrivals within the window with a plain count.
func TestReceiver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Receiver
		base := rapid.Uint16().Draw(t, "base")
		highest, lowest, seen, duplicates := 0, 0, map[int]bool{0: true}, uint64(0)
		r.Step(base, 0, 8000, start)
		steps := rapid.SliceOfN(rapid.IntRange(-60, 200), 1, 300).Draw(t, "steps")
		for _, step := range steps {
			n := highest + step
			want := InOrder
			switch {
			case seen[n]:
				want = Duplicate
				duplicates++
			case n < highest:
				want = Late
			}
			if got := r.Step(base+uint16(n), uint32(n)*160, 8000, start); got != want {
				t.Fatalf("step to %d with highest %d: %d, want %d", n, highest, got, want)
			}
			seen[n] = true
			highest, lowest = max(highest, n), min(lowest, n)
		}
		f := r.Figures()
		if f.Received != uint64(len(steps)+1) || f.Expected != uint64(highest-lowest+1) || f.Duplicates != duplicates {
			t.Fatalf("%+v; highest %d, lowest %d, duplicates %d", f, highest, lowest, duplicates)
		}
	})
}

// TestMOS is computed by hand from ITU-T G.107.
func TestMOS(t *testing.T) {
	for _, test := range []struct {
		codec  Codec
		loss   float64
		delay  time.Duration
		rating float64
		mos    float64
	}{
		{G711, 0, 0, 93.2, 4.41},
		{G711, 0, 150 * time.Millisecond, 89.6, 4.33},     // 93.2 - 3.6
		{G711, 0, 277300 * time.Microsecond, 75.54, 3.85}, // 93.2 - 6.66 - 11
		{G711, 0.05, 0, 77.42, 3.92},                      // 93.2 - 95*5/30.1
		{G711Plain, 0.05, 0, 42.12, 2.17},                 // 93.2 - 95*5/9.3
		{G729, 0, 0, 82.2, 4.11},                          // 93.2 - 11
		{G729, 0.02, 0, 74.2, 3.79},                       // 93.2 - 11 - 84*2/21
		{G711Plain, 1, time.Second, -112.38, 1},
		{G711, -1, -time.Second, 93.2, 4.41},
	} {
		r, mos := Rating(test.codec, test.loss, test.delay), MOS(test.codec, test.loss, test.delay)
		if math.Abs(r-test.rating) > 0.01 || math.Abs(mos-test.mos) > 0.01 {
			t.Errorf("%+v: R %.2f, MOS %.2f", test, r, mos)
		}
	}
}

func TestMOSIsMonotonous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loss, delay := rapid.Float64Range(0, 1).Draw(t, "loss"), time.Duration(rapid.Int64Range(0, 2e9).Draw(t, "delay"))
		better := MOS(G711, loss, delay)
		if better < 1 || better > 4.5 {
			t.Fatalf("MOS %v", better)
		}
		if worse := MOS(G711, min(1, loss+0.01), delay+time.Millisecond); worse > better {
			t.Fatalf("MOS rises from %v to %v", better, worse)
		}
	})
}
