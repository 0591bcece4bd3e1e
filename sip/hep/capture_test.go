package hep

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"strowger/sip/trace"
)

// told notes what is sent, as CORRELATION/TEXT.
type told []string

func (l *told) send(m *trace.Message, correlation string) {
	*l = append(*l, correlation+"/"+m.Text)
}

func everybody(string) bool { return true }

func TestCapture(t *testing.T) {
	var sent told
	c := newCapture(1, func(party string) bool { return party != "trunk:quiet" }, sent.send)
	now := time.Now()
	put := func(id, text string) { c.message(now, trace.Message{CallID: id, Text: text}) }
	put("a", "1")
	put("stranger", "2")
	put("a", "3")
	if len(sent) != 0 {
		t.Fatalf("sent before the call is known: %v", sent)
	}
	c.leg("call", trace.Leg{CallID: "a", Party: "seat:1001"})
	c.leg("call", trace.Leg{CallID: "b", Party: "trunk:loud"})
	c.leg("call", trace.Leg{CallID: "c", Party: "trunk:quiet"})
	put("b", "4")
	put("c", "5")
	put("a", "6")
	c.due(now.Add(patience - 1))
	c.due(now.Add(patience))
	want := "[call/1 call/3 call/4 call/6 stranger/2]"
	if got := fmt.Sprint(sent); got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	if len(c.waiting) != 0 || c.bytes != 0 {
		t.Errorf("%d messages wait, %d bytes", len(c.waiting), c.bytes)
	}
}

// TestBounds: what waits is bounded, and so are the dialogs, of which those that are
// used stay.
func TestBounds(t *testing.T) {
	var sent told
	c := newCapture(1, everybody, sent.send)
	for i := range 3 * maxWaiting >> 20 {
		c.message(time.Now(), trace.Message{CallID: strconv.Itoa(i), Text: strings.Repeat("x", 1<<20)})
	}
	if c.bytes > maxWaiting || len(sent) == 0 {
		t.Errorf("%d bytes wait, %d messages were sent", c.bytes, len(sent))
	}
	c.leg("long", trace.Leg{CallID: "long"})
	for i := range 4 * maxDialogs {
		c.leg("short", trace.Leg{CallID: fmt.Sprint("dialog-", i)})
		if i%1000 == 0 {
			c.message(time.Now(), trace.Message{CallID: "long"})
		}
	}
	if _, known := c.find("long"); !known {
		t.Error("a dialog in use was forgotten")
	}
	if n := len(c.young) + len(c.old); n > 2*maxDialogs+1 {
		t.Errorf("%d dialogs are known", n)
	}
}

// TestSampled: a share of the calls is sent, each with all its legs or not at all.
func TestSampled(t *testing.T) {
	var sent told
	c := newCapture(0.25, everybody, sent.send)
	const calls = 10_000
	for i := range calls {
		call := fmt.Sprint("call-", i)
		for _, side := range []string{"a", "b"} {
			c.leg(call, trace.Leg{CallID: call + side})
			c.message(time.Now(), trace.Message{CallID: call + side})
		}
	}
	legs := map[string]int{}
	for _, s := range sent {
		legs[s]++
	}
	for call, n := range legs {
		if n != 2 {
			t.Errorf("%s has %d legs", call, n)
		}
	}
	if n := len(legs); n < calls/5 || n > calls*3/10 {
		t.Errorf("%d of %d calls were sent", n, calls)
	}
	var again told
	twin := newCapture(0.25, everybody, again.send)
	for i := range calls {
		call := fmt.Sprint("call-", i)
		if twin.sampled(call) != (legs[call+"/"] > 0) {
			t.Fatalf("another node decides differently about %s", call)
		}
	}
}
