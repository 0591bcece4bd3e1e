package trace_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/trace"
	"strowger/sip/transport"
)

var (
	self = netip.MustParseAddrPort("192.0.2.1:5060")
	flow = transport.Flow{Proto: transport.UDP, Advertised: self, Remote: netip.MustParseAddrPort("192.0.2.9:5070")}
)

// manyDialogs are so many that none of a test takes the place of another.
const manyDialogs = 1 << 18

func open(tb testing.TB, cfg trace.Config) *trace.Ring {
	tb.Helper()
	r, err := trace.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
	})
	return r
}

func text(method, id string, bytes int) []byte {
	head := method + " sip:1 SIP/2.0\r\nCall-ID: " + id + "\r\nCSeq: 1 " + method + "\r\n\r\n"
	return []byte(head + strings.Repeat("-", max(bytes-len(head), 0)))
}

// call makes dialogs those of calls.
func call(r *trace.Ring, at time.Time, ids ...string) {
	for _, id := range ids {
		r.Leg(at, "call of "+id, 1, leg.Party{Kind: leg.Seat}, id)
	}
}

func put(r *trace.Ring, at time.Time, sent bool, data []byte) {
	r.Message(at, flow, sent, data, message.Look(data))
}

// around is all of the time that a test may mean.
func around(t time.Time) trace.Span {
	return trace.Span{From: t.Add(-time.Hour), To: t.Add(time.Hour)}
}

func TestFound(t *testing.T) {
	r := open(t, trace.Config{})
	now := time.Now()
	r.Leg(now, "call-1", 1, leg.Party{Kind: leg.Trunk, Name: "carrier"}, "a")
	r.Leg(now, "call-1", 2, leg.Party{Kind: leg.Seat, Name: "1002"}, "b")
	r.Leg(now, "call-2", 1, leg.Party{Kind: leg.Seat, Name: "1001"}, "c")
	put(r, now.Add(2*time.Millisecond), true, text("INVITE", "b", 0))
	put(r, now, false, text("INVITE", "a", 0))
	put(r, now, false, text("INVITE", "c", 0))
	put(r, now.Add(time.Millisecond), true, []byte("SIP/2.0 100 Trying\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n\xff"))

	legs := r.Legs("call-1", around(now))
	want := []trace.Leg{{1, "trunk:carrier", "a"}, {2, "seat:1002", "b"}}
	if fmt.Sprint(legs) != fmt.Sprint(want) {
		t.Errorf("legs %v, want %v", legs, want)
	}
	found := r.Messages([]string{"a", "b"}, around(now))
	if len(found) != 3 {
		t.Fatalf("%d messages, want 3: %v", len(found), found)
	}
	first, second, third := found[0], found[1], found[2]
	if first.CallID != "a" || first.Sent || first.Local != self || first.Remote != flow.Remote || first.Proto != "udp" || !first.At.Equal(now) {
		t.Errorf("the first is %+v", first)
	}
	if !second.Sent || second.Text[len(second.Text)-1] != '?' || second.Bytes()[len(second.Raw)-1] != 0xff {
		t.Errorf("the second is %+v", second)
	}
	if third.CallID != "b" || string(third.Bytes()) != string(text("INVITE", "b", 0)) {
		t.Errorf("the third is %+v", third)
	}
	if early := r.Messages([]string{"b"}, trace.Span{From: now, To: now}); len(early) != 0 {
		t.Errorf("found outside of the span: %v", early)
	}
}

func TestKept(t *testing.T) {
	r := open(t, trace.Config{Keep: time.Minute})
	old := time.Now().Add(-2 * time.Minute)
	put(r, old, false, text("INVITE", "a", 0))
	put(r, time.Now(), false, text("BYE", "a", 0))
	if found := r.Messages([]string{"a"}, around(old)); len(found) != 1 || !strings.HasPrefix(found[0].Text, "BYE") {
		t.Errorf("kept %v, want the BYE alone", found)
	}
}

// TestOldestGiveWay: what is new is there, what is old is not, and what belongs to no
// call pushes no call out.
func TestOldestGiveWay(t *testing.T) {
	r := open(t, trace.Config{Bytes: trace.MinBytes, Dialogs: manyDialogs})
	now := time.Now()
	const size = 8 << 10
	for i := range 2 * trace.MinBytes / size {
		call(r, now, fmt.Sprint("call-", i))
		put(r, now, false, text("INVITE", fmt.Sprint("call-", i), size))
	}
	last := fmt.Sprint("call-", 2*trace.MinBytes/size-1)
	for i := range 4 * trace.MinBytes / size {
		put(r, now, false, text("REGISTER", fmt.Sprint("register-", i), size))
		put(r, now, false, text("INVITE", fmt.Sprint("flood-", i), size))
	}
	for id, want := range map[string]int{"call-0": 0, last: 1, "register-0": 0, fmt.Sprint("register-", 4*trace.MinBytes/size-1): 1} {
		if found := r.Messages([]string{id}, around(now)); len(found) != want {
			t.Errorf("%d messages of %s, want %d", len(found), id, want)
		}
	}
	if n := r.Counters().LeftOut.Load(); n != 0 {
		t.Errorf("%d messages left out", n)
	}
}

// TestAllowance: a dialog that talks without end does not fill the ring, and its end
// is seen all the same once it has been quiet.
func TestAllowance(t *testing.T) {
	r := open(t, trace.Config{})
	now := time.Now()
	const size = 4 << 10
	call(r, now, "loud", "other")
	for range 1000 {
		put(r, now, false, text("INFO", "loud", size))
	}
	put(r, now, false, text("INVITE", "other", 0))
	put(r, now.Add(10*time.Second), false, text("BYE", "loud", 0))
	found := r.Messages([]string{"loud"}, around(now))
	kept := 0
	for _, m := range found {
		kept += len(m.Text)
	}
	if kept > trace.BurstBytes || kept < trace.BurstBytes/2 || !strings.HasPrefix(found[len(found)-1].Text, "BYE") {
		t.Errorf("%d bytes kept, the last of %.20q", kept, found[len(found)-1].Text)
	}
	if len(r.Messages([]string{"other"}, around(now))) != 1 {
		t.Error("another dialog has suffered")
	}
	if n := r.Counters().LeftOut.Load(); n < 900 {
		t.Errorf("%d messages counted as left out", n)
	}
}

// TestNotifyOfCall: what any dialog may have stays with the call if its dialog is one.
func TestNotifyOfCall(t *testing.T) {
	r := open(t, trace.Config{Bytes: trace.MinBytes})
	now := time.Now()
	put(r, now, false, text("INVITE", "a", 0))
	call(r, now, "a")
	put(r, now, true, text("NOTIFY", "a", 0))
	for i := range trace.MinBytes / 1024 {
		put(r, now, true, text("NOTIFY", fmt.Sprint("lamp-", i), 1024))
	}
	if found := r.Messages([]string{"a"}, around(now)); len(found) != 2 {
		t.Errorf("%d messages of the call, want 2", len(found))
	}
}

func TestTooLong(t *testing.T) {
	r := open(t, trace.Config{})
	put(r, time.Now(), false, text("OPTIONS", "a", 1<<20))
	if r.Counters().LeftOut.Load() != 1 || len(r.Messages([]string{"a"}, around(time.Now()))) != 0 {
		t.Error("a message that does not fit was kept")
	}
}

// TestWhileWritten reads while others write; the race detector judges.
func TestWhileWritten(t *testing.T) {
	r := open(t, trace.Config{Bytes: trace.MinBytes, Dialogs: manyDialogs})
	now := time.Now()
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for i := range 2000 {
				put(r, now, false, text("INVITE", fmt.Sprint(w, "-", i), 1500))
				call(r, now, fmt.Sprint(w, "-", i))
				put(r, now, false, text("BYE", fmt.Sprint(w, "-", i), 2000))
				put(r, now, false, text("REGISTER", fmt.Sprint(w, "-", i), 2000))
			}
		})
	}
	for range 20 {
		for _, m := range r.Messages([]string{"0-1999", "1-5"}, around(now)) {
			if len(m.Text) != 2000 && len(m.Text) != 1500 {
				t.Errorf("a message of %d bytes", len(m.Text))
			}
		}
	}
	writers.Wait()
	found := r.Search(netip.Addr{}, "", around(now))
	if len(found) < 1000 {
		t.Errorf("%d messages are kept", len(found))
	}
	for _, m := range found {
		if len(m.Text) != 2000 && len(m.Text) != 1500 {
			t.Fatalf("a message of %d bytes", len(m.Text))
		}
	}
}

func TestNothingAllocated(t *testing.T) {
	r := open(t, trace.Config{})
	data, party, now := text("INVITE", "a", 700), leg.Party{Kind: leg.Seat, Name: "1001"}, time.Now()
	if n := testing.AllocsPerRun(1000, func() { put(r, now, true, data) }); n != 0 {
		t.Errorf("a message allocates %v times", n)
	}
	for range 10 { // as one of a call, too
		put(r, now, true, data)
	}
	if n := testing.AllocsPerRun(1000, func() { r.Leg(now, "call", 1, party, "a") }); n != 0 {
		t.Errorf("a leg allocates %v times", n)
	}
}

func BenchmarkMessage(b *testing.B) {
	r := open(b, trace.Config{Bytes: 64 << 20})
	var ids [1000][]byte
	for i := range ids {
		ids[i] = text("INVITE", fmt.Sprint("call-", i), 700)
	}
	now := time.Now()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		put(r, now.Add(time.Duration(i)*time.Millisecond), true, ids[i%len(ids)])
	}
}

// TestSearch finds what an address has said and was told, and no secret by guessing.
func TestSearch(t *testing.T) {
	r := open(t, trace.Config{})
	now := time.Now()
	other := flow
	other.Remote = netip.MustParseAddrPort("192.0.2.8:5060")
	register := []byte("REGISTER sip:1 SIP/2.0\r\nCall-ID: a\r\nAuthorization: Digest response=\"0a1b\"\r\n\r\n")
	put(r, now, false, register)
	put(r, now.Add(-time.Second), false, text("INVITE", "b", 0))
	r.Message(now, other, true, register, message.Look(register))
	for _, c := range []struct {
		source, having string
		want           int
	}{
		{"192.0.2.9", "", 2},
		{"192.0.2.9", "REGISTER", 1},
		{"::ffff:192.0.2.8", "", 1},
		{"192.0.2.7", "", 0},
		{"", "Call-ID: a", 2},
		{"", "0a1b", 0},
		{"", "xxxx", 0},
	} {
		var source netip.Addr
		if c.source != "" {
			source = netip.MustParseAddr(c.source)
		}
		found := r.Search(source, c.having, around(now))
		if len(found) != c.want {
			t.Errorf("%q of %q: %d messages, want %d: %v", c.having, c.source, len(found), c.want, found)
		}
		if c.want == 2 && found[1].At.Before(found[0].At) {
			t.Errorf("not in order of time: %v", found)
		}
	}
}

// TestAdopted: the messages of a call that came before it was one are taken out of
// those that a flood pushes out, each once and in order.
func TestAdopted(t *testing.T) {
	r := open(t, trace.Config{Bytes: trace.MinBytes})
	now := time.Now()
	for i := range 3 * trace.MinBytes / 1024 { // more than a turn of the others
		put(r, now, false, text("INVITE", fmt.Sprint("flood-", i), 1024))
	}
	put(r, now, false, text("INVITE", "a", 600))
	put(r, now, true, text("INVITE", "b", 600))
	for i := range 600 { // into the next block
		put(r, now, false, text("OPTIONS", fmt.Sprint("option-", i), 512))
	}
	put(r, now.Add(time.Millisecond), true, text("ACK", "a", 0))
	call(r, now, "a")
	call(r, now, "a", "b")
	put(r, now.Add(time.Second), false, text("BYE", "a", 0))
	check := func(id, want string) {
		t.Helper()
		var got []string
		for _, m := range r.Messages([]string{id}, around(now)) {
			got = append(got, m.Text[:3])
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s has %v, want %s", id, got, want)
		}
	}
	check("a", "[INV ACK BYE]")
	for i := range 3 * trace.MinBytes / 1024 {
		put(r, now, false, text("INVITE", fmt.Sprint("more-", i), 1024))
	}
	check("a", "[INV ACK BYE]")
	check("b", "[INV]")
	check("flood-0", "[]")
}

// TestDialogs: there is room for as many dialogs as are asked for, about, and the one
// that was silent for longest is forgotten: what it says is kept as well as it may be.
func TestDialogs(t *testing.T) {
	r := open(t, trace.Config{Bytes: trace.MinBytes, Dialogs: 64})
	now := time.Now()
	for i := range 1000 {
		call(r, now.Add(time.Duration(i)*time.Second), fmt.Sprint("dialog-", i))
	}
	put(r, now, false, text("BYE", "dialog-0", 0))
	put(r, now, false, text("BYE", "dialog-999", 0))
	for i := range trace.MinBytes / 1024 {
		put(r, now, false, text("OPTIONS", fmt.Sprint("option-", i), 1024))
	}
	if n := len(r.Messages([]string{"dialog-999"}, around(now))); n != 1 {
		t.Errorf("%d messages of the newest dialog", n)
	}
	if n := len(r.Messages([]string{"dialog-0"}, around(now))); n != 0 {
		t.Errorf("%d messages of the oldest dialog", n)
	}
}

// TestWhose: a message is its leg's, whatever address it comes from; the first of a call
// that comes in is nobody's yet.
func TestWhose(t *testing.T) {
	r := open(t, trace.Config{Trunks: []string{"one", "carrier"}})
	now := time.Now()
	whose := func(id string) trace.Whose {
		data := text("INVITE", id, 0)
		return r.Message(now, flow, false, data, message.Look(data))
	}
	if got := whose("a"); got != trace.Unknown {
		t.Errorf("before the leg is known it is %d", got)
	}
	r.Leg(now, "call", 1, leg.Party{Kind: leg.Trunk, Name: "carrier"}, "a")
	r.Leg(now, "call", 2, leg.Party{Kind: leg.Seat, Name: "carrier"}, "b")
	r.Leg(now, "call", 3, leg.Party{Kind: leg.Trunk, Name: "unlisted"}, "c")
	r.Dialog(now, "d")
	for id, want := range map[string]trace.Whose{"a": 2, "b": trace.Nobody, "c": trace.Unknown, "d": trace.Unknown, "e": trace.Unknown} {
		if got := whose(id); got != want {
			t.Errorf("%s is %d, want %d", id, got, want)
		}
	}
	r.Leg(now, "other call", 1, leg.Party{Kind: leg.Trunk, Name: "one"}, "b")
	if got := whose("b"); got != 1 {
		t.Errorf("b is %d after it went to another party", got)
	}
	if data := text("INVITE", "a", 1<<20); r.Message(now, flow, false, data, message.Look(data)) != 2 {
		t.Error("a message that is too long is nobody's")
	}
}
