package jitter

import "time"

// What is known of a stream's delays, in samples.
const (
	bucket     = Rate / 100          // 10 ms
	buckets    = maxDelay/bucket + 2 // the last one is of what is not waited for
	memory     = 400                 // packets until the former ones count half
	enough     = 25                  // packets before the jitter is believed
	outliers   = 100                 // one packet in so many may be late
	span       = 2 * Rate            // the quickest packet is looked for in so long, twice
	minDelay   = int(MinDelay * Rate / time.Second)
	maxDelay   = int(MaxDelay * Rate / time.Second)
	firstDelay = int(StartDelay * Rate / time.Second)
)

// delays are how much later than the quickest one packets come. Clocks and timestamps
// wrap, differences between them do not.
type delays struct {
	known  bool
	quick  uint32 // least of clock minus timestamp, of this span
	before uint32 // of the span before
	until  uint32 // clock at which this span ends
	counts [buckets]uint16
	total  int
}

// rebase begins with a packet of another source, whose jitter may be like that of the
// one before.
func (d *delays) rebase(clock, timestamp uint32) {
	d.known = true
	d.quick, d.before, d.until = clock-timestamp, clock-timestamp, clock+span
}

// note takes the time of a packet.
func (d *delays) note(clock, timestamp uint32) {
	transit := clock - timestamp
	switch {
	case !d.known:
		d.rebase(clock, timestamp)
	case int32(clock-d.until) >= 0:
		d.before, d.quick, d.until = d.quick, transit, clock+span
	case int32(transit-d.quick) < 0:
		d.quick = transit
	}
	d.counts[min(int(int32(transit-d.base()))/bucket, buckets-1)]++
	if d.total++; d.total >= memory {
		d.total = 0
		for i := range d.counts {
			d.counts[i] /= 2
			d.total += int(d.counts[i])
		}
	}
}

// base is clock minus timestamp of the quickest packets.
func (d *delays) base() uint32 {
	if int32(d.before-d.quick) < 0 {
		return d.before
	}
	return d.quick
}

// target is the delay that all but the outliers are in time for.
func (d *delays) target() int {
	late, i := 0, buckets-1
	for ; i > 0; i-- {
		if late += int(d.counts[i]); late*outliers > d.total {
			break
		}
	}
	need := min(max((i+1)*bucket, minDelay), maxDelay)
	if d.total < enough {
		return max(need, firstDelay)
	}
	return need
}
