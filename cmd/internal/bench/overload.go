package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"
)

// The overload. A node shares one core with programs that never rest, so that the
// generators have more than it has. It is offered more and more calls until it does not
// hold a rate; the last that it held is its rated load. It is then offered twice as much,
// and after that part of it again.
const (
	firstRate     = 200 // calls/s
	rateStep      = 1.25
	maxRate       = 2000
	rateTry       = 8 * time.Second
	overloadFor   = 20 * time.Second
	recoveryFor   = 15 * time.Second
	recoveryShare = 0.75 // of the rated load
	nodeCore      = "0"
	rivals        = "for i in 1 2 3; do while :; do :; done & done; wait"
)

// goodputAtTwice is the share of its rated load, in percent, that a node takes to a good
// end while it is offered twice as much.
func goodputAtTwice(ctx context.Context, r *run) (float64, error) {
	busy, err := start(ctx, r.dir, "rivals", "taskset", "--cpu-list", nodeCore, "sh", "-c", rivals)
	if err != nil {
		return 0, err
	}
	defer busy.stop(syscall.SIGTERM)
	if err := allSucceed(ctx, r, calls{count: warmCalls, rate: callRate, holdMax: shortHold}); err != nil {
		return 0, fmt.Errorf("warm-up: %w", err)
	}
	rated, err := ratedLoad(ctx, r)
	if err != nil {
		return 0, err
	}
	called, err := phoneSide(ctx, r)
	if err != nil {
		return 0, err
	}
	defer called.stop(syscall.SIGUSR1)
	goodput, refused, err := overloaded(ctx, r, 2*rated)
	if err != nil {
		return 0, err
	}
	back := int(recoveryShare * float64(rated))
	_, lastFailure, err := offer(ctx, r, back, recoveryFor)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(r.Progress, "  rated %d calls/s; of %d offered %.0f taken and %d refused; then, at %d, the last call failed after %d s\n",
		rated, 2*rated, goodput, refused, back, lastFailure)
	return 100 * goodput / float64(rated), nil
}

// overloaded returns how many calls a second came to a good end, and how many were
// refused.
func overloaded(ctx context.Context, r *run, rate int) (goodput float64, refused int, err error) {
	before, err := settled(ctx, r)
	if err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	caller, _, err := offer(ctx, r, rate, overloadFor)
	if err != nil {
		return 0, 0, err
	}
	after, err := settled(ctx, r)
	took := time.Since(begin).Seconds()
	return float64(after.succeeded-before.succeeded) / took, int(float64(caller.refused) / took), err
}

// settled is what the phone has counted, once it writes figures.
func settled(ctx context.Context, r *run) (tally, error) {
	for {
		if t, err := readStat(filepath.Join(r.dir, "phone.csv")); err == nil {
			return t, nil
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			return tally{}, err
		}
	}
}

// ratedLoad is the highest rate that was held, each for a short time.
func ratedLoad(ctx context.Context, r *run) (int, error) {
	held := 0
	for rate := firstRate; rate < maxRate; rate = int(float64(rate) * rateStep) {
		ok, err := holds(ctx, r, rate, rateTry)
		if err == nil && !ok {
			ok, err = holds(ctx, r, rate, rateTry)
		}
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		held = rate
	}
	if held == 0 {
		return 0, errors.New("the lowest rate is not held")
	}
	return held, nil
}

// offer offers calls at a rate, which may be refused. It returns what came of them and
// the second after which none failed or was refused.
func offer(ctx context.Context, r *run, rate int, length time.Duration) (t tally, lastFailure int, err error) {
	load := calls{count: rate * int(length.Seconds()), rate: rate, holdMax: shortHold, scenario: "overload.xml"}
	caller, err := load.callerSide(ctx, r)
	if err != nil {
		return tally{}, 0, err
	}
	defer caller.stop(syscall.SIGKILL)
	begin := time.Now()
	for time.Since(begin) < length+shortHold { // what is left then is given up
		select {
		case <-caller.done:
			return t, lastFailure, nil
		case <-ctx.Done():
			return t, 0, ctx.Err()
		case <-time.After(time.Second):
		}
		last := t
		if now, err := readStat(filepath.Join(r.dir, "caller.csv")); err == nil {
			t = now
		}
		if t.failed+t.refused > last.failed+last.refused {
			lastFailure = int(time.Since(begin).Seconds())
		}
	}
	return t, lastFailure, nil
}
