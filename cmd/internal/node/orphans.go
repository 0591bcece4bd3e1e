package node

import (
	"time"

	"strowger/media/relay"
	"strowger/sip/ledger"
)

// orphaned puts the end of streams into the ledger that outlived the process that had
// their calls. It closed those calls when it was opened; an endpoint's label is its call.
func (n *Node) orphaned(orphans []relay.Orphan) {
	now := time.Now()
	events := make([]ledger.Event, len(orphans))
	for i, o := range orphans {
		n.log.Warn("a stream of before the restart was ended: no call claimed it",
			"call", o.Label, "local", o.Local, "received", o.Stats.Received, "sent", o.Stats.Sent)
		events[i] = ledger.Event{
			Kind: ledger.Orphaned, At: now, Call: o.Label, Status: 500, Q850: 41, Reason: "Node lost", Detail: o.Local.String(),
			Media: &ledger.Media{
				Received: o.Stats.Received, Sent: o.Stats.Sent, Duplicate: o.Stats.Duplicate, Reordered: o.Stats.Reordered,
				JitterMs: milliseconds(o.Stats.Jitter), MaxGapMs: milliseconds(o.Stats.MaxGap),
			},
		}
	}
	n.Ledger.Record(events...)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
