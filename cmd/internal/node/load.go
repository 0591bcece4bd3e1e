package node

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"strowger/media"
	"strowger/sip/overload"
)

// loadTick is how often the load of the sound is measured.
const loadTick = time.Second

// openLoad begins to measure.
func (n *Node) openLoad() {
	sound := overload.NewSound(runtime.GOMAXPROCS(0), float64(n.Config.Limits.Load)/100)
	var kernel kernelTime
	n.watch(loadTick, func(now time.Time) {
		s := n.Media.Stats()
		soft := kernel.step(s.Carried, softirq())
		before, load := n.Load(), sound.Step(carried(now, s, soft))
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

// Load is how near the relay is to what it can carry.
func (n *Node) Load() overload.Load {
	if l := n.load.Load(); l != nil {
		return *l
	}
	return overload.Load{} // it has yet to be measured
}

// carried is what was counted up to now; soft is what the kernel's own part took.
func carried(now time.Time, s media.PlaneStats, soft time.Duration) overload.Carried {
	c := overload.Carried{At: now, Packets: s.Received, Overrun: s.Overrun, Busy: s.Busy + soft, CPU: soft, Legs: s.Endpoints, Speaking: s.Speaking}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err == nil {
		c.CPU += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	return c
}

// kernelTime is what the kernel takes for the sound that it carries, which no process is
// charged for: the machine's time in soft interrupts, while there is such sound.
type kernelTime struct{ before, sum time.Duration }

func (k *kernelTime) step(streams int, soft time.Duration) time.Duration {
	if streams > 0 && k.before > 0 {
		k.sum += max(0, soft-k.before)
	}
	k.before = soft
	return k.sum
}

// softirq is the machine's time in soft interrupts; 0 where it is not told.
func softirq() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return softirqOf(string(text))
}

// softirqOf reads the first line of /proc/stat: user, nice, system, idle, iowait, irq and
// softirq, in hundredths of a second (USER_HZ on every Linux).
func softirqOf(text string) time.Duration {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 8 || fields[0] != "cpu" {
		return 0
	}
	ticks, err := strconv.ParseInt(fields[7], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
