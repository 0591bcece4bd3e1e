package node

import (
	"runtime"
	"syscall"
	"time"

	"strowger/sip/overload"
)

// loadTick is how often the load of the sound is measured.
const loadTick = time.Second

// openLoad begins to measure.
func (n *Node) openLoad() {
	sound := overload.NewSound(runtime.GOMAXPROCS(0), float64(n.Config.Limits.Load)/100)
	n.watch(loadTick, func(now time.Time) {
		before, load := n.Load(), sound.Step(n.carried(now))
		n.load.Store(&load)
		switch {
		case load.Full && !before.Full:
			n.log.Warn("new calls are refused: the relay is near what it can carry",
				"load_percent", int(100*load.Share), "packets_per_second", int(load.Packets), "cpu_per_packet", load.Cost)
		case before.Full && !load.Full:
			n.log.Info("new calls are taken again", "load_percent", int(100*load.Share))
		}
	})
}

// carried asks the relay and the system.
func (n *Node) carried(now time.Time) overload.Carried {
	s := n.Media.Stats()
	c := overload.Carried{At: now, Packets: s.Received, Overrun: s.Overrun, Busy: s.Busy, Legs: s.Endpoints, Speaking: s.Speaking}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err == nil {
		c.CPU = time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	return c
}

// Load is how near the relay is to what it can carry.
func (n *Node) Load() overload.Load {
	if l := n.load.Load(); l != nil {
		return *l
	}
	return overload.Load{} // it has yet to be measured
}
