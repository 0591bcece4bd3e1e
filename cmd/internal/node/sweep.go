package node

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"strowger/sip/ledger"
)

// sweepEvery is how often what is too old is looked for, beside the start.
const sweepEvery = time.Hour

// Sweeper counts what the removal of old things came to. How much was removed the parts
// count that have it.
type Sweeper struct {
	Sweeps atomic.Uint64 // looks at everything that is kept for some days
	Errors atomic.Uint64 // of them, those that could not remove something
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// keepSweeping removes what is too old now and then each hour, until the node stops.
func (n *Node) keepSweeping() {
	n.background(func(ctx context.Context) {
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			n.sweep(time.Now())
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

// sweep removes what the configuration does not keep any longer: the one place where
// anything is removed for its age.
func (n *Node) sweep(now time.Time) {
	k := n.Config.Retention
	var before time.Time
	if k.Recordings > 0 {
		before = now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -k.Recordings)
	}
	n.Trace.Wipe(now.Add(-days(k.Ladder)))
	err := errors.Join(n.Ledger.Sweep(now, ledger.Kept{Events: k.Ledger, Records: k.CDR}), n.Recorder.Sweep(before))
	n.Sweeper.Sweeps.Add(1)
	if err != nil {
		n.Sweeper.Errors.Add(1)
		n.log.Error("something that is too old cannot be removed; remove it by hand", "error", err)
	}
}
