package node_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/hosttest"
	"strowger/configs"
	"strowger/sip/ledger"
)

// TestCallWithoutSound ends a call in which nothing more is heard of the parties, with a cause
// of its own in both dialogs and in its record.
func TestCallWithoutSound(t *testing.T) {
	t.Parallel()
	p := startPair(t, func(c *configs.Config) { c.Media.Timeout = 2 * time.Second })
	phone := udpPeer(t, hosttest.Next())
	phone.register(p.sip(0), "1002", 1)
	c := ring(t, p.sip(0), p.sip(0), phone)
	c.answered(t)
	for _, end := range []*peer{c.carrier, phone} {
		bye := end.await("BYE ")
		if reason := bye.get("Reason"); !strings.Contains(reason, "cause=102") {
			t.Errorf("BYE with Reason %q, want Q.850 cause 102", reason)
		}
		end.respond(p.sip(0), bye, "200 OK", "")
	}
	if err := p.nodes[0].Ledger.Flush(); err != nil {
		t.Fatal(err)
	}
	rows := records(t, filepath.Join(p.nodes[0].Config.Node.Data, "ledger"))
	if len(rows) != 1 || rows[0].Reason != "No media" || rows[0].Q850 != 102 || rows[0].By != "switch" || rows[0].Disposition != "answered" {
		t.Errorf("records %+v", rows)
	}
}

// records are the CDRs of a ledger.
func records(t *testing.T, dir string) []ledger.CDR {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "cdr-*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []ledger.CDR
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var r ledger.CDR
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
	}
	return all
}
