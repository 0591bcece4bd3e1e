package guard

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// rack are the guards of a cluster, which tell each other when the test says so.
type rack struct {
	t     *testing.T
	nodes []*book
	read  map[[2]int]Place
}

func newRack(t *testing.T, n int) *rack {
	t.Helper()
	r := &rack{t: t, read: map[[2]int]Place{}}
	for range n {
		r.add()
	}
	r.tell(start) // as whoever has joined does
	return r
}

func (r *rack) add(spared ...Source) *book {
	b := newBook(spared...)
	b.node, b.journal.epoch = fmt.Sprint("node-", len(r.nodes)+1), uint64(len(r.nodes)+1)
	r.nodes = append(r.nodes, b)
	return b
}

// asks has one node ask another, as it goes over the link.
func (r *rack) asks(now time.Time, who, whom int) {
	r.t.Helper()
	key := [2]int{who, whom}
	for more, pages := true, 0; more; pages++ {
		if pages > 100 {
			r.t.Fatal("there is no end of pages")
		}
		text, err := json.Marshal(r.nodes[whom].Since(now, r.read[key]))
		if err != nil {
			r.t.Fatal(err)
		}
		var n News
		if err := json.Unmarshal(text, &n); err != nil {
			r.t.Fatal(err)
		}
		r.nodes[who].Learn(now, n)
		r.read[key], more = n.Place, n.More
	}
}

// tell has every node ask every other.
func (r *rack) tell(now time.Time) {
	r.t.Helper()
	for who := range r.nodes {
		for whom := range r.nodes {
			if who != whom {
				r.asks(now, who, whom)
			}
		}
	}
}

func (r *rack) wants(now time.Time, w Who, blocked bool) {
	r.t.Helper()
	for _, b := range r.nodes {
		b.wants(r.t, now, w, blocked)
		if n := b.Counters().Blocks.Load(); int(n) != len(b.Blocks(now)) {
			r.t.Errorf("%s counts %d blocks, lists %+v", b.node, n, b.Blocks(now))
		}
	}
}

func TestBlockHoldsAtAllNodes(t *testing.T) {
	r := newRack(t, 3)
	r.nodes[1].strangers(start, lan, MaxUnknown)
	r.nodes[0].fails(start, at(other, "1001"), true, MaxFailures)
	r.tell(start)
	for _, b := range r.nodes {
		if !b.Silent(start, "lan", lan.Addr) {
			t.Errorf("%s answers the scanner", b.node)
		}
		if k := b.Blocks(start); len(k) != 2 || k[0].Node != "node-2" || k[1].Node != "node-1" || k[1].User != "1001" || k[1].Times != 1 {
			t.Errorf("%s lists %+v", b.node, k)
		}
	}
	r.wants(start, at(other, "1001"), true)
	r.wants(start, at(other, "1002"), false)
	end := start.Add(FirstBlock)
	for _, b := range r.nodes {
		b.Tick(end)
		if b.Silent(end, "lan", lan.Addr) {
			t.Errorf("%s is silent for ever", b.node)
		}
	}
	r.wants(end, at(other, "1001"), false)
	for i, want := range []int{2, 2, 0} { // begun and over, by who made it
		if got := r.nodes[i].changes; len(got) != want {
			t.Errorf("node %d reported %q", i+1, got)
		}
	}
	r.nodes[2].fails(end, at(other, "1001"), true, MaxFailures)
	if k, _ := r.nodes[2].Refuses(end, at(other, "1001")); k.Times != 2 || k.Until.Sub(end) != 2*FirstBlock {
		t.Errorf("the next block, at another node, is %+v", k)
	}
}

// TestFailuresAtAllNodesCount: who goes round the nodes has no more tries.
func TestFailuresAtAllNodesCount(t *testing.T) {
	r := newRack(t, 3)
	tries := 0
	for _, refused := r.nodes[0].Refuses(start, at(lan, "1001")); !refused; _, refused = r.nodes[tries%3].Refuses(start, at(lan, "1001")) {
		r.nodes[tries%3].Failed(start, at(lan, "1001"), true)
		r.tell(start)
		if tries++; tries > 2*MaxFailures {
			break
		}
	}
	if tries != MaxFailures {
		t.Errorf("blocked after %d tries", tries)
	}
	for i := range MaxUnknown - 1 {
		r.nodes[i%3].Failed(start, at(other, fmt.Sprint("nobody", i)), false)
	}
	for range 2 * MaxUnknown {
		r.nodes[0].Failed(start, at(other, "nobody1"), false)
	}
	r.tell(start)
	r.wants(start, at(other, "1999"), false)
	r.nodes[1].Failed(start, at(other, "nobody"), false)
	r.tell(start)
	r.wants(start, at(other, "1999"), true)
}

// TestUnblockAtAllNodes: in whatever order the nodes hear of it.
func TestUnblockAtAllNodes(t *testing.T) {
	r := newRack(t, 3)
	r.nodes[0].strangers(start, lan, MaxUnknown)
	r.asks(start, 1, 0)
	if got := r.nodes[1].Unblock(start.Add(-time.Minute), lan.Addr, ""); len(got) != 1 { // by a clock that is behind
		t.Fatalf("ended %+v", got)
	}
	r.asks(start, 2, 1) // before it knows of the block
	r.asks(start, 2, 0)
	r.nodes[2].wants(t, start, at(lan, "x"), true)
	for range 2 {
		r.tell(start)
	}
	r.wants(start, at(lan, "x"), false)
	for _, b := range r.nodes {
		if b.Silent(start, "lan", lan.Addr) {
			t.Errorf("%s is still silent", b.node)
		}
	}
	if c := r.nodes[1].changes; len(c) != 1 {
		t.Errorf("the node that was told by hand reported %q", c)
	}
	// A later block is not ended by what is said of the earlier.
	later := start.Add(time.Hour)
	r.nodes[0].fails(later, at(lan, "1001"), true, MaxFailures)
	r.nodes[0].Learn(later, News{Entries: []Entry{{What: removed, Block: Block{Who: Who{Source: Source{Addr: lan.Addr}}, Since: start}}}})
	r.tell(later)
	r.wants(later, at(lan, "1001"), true)
}

// TestBlocksOfTwoNodes: of two blocks of the same the one that ends later holds, and a
// source is silenced only if no node knows a phone there.
func TestBlocksOfTwoNodes(t *testing.T) {
	r := newRack(t, 2)
	r.nodes[1].Passed(start, lan)
	r.nodes[0].strangers(start, lan, MaxUnknown)
	r.nodes[1].strangers(start.Add(time.Second), lan, MaxUnknown)
	r.tell(start.Add(time.Second))
	for _, b := range r.nodes {
		k := b.Blocks(start.Add(time.Second))
		if len(k) != 1 || k[0].Node != "node-2" || !k[0].Until.Equal(start.Add(time.Second+FirstBlock)) || k[0].Silent {
			t.Errorf("%s has %+v", b.node, k)
		}
		if b.Silent(start.Add(time.Second), "lan", lan.Addr) {
			t.Errorf("%s silences a phone's address", b.node)
		}
	}
	r = newRack(t, 2)
	r.nodes[1].Passed(start, lan)
	r.nodes[0].strangers(start, lan, MaxUnknown)
	r.tell(start) // node 2 learns it, and tells that it is not to be silent
	r.tell(start)
	if r.nodes[0].Silent(start, "lan", lan.Addr) || len(r.nodes[0].Blocks(start)) != 1 {
		t.Errorf("node-1 has %+v", r.nodes[0].Blocks(start))
	}
}

// TestSparedElsewhere: what the configuration of a node spares is not blocked there.
func TestSparedElsewhere(t *testing.T) {
	r := newRack(t, 1)
	careful := r.add(lan)
	r.nodes[0].strangers(start, lan, MaxUnknown)
	r.tell(start)
	careful.wants(t, start, at(lan, "1001"), false)
	if careful.Silent(start, "lan", lan.Addr) || !careful.Blocks(start)[0].Spared {
		t.Errorf("it has %+v", careful.Blocks(start))
	}
}

// TestNewNode: who joins, and who has fallen behind, learns what is in force, also what
// a node that is gone had blocked.
func TestNewNode(t *testing.T) {
	r := newRack(t, 2)
	r.nodes[0].fails(start, at(lan, "1001"), true, MaxFailures)
	r.nodes[0].fails(start, at(lan, "1002"), true, 1)
	r.tell(start)
	r.add()
	r.asks(start, 2, 1) // node 1 is gone
	r.nodes[2].wants(t, start, at(lan, "1001"), true)
	for i := range 3 * journalLimit {
		r.nodes[0].Failed(start, at(SourceOf("lan", netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})), "x"), true)
	}
	if n := len(r.nodes[0].journal.entries); n > 2*journalLimit {
		t.Errorf("the journal has %d entries", n)
	}
	before := r.nodes[0].Counters().ToldAll.Load()
	r.asks(start, 1, 0)
	if got := r.nodes[0].Counters().ToldAll.Load() - before; got != 1 {
		t.Errorf("told all %d times", got)
	}
	for i := range 3 * newsLimit {
		r.nodes[0].Failed(start, at(SourceOf("lan", netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})), "x"), true)
	}
	learned := r.nodes[1].Counters().FailuresLearned.Load()
	r.asks(start, 1, 0)
	if got := r.nodes[1].Counters().FailuresLearned.Load() - learned; got != 3*newsLimit {
		t.Errorf("%d failures were told in pages", got)
	}
	if news := r.nodes[0].Since(start.Add(FirstBlock), Place{}); len(news.Entries) != 0 {
		t.Errorf("told of what is over: %+v", news.Entries)
	}
}

// TestAlone: a node that nobody asks keeps nothing for others.
func TestAlone(t *testing.T) {
	b := newBook()
	b.fails(start, at(lan, "1001"), true, MaxFailures)
	if len(b.journal.entries) != 0 || b.Blocks(start)[0].Node != "node-1" {
		t.Errorf("it has %+v", b.journal)
	}
}
