package e2e

import (
	"testing"
	"time"

	"strowger/sip/leg"
)

// key waits for a key in the sound (RFC 4733) and returns its event code.
func (h *handset) key() byte {
	h.t.Helper()
	if err := h.conn.SetReadDeadline(time.Now().Add(fileWait)); err != nil {
		h.t.Fatal(err)
	}
	buf := make([]byte, 1500)
	for {
		n, err := h.conn.Read(buf)
		if err != nil {
			h.t.Fatalf("waiting for a key: %v", err)
		}
		if n == 16 && buf[1]&0x7f == 101 {
			return buf[12]
		}
	}
}

// TestKeyByINFO: a key that a phone sends by INFO is heard by the carrier.
func TestKeyByINFO(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	near := newHandset(t, host())
	press := called("INFO", 1).with("Content-Type: application/dtmf-relay")
	press.body = "Signal=7\nDuration=160"
	phone := n.phone("1002", answers(), pause(300), press, await("200"), hungUp())
	call, events := n.trunkCalls(n.carrier, to, near.sdp())
	next(t, events, leg.Accepts)
	if got := near.key(); got != 7 {
		t.Errorf("key %d was heard", got)
	}
	call.Hangup()
	phone.done()
	n.recorded(byCaller)
}
