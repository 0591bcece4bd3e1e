package overload

import (
	"math"
	"runtime/metrics"
	"sync"
	"time"
)

// sampleEach is how often the scheduler is asked.
const sampleEach = 100 * time.Millisecond

// latencies is the runtime's histogram of how long goroutines waited for a processor.
const latencies = "/sched/latencies:seconds"

// Scheduler finds a standing queue of goroutines. What comes by many streams waits there:
// each has a goroutine that reads it, and no message has a queue. Its zero value is ready.
// Safe for concurrent use.
type Scheduler struct {
	Detector

	mu     sync.Mutex
	next   time.Time
	before []uint64 // the histogram of the last sample
}

// Look asks the scheduler, unless that was done just now.
func (s *Scheduler) Look(now time.Time) {
	if !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	if now.Before(s.next) {
		return
	}
	s.next = now.Add(sampleEach)
	sample := []metrics.Sample{{Name: latencies}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return
	}
	if wait, ok := s.median(sample[0].Value.Float64Histogram()); ok {
		s.Observe(now, wait)
	}
}

// median is that of what is new in a histogram; false if nothing is.
func (s *Scheduler) median(h *metrics.Float64Histogram) (time.Duration, bool) {
	fresh, total := make([]uint64, len(h.Counts)), uint64(0)
	for i, n := range h.Counts {
		if i < len(s.before) {
			n -= s.before[i]
		}
		fresh[i] = n
		total += n
	}
	s.before = append(s.before[:0], h.Counts...)
	var sum uint64
	for i, n := range fresh {
		if sum += n; total > 0 && 2*sum >= total {
			low := h.Buckets[i]
			return time.Duration(max(0, low) * float64(time.Second)), !math.IsInf(low, 1)
		}
	}
	return 0, false
}
