package trace_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/trace"
	"strowger/sip/transport"
)

// TestHide: where digits may be seen, those of a dialog with a payment window may not, nor
// those of other nodes' calls and of none.
func TestHide(t *testing.T) {
	r, err := trace.New(trace.Config{Bytes: trace.MinBytes, Digits: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	now := time.Now()
	flow := transport.Flow{Proto: transport.UDP, Advertised: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: netip.MustParseAddrPort("192.0.2.2:5060")}
	info := func(dialog string) {
		text := []byte("INFO sip:1 SIP/2.0\r\nCall-ID: " + dialog + "\r\nCSeq: 2 INFO\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=7\r\nDuration=160\r\n")
		r.Message(now, flow, false, text, message.Look(text))
	}
	r.Leg(now, "call", 1, leg.Party{Kind: leg.Seat, Name: "1001"}, "seen")
	r.Leg(now, "call", 2, leg.Party{Kind: leg.Seat, Name: "1002"}, "hidden")
	r.Dialog(now, "foreign")
	info("hidden")
	r.Hide("hidden")
	for _, dialog := range []string{"seen", "hidden", "foreign", "unknown"} {
		info(dialog)
	}
	var seen []string
	for _, m := range r.Messages([]string{"seen", "hidden", "foreign", "unknown"}, trace.Span{From: now.Add(-time.Minute), To: now.Add(time.Minute)}) {
		if strings.Contains(m.Text, "Signal=7") {
			seen = append(seen, m.CallID)
		} else if !strings.Contains(m.Text, "\r\n\r\nxxxxxxxx") {
			t.Errorf("%q", m.Text)
		}
	}
	if got := strings.Join(seen, " "); got != "hidden seen" && got != "seen hidden" {
		t.Errorf("digits are seen of %q, want of seen, and of hidden before it was", got)
	}
}
