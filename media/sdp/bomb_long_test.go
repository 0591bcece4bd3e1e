//go:build long

package sdp

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestBombTakesLittleTime: no bomb takes 100 ms of a processor, whatever else the
// machine does.
func TestBombTakesLittleTime(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i, bomb := range bombs() {
		before := threadTime(t)
		explode(bomb)
		if took := threadTime(t) - before; took > 100*time.Millisecond {
			t.Errorf("bomb %d takes %v", i, took)
		}
	}
}

// threadTime is what this thread has used of a processor.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
