package cli

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// heapFloor is how much live heap the garbage collector is made to see at least. A
// small node would else collect each few megabytes, all the time; as the collector
// lets garbage grow as large as what lives, this costs at most 16 MiB of memory.
const heapFloor = 16 << 20

// raiseHeap sets the floor until the returned function is called. Pages that are
// never written take no memory.
func raiseHeap() (release func()) {
	ballast := make([]byte, heapFloor)
	return func() { runtime.KeepAlive(ballast) }
}

// restTime is how long a node must go without a garbage collection to be at rest.
const restTime = 15 * time.Second

// returnMemory gives memory back to the system when the node comes to rest, until
// ctx ends: a burst of calls or registrations leaves garbage that nothing else would
// collect for minutes. It does so again 30 s later, when the transactions of the
// burst are over too.
func returnMemory(ctx context.Context) {
	t := time.NewTicker(restTime)
	defer t.Stop()
	rested := 0 // ticks without a collection but ours
	for seen := collections(); ; {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		rested++
		if collections() != seen {
			rested = 0
		}
		if rested == 1 || rested == 3 {
			debug.FreeOSMemory()
		}
		seen = collections()
	}
}

// collections is the number of garbage collections so far.
func collections() int64 {
	var s debug.GCStats
	debug.ReadGCStats(&s)
	return s.NumGC
}
