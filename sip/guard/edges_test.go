package guard

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// TestMemory: failures count as long as Memory, since the last one and since a block
// ended, and so does that a phone was there.
func TestMemory(t *testing.T) {
	for _, tt := range []struct {
		rest    time.Duration
		blocked bool
	}{{Memory, true}, {Memory + 1, false}} {
		b := newBook()
		b.fails(start, at(lan, "1001"), true, MaxFailures-1)
		b.Failed(start.Add(tt.rest), at(lan, "1001"), true)
		b.wants(t, start.Add(tt.rest), at(lan, "1001"), tt.blocked)
	}
	b := newBook()
	b.fails(start, at(lan, "1001"), true, MaxFailures)
	end := start.Add(FirstBlock)
	b.Tick(end)
	b.fails(end.Add(Memory), at(lan, "1001"), true, MaxFailures)
	if k, _ := b.Refuses(end.Add(Memory), at(lan, "1001")); k.Times != 2 {
		t.Errorf("the block is remembered as %+v", k)
	}
	b = newBook()
	b.Passed(start, lan)
	b.Passed(start.Add(proveAgain-1), lan)
	b.Tick(start.Add(Memory))
	if len(b.proven) != 1 {
		t.Error("the phone is forgotten too early")
	}
	b.Tick(start.Add(Memory + 1))
	if len(b.proven) != 0 {
		t.Error("that a phone was there was noted too often, or is kept too long")
	}
	b.Passed(start, lan)
	b.Passed(start.Add(proveAgain), lan)
	b.Tick(start.Add(Memory + 1))
	if len(b.proven) != 1 {
		t.Error("a phone that is there still is forgotten")
	}
}

// TestBlocksGiveWayLast: the oldest record that does not block gives way, if there is one
// among the oldest that are looked at; else the oldest.
func TestBlocksGiveWayLast(t *testing.T) {
	for _, tt := range []struct {
		blocks  int
		blocked bool
	}{{evictSearch / 2, true}, {evictSearch/2 + 1, true}, {evictSearch, false}} {
		b := newBook()
		first := SourceOf("lan", netip.AddrFrom4([4]byte{9, 0, 0, 0}))
		for i := range tt.blocks {
			b.block1(SourceOf("lan", netip.AddrFrom4([4]byte{9, 0, 0, byte(i)})))
		}
		for i := 0; len(b.records) < MaxRecords; i++ {
			b.block0(SourceOf("lan", netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})))
		}
		b.block0(other)
		_, kept := b.records[Who{Source: first}]
		if kept != tt.blocked || len(b.records) != MaxRecords {
			t.Errorf("with %d blocks the oldest is kept: %t", tt.blocks, kept)
		}
	}
}

// block1 makes one record, which blocks; block0 one that does not.
func (b *book) block1(s Source) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.block(start, b.touch(start, Who{Source: s}), nil)
}

func (b *book) block0(s Source) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.touch(start, Who{Source: s})
}

// TestJournalEdges: who has read all, or all but what is still kept, is told no more than
// that; a full answer is the last.
func TestJournalEdges(t *testing.T) {
	b := newBook()
	place := b.Since(start, Place{}).Place
	tell := func(n int) {
		for i := range n {
			b.journal.add(Entry{What: failed, Block: Block{Who: at(lan, "1001"), Times: i}})
		}
	}
	if n := b.Since(start, place); b.Counters().ToldAll.Load() != 1 || n.Place != place || n.More {
		t.Errorf("nothing is new: %+v", n)
	}
	tell(newsLimit)
	if n := b.Since(start, place); len(n.Entries) != newsLimit || n.More {
		t.Errorf("%d entries, more is %t", len(n.Entries), n.More)
	}
	tell(2*journalLimit - newsLimit)
	if n := b.Since(start, place); len(n.Entries) != newsLimit || !n.More || n.Place.Last != place.Last+newsLimit {
		t.Errorf("%d entries, more is %t, at %+v", len(n.Entries), n.More, n.Place)
	}
	tell(1)
	if n := len(b.journal.entries); n != journalLimit+1 {
		t.Errorf("%d entries are kept", n)
	}
	b.Since(start, Place{place.Epoch, journalLimit})
	if n := b.Counters().ToldAll.Load(); n != 1 {
		t.Error("who has read up to what is kept is told all")
	}
	b.Since(start, Place{place.Epoch, journalLimit - 1})
	b.Since(start, Place{place.Epoch, b.journal.last + 1})
	b.Since(start, Place{place.Epoch + 1, b.journal.last})
	if n := b.Counters().ToldAll.Load(); n != 4 {
		t.Errorf("told all %d times", n)
	}
	last := b.journal.last
	if b.Unblock(start, other.Addr, ""); b.journal.last != last {
		t.Error("others are told that nothing was ended")
	}
	n := News{}
	for i := range 2 * MaxUnknown {
		n.Entries = append(n.Entries, Entry{What: failed, Block: Block{Who: at(lan, string(rune('a'+i)))}})
	}
	b.Learn(start, n)
	if got := len(b.records[Who{Source: lan}].Value.(*record).unknown); got != MaxUnknown {
		t.Errorf("%d users are remembered", got)
	}
}

func TestLists(t *testing.T) {
	for _, tt := range []struct {
		list, source string
		want         bool
	}{
		{"192.0.2.0/24", "192.0.2.7", true},
		{"192.0.2.7/32", "192.0.2.8", false},
		{"2001:db8::9/128", "2001:db8::", true}, // a source is a /64
		{"2001:db8:0:1::9/128", "2001:db8::", false},
		{"2001:db8::/48", "2001:db8:0:7::", true},
		{"2001:db8:1::/48", "2001:db8:0:7::", false},
	} {
		if got := lists([]netip.Prefix{netip.MustParsePrefix(tt.list)}, netip.MustParseAddr(tt.source)); got != tt.want {
			t.Errorf("%s lists %s: %t", tt.list, tt.source, got)
		}
	}
}

// TestSourceBehindProxies: as the last of at most maxProxies says, whatever the first says
// of itself.
func TestSourceBehindProxies(t *testing.T) {
	d := newDoor(t)
	d.cfg.Proxies["lan"] = []netip.Prefix{netip.MustParsePrefix("192.0.2.100/30")}
	const proxy = "192.0.2.100"
	for want, vias := range map[string][]string{
		"203.0.113.9":    {"198.51.100.1", "203.0.113.9"},
		"203.0.113.10":   {proxy, proxy, proxy, proxy, "203.0.113.10", "203.0.113.11"},
		"192.0.2.101":    {proxy, proxy, proxy, proxy, "192.0.2.101", "203.0.113.11"},
		"2001:db8::":     {proxy, "10.0.0.1;received=[2001:db8::9]"},
		"2001:db8:0:1::": {proxy, "10.0.0.1;received=2001:db8:0:1::9"},
		proxy:            {proxy, "10.0.0.1;received=[]"},
	} {
		req := sip.NewRequest(sip.REGISTER, sip.Uri{Scheme: "sip", Host: "demo"})
		for _, via := range vias {
			msg, err := message.Parse([]byte("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP " + via + ";branch=z9hG4bKa\r\nFrom: <sip:a@x>;tag=a\r\nTo: <sip:a@x>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n\r\n"))
			if err != nil {
				t.Fatal(via, err)
			}
			req.AppendHeader(msg.(*sip.Request).Via())
		}
		got := d.source(req, transport.Flow{Network: "lan", Remote: netip.MustParseAddrPort(proxy + ":5060")})
		if got.Addr.String() != want {
			t.Errorf("%s: the source is %s, want %s", slices.Concat(vias), got.Addr, want)
		}
	}
}
