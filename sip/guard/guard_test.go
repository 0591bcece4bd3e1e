package guard

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"
)

var (
	start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	lan   = SourceOf("lan", netip.MustParseAddr("192.0.2.7"))
	other = SourceOf("lan", netip.MustParseAddr("192.0.2.8"))
)

// book is a guard whose changes are kept.
type book struct {
	*Guard
	changes []string
}

func newBook(spared ...Source) *book {
	b := &book{}
	b.Guard = New("node-1", 1, func(s Source) bool { return slices.Contains(spared, s) }, func(_ time.Time, k Block, c Change) {
		b.changes = append(b.changes, fmt.Sprintf("%d %s %q %v silent=%t spared=%t", c, k.Addr, k.User, k.Until.Sub(k.Since), k.Silent, k.Spared))
	})
	return b
}

func at(s Source, user string) Who { return Who{Source: s, Tenant: "demo", User: user} }

func (b *book) fails(now time.Time, w Who, known bool, times int) {
	for range times {
		b.Failed(now, w, known)
	}
}

func (b *book) strangers(now time.Time, s Source, n int) {
	for i := range n {
		b.Failed(now, at(s, fmt.Sprint("nobody", i)), false)
	}
}

func (b *book) wants(t *testing.T, now time.Time, w Who, blocked bool) {
	t.Helper()
	if _, got := b.Refuses(now, w); got != blocked {
		t.Errorf("%s %q at %v: blocked is %t", w.Addr, w.User, now.Sub(start), got)
	}
}

func TestUserIsBlockedAtItsSource(t *testing.T) {
	for _, known := range []bool{true, false} {
		b := newBook()
		b.fails(start, at(lan, "1001"), known, MaxFailures-1)
		b.wants(t, start, at(lan, "1001"), false)
		b.Failed(start, at(lan, "1001"), known)
		b.wants(t, start, at(lan, "1001"), true)
		b.wants(t, start, at(lan, "1002"), false)
		b.wants(t, start, at(other, "1001"), false)
		if b.Silent(start, "lan", lan.Addr) {
			t.Error("a source is silenced by one user")
		}
		b.wants(t, start.Add(FirstBlock-1), at(lan, "1001"), true)
		b.wants(t, start.Add(FirstBlock), at(lan, "1001"), false)
	}
}

func TestSourceIsBlockedByDifferentUnknownUsers(t *testing.T) {
	b := newBook()
	for i := range 10 * MaxUnknown { // of users that exist, or one again and again
		b.Failed(start, at(lan, strconv.Itoa(1000+i)), true)
		b.Failed(start, at(other, "nobody"), false)
	}
	b.wants(t, start, at(lan, "1999"), false)
	b.wants(t, start, at(other, "1999"), false)
	third := SourceOf("lan", netip.MustParseAddr("192.0.2.9"))
	b.strangers(start, third, MaxUnknown-1)
	b.wants(t, start, at(third, "1999"), false)
	b.strangers(start, third, MaxUnknown)
	b.wants(t, start, at(third, "1999"), true)
}

// TestSilence: who named a user that has a seat, or where one proved itself, is told no.
func TestSilence(t *testing.T) {
	b := newBook()
	named := SourceOf("lan", netip.MustParseAddr("192.0.2.20"))
	proven := SourceOf("lan", netip.MustParseAddr("192.0.2.21"))
	b.Failed(start, at(named, "1001"), true)
	b.Passed(start, proven)
	for s, silent := range map[Source]bool{lan: true, named: false, proven: false} {
		b.strangers(start, s, MaxUnknown)
		b.wants(t, start, at(s, "1999"), true)
		if got := b.Silent(start, "lan", s.Addr); got != silent {
			t.Errorf("%s silent: %t", s.Addr, got)
		}
	}
	if b.Silent(start, "carriers", lan.Addr) {
		t.Error("the address is silent on another network")
	}
	if b.Silent(start.Add(FirstBlock), "lan", lan.Addr) {
		t.Error("the silence does not end")
	}
	b.Tick(start.Add(FirstBlock))
	if len(b.silent) != 0 || b.hush.Load() != 0 {
		t.Error("the silence is kept")
	}
}

func TestBlocksGrow(t *testing.T) {
	b := newBook()
	now, want := start, FirstBlock
	for range 12 {
		b.fails(now, at(lan, "1001"), true, MaxFailures)
		k, ok := b.Refuses(now, at(lan, "1001"))
		if !ok || k.Until.Sub(now) != want {
			t.Fatalf("blocked %t for %v, want %v", ok, k.Until.Sub(now), want)
		}
		now = k.Until
		b.Tick(now)
		want = min(2*want, LongestBlock)
	}
	if want != LongestBlock {
		t.Fatalf("the test ends at %v", want)
	}
	now = now.Add(Memory + 1)
	b.fails(now, at(lan, "1001"), true, MaxFailures)
	if k, _ := b.Refuses(now, at(lan, "1001")); k.Until.Sub(now) != FirstBlock {
		t.Errorf("after a rest it is blocked for %v", k.Until.Sub(now))
	}
	if n := len(b.changes); n != 25 {
		t.Errorf("%d changes were told: %q", n, b.changes)
	}
}

func TestSpared(t *testing.T) {
	b := newBook(lan)
	b.strangers(start, lan, 3*MaxUnknown)
	b.fails(start, at(lan, "1001"), true, 3*MaxFailures)
	b.wants(t, start, at(lan, "1001"), false)
	if b.Silent(start, "lan", lan.Addr) || len(b.Blocks(start)) != 2 {
		t.Errorf("silent, or listed as %+v", b.Blocks(start))
	}
	want := []string{
		`0 192.0.2.7 "" 5m0s silent=false spared=true`,
		`0 192.0.2.7 "1001" 5m0s silent=false spared=true`,
	}
	if !slices.Equal(b.changes, want) {
		t.Errorf("told %q", b.changes)
	}
	if b.Counters().Alarms.Load() != 2 || b.Counters().Blocked.Load() != 0 {
		t.Error("the alarms are not counted")
	}
}

func TestUnblock(t *testing.T) {
	b := newBook()
	b.strangers(start, lan, MaxUnknown)
	b.fails(start, at(lan, "1001"), true, MaxFailures)
	b.fails(start, at(lan, "1002"), true, MaxFailures-1)
	if got := b.Unblock(start, other.Addr, ""); len(got) != 0 {
		t.Errorf("ended %+v", got)
	}
	if got := b.Unblock(start, lan.Addr, "1001"); len(got) != 1 || got[0].User != "1001" {
		t.Errorf("ended %+v", got)
	}
	b.wants(t, start, at(lan, "1001"), true) // by the source's block
	if got := b.Unblock(start, lan.Addr, ""); len(got) != 1 || got[0].User != "" || b.Silent(start, "lan", lan.Addr) {
		t.Errorf("ended %+v", got)
	}
	b.Failed(start, at(lan, "1002"), true)
	b.wants(t, start, at(lan, "1002"), false) // it begins anew
	if b.Counters().Blocks.Load() != 0 {
		t.Errorf("%d blocks", b.Counters().Blocks.Load())
	}
}

// TestBounds: what is followed is bounded; blocks give way last.
func TestBounds(t *testing.T) {
	b := newBook()
	b.fails(start, at(lan, "1001"), true, MaxFailures)
	for i := range MaxRecords {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		b.Failed(start, at(SourceOf("lan", a), "x"), false)
	}
	if len(b.records) != MaxRecords || b.recent.Len() != MaxRecords || b.Counters().Evicted.Load() == 0 {
		t.Errorf("%d records, %d evicted", len(b.records), b.Counters().Evicted.Load())
	}
	b.wants(t, start, at(lan, "1001"), true)
	b.Tick(start.Add(2*Memory + time.Hour))
	if len(b.records) != 0 && b.Counters().Blocks.Load() == 0 {
		b.Tick(start.Add(3 * Memory))
	}
	if len(b.records) != 0 || b.Counters().Records.Load() != 0 {
		t.Errorf("%d records are never forgotten", len(b.records))
	}
	for i := range MaxProven + 10 {
		b.Passed(start, SourceOf("lan", netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)})))
	}
	if len(b.proven) != MaxProven {
		t.Errorf("%d proven sources", len(b.proven))
	}
}

func TestSourceOf(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "fe80::1%eth0": "fe80::",
	} {
		if got := SourceOf("", netip.MustParseAddr(text)).Addr.String(); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func BenchmarkPass(b *testing.B) {
	for _, blocks := range []int{0, 100} {
		b.Run(fmt.Sprint(blocks, " blocks"), func(b *testing.B) {
			g := newBook()
			for i := range blocks {
				g.fails(start, at(SourceOf("lan", netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})), "1001"), true, MaxFailures)
			}
			b.ReportAllocs()
			for b.Loop() {
				g.Refuses(start, at(lan, "1001"))
				g.Passed(start, lan)
				g.Silent(start, "lan", lan.Addr)
			}
		})
	}
}
