package node_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"strowger/cmd/internal/hosttest"
	"strowger/sip/auth"
	"strowger/sip/guard"
	"strowger/sip/ledger"
	"strowger/sip/usage"
)

// tries has a phone register with a password, and returns the answer's first line.
func (p *peer) tries(node, seat, password string) string {
	p.t.Helper()
	lines := func(cseq int, more ...string) []string {
		return append([]string{
			"REGISTER sip:" + node + " SIP/2.0", p.via(), "Max-Forwards: 70",
			"From: <sip:" + seat + "@demo>;tag=try", "To: <sip:" + seat + "@demo>",
			fmt.Sprintf("Call-ID: try-%d", p.count), fmt.Sprintf("CSeq: %d REGISTER", cseq), p.contact(seat),
		}, more...)
	}
	p.send(node, "", lines(1)...)
	challenge := p.await("SIP/2.0 401").get("WWW-Authenticate")
	answer, err := auth.Answer([]string{challenge}, "REGISTER", "sip:"+node, seat, password, 1)
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(node, "", lines(2, "Authorization: "+answer)...)
	return p.await("SIP/2.0 ").first
}

// TestBlocksAreTheClusters: who guesses at two nodes in turn is blocked at both, and
// what an administrator ends at one is over at the other.
func TestBlocksAreTheClusters(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	phone := udpPeer(t, hosttest.Next())
	blocked := func(i int) bool {
		return len(p.nodes[i].Guard.Blocks(time.Now())) == 1
	}
	until(t, "node 1 has asked for the first time", func() bool { return p.nodes[1].Guard.Counters().ToldAll.Load() == 1 })
	for range guard.MaxFailures - 1 {
		if got := phone.tries(p.sip(1), "1001", "wrong"); got != "SIP/2.0 401 Unauthorized" {
			t.Fatal(got)
		}
	}
	until(t, "node 1 knows of the guesses", func() bool {
		return p.nodes[0].Guard.Counters().FailuresLearned.Load() == guard.MaxFailures-1
	})
	phone.tries(p.sip(0), "1001", "wrong")
	if !blocked(0) {
		t.Fatal("node 1 does not block")
	}
	begun := time.Now()
	until(t, "node 2 blocks", func() bool { return blocked(1) })
	if d := time.Since(begun); d > 2*time.Second {
		t.Errorf("node 2 blocks after %v", d)
	}
	if got := phone.tries(p.sip(1), "1001", "demo-1001"); got != "SIP/2.0 403 "+guard.Refusal {
		t.Errorf("node 2 says %s", got)
	}
	if got := p.nodes[1].Guard.Unblock(time.Now(), netip.MustParseAddr(phone.local.Addr().String()), ""); len(got) != 1 || got[0].Node != "node-1" {
		t.Errorf("node 2 ended %+v", got)
	}
	until(t, "node 1 has ended the block", func() bool { return !blocked(0) })
	if got := phone.tries(p.sip(0), "1001", "demo-1001"); got != "SIP/2.0 200 OK" {
		t.Errorf("node 1 says %s", got)
	}
}

// TestUsageIsTheClusters: what a seat called at either node is one sum at both.
func TestUsageIsTheClusters(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	for i, n := range p.nodes {
		call := fmt.Sprint("call-", i)
		now := time.Now()
		n.Usage.Record(
			ledger.Event{Kind: ledger.Arrived, At: now, Call: call, Tenant: "demo", Leg: 1, Party: "seat:1001"},
			ledger.Event{Kind: ledger.Rang, At: now, Call: call, Leg: 2, Party: "trunk:carrier", To: "+441632960123"},
			ledger.Event{Kind: ledger.Ended, At: now, Call: call},
		)
	}
	for i, n := range p.nodes {
		until(t, fmt.Sprint("node ", i+1, " shows both calls"), func() bool {
			return slices.ContainsFunc(n.Usage.Uses(time.Now(), "demo"), func(u usage.Use) bool {
				return u.Party == "seat:1001" && u.Calls == 2
			})
		})
	}
	here, there := p.nodes[0].Usage, p.nodes[1].Usage
	here.Record(ledger.Event{Kind: ledger.Arrived, At: time.Now(), Call: "long", Tenant: "demo", Leg: 1, Party: "seat:1001"})
	until(t, "node 2 knows that the seat is in a call", func() bool { return there.Calls("demo", "1001") == 1 })
	here.Record(ledger.Event{Kind: ledger.Ended, At: time.Now(), Call: "long"})
	until(t, "node 2 knows that the call is over", func() bool { return there.Calls("demo", "1001") == 0 })
}
