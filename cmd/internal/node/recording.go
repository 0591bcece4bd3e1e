package node

import (
	"context"
	"fmt"
	"time"

	"strowger/media/recording"
	"strowger/sip/exchange"
	"strowger/sip/ledger"
)

// recordStop is how long the files of recordings may take when the node stops; what is
// not complete then is completed at the next start.
const recordStop = 5 * time.Second

// openRecorder begins to keep sound, and completes what a crash has cut off.
func (n *Node) openRecorder(context.Context) error {
	c := n.Config.Recording
	r, repaired, err := recording.Open(recording.Config{Dir: c.Folder, Node: n.Config.Node.Name, Mixed: c.Mixed, Ended: n.recorded, Log: n.log})
	if err != nil {
		return fmt.Errorf("recordings cannot be kept: %w; correct folder in the block recording", err)
	}
	n.Recorder = r
	for _, i := range repaired {
		n.recorded(i)
	}
	if len(repaired) > 0 {
		n.notice("%d recordings that were cut off when the node ended were completed", len(repaired))
	}
	return nil
}

// recorded has the ledger know of a file that is complete.
func (n *Node) recorded(i recording.Info) {
	what := "complete"
	if i.Repaired {
		what = "completed after a crash"
	}
	n.Ledger.Record(ledger.Event{
		Kind: ledger.Recording, At: time.Now(), Tenant: i.Tenant, Call: i.Call,
		Detail: fmt.Sprintf("%s %s: %.2f s, %d bytes, SHA-256 %s", i.ID, what, i.Seconds, i.Bytes, i.SHA256),
	})
}

// closeRecorder ends the recordings, not waiting long for a slow disk.
func (n *Node) closeRecorder() error {
	ctx, cancel := context.WithTimeout(context.Background(), recordStop)
	defer cancel()
	return n.Recorder.Close(ctx)
}

// recordRules are the rules of the configuration, with announcements that there are.
func (n *Node) recordRules() ([]exchange.RecordRule, error) {
	var list []exchange.RecordRule
	for _, u := range n.Config.Recording.Rules {
		if u.Announce != "" && n.Sounds.Find([]string{u.Announce}) == nil {
			return nil, fmt.Errorf("announce = %q in the block recording: there is no such prompt", u.Announce)
		}
		list = append(list, exchange.RecordRule(u))
	}
	return list, nil
}
