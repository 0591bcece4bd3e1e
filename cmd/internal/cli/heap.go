package cli

import "runtime"

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
