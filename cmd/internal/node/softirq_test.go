package node

import (
	"testing"
	"time"

	"strowger/media"
)

func TestSoftirq(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"cpu  4705 356 584 3699 23 23 17 0 0 0\ncpu0 1 2 3 4 5 6 7\n": 170 * time.Millisecond,
		"cpu 1 2 3 4 5 6\n": 0, "": 0, "intr 1 2 3 4 5 6 7 8": 0, "cpu 1 2 3 4 5 6 x 8": 0,
	} {
		if got := softirqOf(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestKernelTime: it counts while the kernel carries sound, and not from the machine's
// beginning.
func TestKernelTime(t *testing.T) {
	var k kernelTime
	for i, step := range []struct {
		streams    int
		soft, want time.Duration
	}{{0, 100, 0}, {2, 103, 3}, {2, 110, 10}, {0, 150, 10}, {1, 151, 11}, {1, 90, 11}} {
		if got := k.step(step.streams, step.soft); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	c := carried(time.Now(), media.PlaneStats{Busy: time.Hour}, time.Minute)
	if c.Busy != time.Hour+time.Minute || c.CPU <= time.Minute {
		t.Errorf("%+v", c)
	}
}
