package overload

import (
	"math"
	"runtime/metrics"
	"testing"
	"time"
)

// The median is of what is new since the last look.
func TestMedianOfScheduler(t *testing.T) {
	var s Scheduler
	buckets := []float64{math.Inf(-1), 0.001, 0.2, math.Inf(1)}
	for i, c := range []struct {
		counts []uint64
		want   time.Duration
		ok     bool
	}{
		{[]uint64{0, 0, 0}, 0, false},
		{[]uint64{9, 1, 0}, 0, true},
		{[]uint64{9, 1, 0}, 0, false},
		{[]uint64{10, 4, 0}, time.Millisecond, true},
		{[]uint64{10, 4, 3}, 200 * time.Millisecond, true},
	} {
		got, ok := s.median(&metrics.Float64Histogram{Counts: c.counts, Buckets: buckets})
		if got != c.want || ok != c.ok {
			t.Errorf("look %d: %s, %t; want %s, %t", i, got, ok, c.want, c.ok)
		}
	}
}

func TestSchedulerIsAsked(t *testing.T) {
	var s Scheduler
	s.Look(begin)
	first := len(s.before)
	s.before = nil
	s.Look(begin.Add(sampleEach - 1))
	if first == 0 || s.before != nil {
		t.Error("the runtime tells nothing, or is asked too often")
	}
	s.Look(begin.Add(sampleEach))
	if s.before == nil || s.Shedding(begin) {
		t.Error("it is not asked again, or nothing waits and it sheds")
	}
}

func BenchmarkLookAtScheduler(b *testing.B) {
	var s Scheduler
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Look(begin.Add(time.Duration(i) * sampleEach))
	}
}
