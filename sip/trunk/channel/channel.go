// Package channel counts the calls of a trunk or a tenant against its limits. It is
// pure: Seize is told the time.
//
// # Decisions
//
//   - A limit of 0 is none; what there is none of is counted all the same.
//   - Reserved channels are for urgent calls (to and from the emergency services): the
//     others get what is left of Channels and Out.
//   - No limit stops an urgent call. It counts, so that others wait for it.
//   - Rates are token buckets with one second's burst.
//   - A limit is of all nodes together. What the others have and begin is told from
//     outside (Elsewhere, Owe), as fresh as it is; without it the limits are of one node.
//   - Calls that others begin empty the bucket here as well, below nothing if need be:
//     what was too much at once is missing afterwards.
package channel

import "time"

// maxDebt is how many seconds of a rate are owed at most for calls begun elsewhere.
const maxDebt = 10

// Limits bound the calls at once and the calls begun a second. 0 is no limit.
type Limits struct {
	Channels int // calls at once, in both directions
	In, Out  int // calls at once, in one direction
	Reserved int // of Channels and Out for urgent calls
	RateIn   int // calls a second
	RateOut  int
}

// Direction is which way a call goes.
type Direction uint8

// The directions.
const (
	In  Direction = iota // from the trunk
	Out                  // to the trunk
)

// String is "in" or "out".
func (d Direction) String() string { return [...]string{"in", "out"}[d] }

// Refusal is why a call gets no channel.
type Refusal uint8

// The refusals.
const (
	None Refusal = iota // it gets one
	Full                // all channels are taken
	Fast                // too many calls came within a second
)

// Figures are what a Count has counted.
type Figures struct {
	Taken   [2]int    // channels, by direction
	Begun   [2]uint64 // calls that got one, by direction
	Full    [2]uint64 // calls refused for want of a channel, by direction
	Fast    [2]uint64 // calls refused for their rate, by direction
	Urgents uint64    // calls that a limit would have stopped but for their urgency
	// Elsewhere is how many channels the other nodes have, by direction.
	Elsewhere [2]int
}

// Count counts the calls of one trunk or tenant. The zero value has no limits.
type Count struct {
	Limits
	Figures

	buckets [2]bucket
}

// Seize takes a channel of every count, or of none: then it is why, and the first
// count that has none is in that order.
func Seize(now time.Time, d Direction, urgent bool, counts ...*Count) (r Refusal, by int) {
	for i, c := range counts {
		if r = c.refusal(now, d); r == None {
			continue
		}
		if urgent {
			c.Urgents++
			continue
		}
		if r == Full {
			c.Full[d]++
		} else {
			c.Fast[d]++
		}
		return r, i
	}
	for _, c := range counts {
		c.Taken[d]++
		c.Begun[d]++
		c.buckets[d].take()
	}
	return None, 0
}

// Free gives a channel of every count back.
func Free(d Direction, counts ...*Count) {
	for _, c := range counts {
		c.Taken[d]--
	}
}

// Owe takes that other nodes have begun calls.
func (c *Count) Owe(now time.Time, d Direction, calls uint64) {
	rate := c.RateIn
	if d == Out {
		rate = c.RateOut
	}
	if rate > 0 {
		c.buckets[d].owe(now, rate, calls)
	}
}

// refusal is why a call that is not urgent gets no channel of the count.
func (c *Count) refusal(now time.Time, d Direction) Refusal {
	one, rate, kept := c.In, c.RateIn, 0
	if d == Out {
		one, rate, kept = c.Out, c.RateOut, c.Reserved
	}
	own := c.Taken[d] + c.Elsewhere[d]
	all := c.Taken[In] + c.Taken[Out] + c.Elsewhere[In] + c.Elsewhere[Out]
	switch {
	case c.Channels > 0 && all >= c.Channels-c.Reserved, one > 0 && own >= one-kept:
		return Full
	case rate > 0 && !c.buckets[d].has(now, rate):
		return Fast
	}
	return None
}

// bucket holds as many tokens as a second brings, at most.
type bucket struct {
	tokens float64   // less than none: owed
	filled time.Time // zero: full
}

func (b *bucket) has(now time.Time, rate int) bool {
	if b.filled.IsZero() {
		b.tokens = float64(rate)
	} else if gone := now.Sub(b.filled); gone > 0 {
		b.tokens = min(b.tokens+gone.Seconds()*float64(rate), float64(rate))
	}
	b.filled = now
	return b.tokens >= 1
}

// take takes a token if there is one: an urgent call owes none.
func (b *bucket) take() { b.tokens = max(b.tokens-1, min(b.tokens, 0)) }

func (b *bucket) owe(now time.Time, rate int, calls uint64) {
	b.has(now, rate)
	b.tokens = max(b.tokens-float64(calls), -maxDebt*float64(rate))
}
