package cli

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// heapFloor is how much live heap the garbage collector is made to see at least. A
// small node would else collect each few megabytes, all the time.
const heapFloor = 32 << 20

// heapGrowth is by how many percent the heap grows over what lives, and the floor,
// before it is collected: a busy node's processor is dearer than its memory, and one
// at rest gives it back. GOGC in the environment overrides it.
const heapGrowth = 200

// raiseHeap sets the floor and the growth until the returned function is called. Pages
// that are never written take no memory.
func raiseHeap() (release func()) {
	ballast := make([]byte, heapFloor)
	before := heapGrowth
	if os.Getenv("GOGC") == "" {
		before = debug.SetGCPercent(heapGrowth)
	}
	return func() {
		if os.Getenv("GOGC") == "" {
			debug.SetGCPercent(before)
		}
		runtime.KeepAlive(ballast)
	}
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
