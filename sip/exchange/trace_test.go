package exchange_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/exchange"
	"strowger/sip/leg"
	"strowger/sip/mark"
	"strowger/sip/transport"
)

// noted takes note of the legs of calls (exchange.Trace).
type noted struct {
	mu    sync.Mutex
	lines []string
}

func (*noted) Hide(string) {}

func (n *noted) Leg(_ time.Time, call string, id int, p leg.Party, callID string) {
	n.note(fmt.Sprintf("leg %d %s %t %t", id, p, call != "", callID != ""))
}

func (n *noted) Dialog(_ time.Time, callID string) { n.note("dialog " + callID) }

func (n *noted) note(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, line)
}

// TestTraced: each leg of a call is noted once, before its INVITE goes out; what is no
// call is not.
func TestTraced(t *testing.T) {
	for name, c := range map[string]struct {
		program, story string
		want           []string
	}{
		"call": {
			"ring 1001 1002", "0s caller INVITE 1002 sdp\n1s 1001 180\n2s 1002 200 sdp\n3s caller reINVITE sdp=PCMA/sendonly\n9s caller BYE",
			[]string{"leg 1 trunk:caller true true", "leg 2 seat:1001 true true", "leg 3 seat:1002 true true"},
		},
		"refused":    {"refuse 404", "0s caller INVITE 1 sdp", []string{"leg 1 trunk:caller true true"}},
		"challenged": {"challenge 401", "0s caller INVITE 1 sdp", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var n *noted
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, c.program)
				n = w.trace
				w.run(parseScript(t, c.story))
			})
			if !slices.Equal(n.lines, c.want) {
				t.Errorf("noted\n%s\nwant\n%s", strings.Join(n.lines, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestCarriedTraced: an INVITE that is carried for another node is noted, too.
func TestCarriedTraced(t *testing.T) {
	minter, err := mark.NewMinter(make([]byte, mark.KeySize), 2)
	if err != nil {
		t.Fatal(err)
	}
	n, c := &noted{}, &carrier{t: t}
	x := exchange.New(exchange.Config{Minter: minter, Sender: c, Trace: n, Log: slog.New(slog.DiscardHandler), Strands: 1, Workers: 1})
	for _, to := range []string{"<sip:1@b>", "<sip:1@b>;tag=2"} { // the second is within a dialog
		invite := "INVITE sip:1@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: " + to +
			"\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:a@192.0.2.1>\r\n\r\n"
		if err := x.Carry("node-1", transport.Flow{Remote: netip.MustParseAddrPort("10.0.0.2:5060")}, []byte(invite)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := x.Close(ctx); err != nil {
		t.Error(err)
	}
	if !slices.Equal(n.lines, []string{"dialog x"}) {
		t.Errorf("noted %v", n.lines)
	}
}
