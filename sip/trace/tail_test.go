package trace_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"strowger/sip/leg"
	"strowger/sip/trace"
)

// TestTail: a reader sees each entry once, in order, and is told if it was too slow.
func TestTail(t *testing.T) {
	r := open(t, trace.Config{Bytes: trace.MinBytes, Dialogs: manyDialogs})
	now := time.Now()
	call(r, now, "before", "a", "b")
	for i := range 2 * trace.MinBytes / (8 << 10) {
		call(r, now, strconv.Itoa(i), fmt.Sprint("more-", i))
	}
	put(r, now, false, text("INVITE", "before", 0))
	tail := r.Tail()
	var seen []string
	read := func() bool {
		return tail.Read(func(call string, l trace.Leg) { seen = append(seen, call+" "+l.Party) },
			func(m trace.Message) { seen = append(seen, m.CallID) })
	}
	put(r, now, false, text("INVITE", "a", 0))
	r.Leg(now, "call", 1, leg.Party{Kind: leg.Trunk, Name: "carrier"}, "a")
	whole := read()
	put(r, now, false, text("INVITE", "b", 0))
	whole = read() && whole
	whole = read() && whole
	if got := fmt.Sprint(seen); got != "[a call trunk:carrier b]" || !whole {
		t.Errorf("seen %s, whole %t", got, whole)
	}
	const size = 8 << 10
	seen = nil
	for i := range trace.MinBytes / 2 / size { // more than a block
		put(r, now, false, text("INVITE", strconv.Itoa(i), size))
	}
	if !read() || len(seen) != trace.MinBytes/2/size || seen[len(seen)-1] != strconv.Itoa(trace.MinBytes/2/size-1) {
		t.Errorf("seen %d, %v", len(seen), seen)
	}
	for i := range 2 * trace.MinBytes / size {
		put(r, now, false, text("INVITE", fmt.Sprint("more-", i), size))
	}
	if read() {
		t.Error("what was written over is not told")
	}
	if !read() {
		t.Error("told twice")
	}
}

// TestOtherTail: a reader of what is of no call sees the methods that it wants, with
// their answers, and nothing that is of a call or becomes it.
func TestOtherTail(t *testing.T) {
	r := open(t, trace.Config{})
	now := time.Now()
	call(r, now, "call")
	put(r, now, false, text("REGISTER", "before", 0))
	tail := r.OtherTail("REGISTER", "OPTIONS")
	put(r, now, false, text("REGISTER", "a", 0))
	put(r, now, true, []byte("SIP/2.0 401 Unauthorized\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\n\r\n"))
	put(r, now, false, text("SUBSCRIBE", "b", 0))
	put(r, now, false, text("INVITE", "c", 0))
	call(r, now, "c")
	put(r, now, false, text("OPTIONS", "call", 0))
	put(r, now, true, text("OPTIONS", "d", 0))
	var seen []string
	whole := tail.Read(func(string, trace.Leg) { t.Error("a leg") }, func(m trace.Message) { seen = append(seen, m.CallID) })
	if got := fmt.Sprint(seen); got != "[a a d]" || !whole {
		t.Errorf("seen %s, whole %t", got, whole)
	}
}

// TestCallsAtOnce: of many calls that begin at once, each has its first message when it
// becomes one.
func TestCallsAtOnce(t *testing.T) {
	r := open(t, trace.Config{Dialogs: manyDialogs})
	const calls = 100
	tail, seen := r.Tail(), map[string]int{}
	now := time.Now()
	for i := range calls {
		put(r, now, false, text("INVITE", strconv.Itoa(i), 0))
	}
	for i := range calls {
		call(r, now, strconv.Itoa(i))
	}
	tail.Read(func(string, trace.Leg) {}, func(m trace.Message) { seen[m.CallID]++ })
	if len(seen) != calls {
		t.Errorf("%d of %d calls have their first message", len(seen), calls)
	}
}
