package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// turn is how many steps a spinner makes between two counts: some microseconds.
const turn = 1 << 12

// counter is a spinner's, alone on its cache lines.
type counter struct {
	atomic.Uint64
	_ [120]byte
}

// spin has a thread on each processor count its turns while nothing else wants the
// processor. For each line of its input it writes the time and the counts.
func spin(context.Context, []string) error {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return err
	}
	counters := make([]counter, allowed.Count())
	runtime.GOMAXPROCS(len(counters) + 1)
	failed := make(chan error, len(counters))
	for cpu, i := 0, 0; i < len(counters); cpu++ {
		if allowed.IsSet(cpu) {
			go func(c *counter) { failed <- count(cpu, c) }(&counters[i])
			i++
		}
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		select {
		case err := <-failed:
			return err
		default:
		}
		words := []string{strconv.FormatInt(time.Now().UnixNano(), 10)}
		for i := range counters {
			words = append(words, strconv.FormatUint(counters[i].Load(), 10))
		}
		fmt.Fprintln(os.Stdout, strings.Join(words, " "))
	}
	return nil
}

// count spins on a processor for ever.
func count(cpu int, c *counter) error {
	runtime.LockOSThread()
	var only unix.CPUSet
	only.Set(cpu)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return fmt.Errorf("spin on processor %d: %w", cpu, err)
	}
	if err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0); err != nil {
		return fmt.Errorf("spin when the processor is idle: %w", err)
	}
	for x := uint64(cpu + 1); ; {
		for range turn {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		if x != 0 { // it never is; the steps have to be made
			c.Add(1)
		}
	}
}
