package relay

import (
	"math/rand/v2"
	"slices"
	"time"
)

// ports is the state of the port pairs of one network: free, in use or resting.
// It knows pairs by number only.
type ports struct {
	free    []int32
	kept    []kept // free as well, with their sockets open
	resting []rest // in order of until
	head    int    // first of resting that still rests
	total   int
	rest    time.Duration
	random  *rand.Rand
}

// kept is an unused pair whose sockets stay open for the next call.
type kept struct {
	pair int32
	sockets
}

// Limits of kept pairs.
const (
	maxKept = 128 // of all networks
	minKept = 32  // of a network: one of fewer is not reused, as it is easily guessed
)

type rest struct {
	pair  int32
	until time.Time
}

// take returns a free pair, chosen at random so that a stranger cannot guess the
// next port; false if all are in use or resting.
func (p *ports) take(now time.Time) (int32, bool) {
	p.wake(now)
	if len(p.free) == 0 {
		return 0, false
	}
	i, last := p.random.IntN(len(p.free)), len(p.free)-1
	pair := p.free[i]
	p.free[i] = p.free[last]
	p.free = p.free[:last]
	return pair, true
}

// reopen returns a kept pair, chosen at random, if there are enough to choose from
// or no other is free.
func (p *ports) reopen() (kept, bool) {
	if n := len(p.kept); n == 0 || n < minKept && len(p.free) > 0 {
		return kept{}, false
	}
	return p.unkeep(p.random.IntN(len(p.kept))), true
}

// discard takes a pair out of the kept ones; false if it is not among them.
func (p *ports) discard(pair int32) (sockets, bool) {
	i := slices.IndexFunc(p.kept, func(k kept) bool { return k.pair == pair })
	if i < 0 {
		return sockets{}, false
	}
	return p.unkeep(i).sockets, true
}

func (p *ports) unkeep(i int) kept {
	last := len(p.kept) - 1
	k := p.kept[i]
	p.kept[i] = p.kept[last]
	p.kept = p.kept[:last]
	return k
}

// put returns a pair: at once, or to rest if its former peer may still send.
func (p *ports) put(pair int32, tired bool, now time.Time) {
	if !tired {
		p.free = append(p.free, pair)
		return
	}
	p.resting = append(p.resting, rest{pair, now.Add(p.rest)})
}

// wake frees the pairs that have rested.
func (p *ports) wake(now time.Time) {
	for p.head < len(p.resting) && !now.Before(p.resting[p.head].until) {
		p.free = append(p.free, p.resting[p.head].pair)
		p.head++
	}
	if p.head > len(p.resting)/2 {
		p.resting = p.resting[:copy(p.resting, p.resting[p.head:])]
		p.head = 0
	}
}

func (p *ports) sleeping() int { return len(p.resting) - p.head }
