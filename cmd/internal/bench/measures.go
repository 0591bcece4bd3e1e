package bench

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// The loads.
const (
	callRate     = 100 // calls/s
	registerRate = 500 // pairs/s
	warmCalls    = 200
	heldCalls    = 3000
	heldRate     = 200 // calls/s
	users        = 20  // the demo's seats, 1001 to 1020
	bindings     = 10_000
	rateLength   = 60 * time.Second // of one try of the sustained rate
	// maxRetransmissions is the share at which a rate is no longer held.
	maxRetransmissions = 0.001
)

// shortHold is the length of a benched call.
const shortHold = 2 * time.Second

func cpuPerCall(ctx context.Context, r *run) (float64, error) {
	if err := allSucceed(ctx, r, calls{count: warmCalls, rate: callRate, holdMax: shortHold}); err != nil {
		return 0, fmt.Errorf("warm-up: %w", err)
	}
	load := calls{count: callRate * int(r.Length.Seconds()), rate: callRate, holdMax: shortHold}
	return cpuEach(r, load.count, time.Millisecond, func() error { return allSucceed(ctx, r, load) })
}

func cpuPerRegister(ctx context.Context, r *run) (float64, error) {
	load := registrations{to: server, from: anyPhone(), users: seats(users), count: 2 * registerRate, rate: registerRate}
	if err := load.run(ctx); err != nil {
		return 0, fmt.Errorf("warm-up: %w", err)
	}
	load.count = registerRate * int(r.Length.Seconds())
	return cpuEach(r, load.count, time.Microsecond, func() error { return load.run(ctx) })
}

func memoryPerBinding(ctx context.Context, r *run) (float64, error) {
	if err := wait(ctx, restTime); err != nil {
		return 0, err
	}
	return memoryEach(r, bindings, func() error {
		load := registrations{to: server, from: anyPhone(), users: seats(bindings), count: bindings, rate: registerRate / 2}
		if err := load.run(ctx); err != nil {
			return err
		}
		return wait(ctx, restTime)
	})
}

// restTime lets a registrar get over its start, and end the transactions of the
// load, which RFC 3261 has it keep for 32 s, before its bindings are weighed.
const restTime = 80 * time.Second

// heldRest is longer than RFC 3261 has transactions kept, 32 s.
const heldRest = 40 * time.Second

// memoryPerCall measures while the calls are held, when the transactions that set
// them up have ended.
func memoryPerCall(ctx context.Context, r *run) (float64, error) {
	if err := allSucceed(ctx, r, calls{count: warmCalls, rate: callRate, holdMax: shortHold}); err != nil {
		return 0, fmt.Errorf("warm-up: %w", err)
	}
	setup := heldCalls / heldRate * time.Second
	hold := setup + heldRest + 15*time.Second
	ended := make(chan error, 1)
	value, err := memoryEach(r, heldCalls, func() error {
		go func() {
			ended <- allSucceed(ctx, r, calls{count: heldCalls, rate: heldRate, holdMin: hold, holdMax: hold})
		}()
		return wait(ctx, setup+heldRest)
	})
	if callErr := <-ended; callErr != nil {
		return 0, callErr
	}
	return value, err
}

// sustainedRate raises the rate until it is not held, and returns the last that
// was, 0 if none. A rate has a second try: a machine has its bad minutes.
func sustainedRate(ctx context.Context, r *run) (float64, error) {
	held := 0
	for _, rate := range r.Rates {
		ok, err := holds(ctx, r, rate, rateLength)
		if err == nil && !ok {
			ok, err = holds(ctx, r, rate, rateLength)
		}
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		held = rate
	}
	return float64(held), nil
}

// holds tells whether a rate is held: no call failed, hardly anything was sent
// again, and the generators kept it up.
func holds(ctx context.Context, r *run, rate int, length time.Duration) (bool, error) {
	load := calls{count: rate * int(length.Seconds()), rate: rate, holdMax: shortHold}
	begin := time.Now()
	t, err := load.run(ctx, r)
	if err != nil {
		return false, err
	}
	took := time.Since(begin)
	share := float64(t.retransmissions) / float64(t.messages)
	fmt.Fprintf(r.Progress, "  %d calls/s: %d of %d succeeded in %.0f s, %.3f %% sent again\n",
		rate, t.succeeded, load.count, took.Seconds(), 100*share)
	return t.succeeded == load.count && share <= maxRetransmissions && took <= length*11/10+2*shortHold, nil
}

// allSucceed is an error unless every call of the load came about.
func allSucceed(ctx context.Context, r *run, load calls) error {
	t, err := load.run(ctx, r)
	if err != nil {
		return err
	}
	if t.succeeded != load.count {
		return fmt.Errorf("%d of %d calls succeeded, %d failed", t.succeeded, load.count, t.failed)
	}
	return nil
}

// cpuEach returns the CPU time that each of count things took, in units.
func cpuEach(r *run, count int, unit time.Duration, load func() error) (float64, error) {
	u, err := used(r, load)
	return float64(u.cpu) / float64(unit) / float64(count), err
}

// memoryEach returns the memory that each of count things takes, in bytes.
func memoryEach(r *run, count int, load func() error) (float64, error) {
	u, err := used(r, load)
	return float64(u.memory) / float64(count), err
}

// used is what the processes under test came to use meanwhile.
func used(r *run, load func() error) (usage, error) {
	before, err := usageOf(r.up.procs)
	if err != nil {
		return usage{}, err
	}
	if err := load(); err != nil {
		return usage{}, err
	}
	after, err := usageOf(r.up.procs)
	return usage{cpu: after.cpu - before.cpu, memory: after.memory - before.memory}, err
}

// anyPhone is the phone's address with a port of the moment.
func anyPhone() netip.AddrPort { return netip.AddrPortFrom(phone.Addr(), 0) }

// seats names the first n seats.
func seats(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(1001 + i)
	}
	return names
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
