package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestReasonIsTold: why a callee refuses and why a caller gives up are told to the other
// side, by the cause of ISDN too (RFC 3326).
func TestReasonIsTold(t *testing.T) {
	need(t, "sipp", "sip-tester")
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		const to = "901632960555"
		n := startNode(t)
		trunk := n.waits("carrier", n.carrier, rung, toInvite(404, "Not Found").with(`Reason: Q.850;cause=1;text="Unallocated"`), await("ACK"))
		call := n.call("1001", host(), to, ada.isTold(to, "404"))
		allDone(call, trunk)
		says(t, call.got("SIP/2.0 404", ""), "Reason: Q.850;cause=1")
		n.recorded(ending{"failed", 404, 1, "callee"})
	})
	t.Run("given up", func(t *testing.T) {
		t.Parallel()
		const to = "+448081570002"
		n := startNode(t)
		phone := n.phone("1002", rung, ringing(), cancelled())
		call := n.fromCarrier(to, carrier.invite(1, to), await("100"), await("180"),
			carrier.cancel(1, to).with(`Reason: Q.850;cause=102;text="Recovery on timer expiry"`), await("200"), await("487"), carrier.refused(1, to))
		allDone(call, phone)
		says(t, phone.got("CANCEL", ""), "Reason: Q.850;cause=102")
		n.recorded(ending{"cancelled", 487, 102, "caller"})
	})
}

// TestSessionID: each side is told the other's half of the Session-ID in every message
// of the call (RFC 7989), and the record has it.
func TestSessionID(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	near, far := strings.Repeat("a", 32), strings.Repeat("b", 32)
	halves := func(m message, own, other string) message { return m.with("Session-ID: " + own + ";remote=" + other) }
	n := startNode(t)
	ok := halves(toInvite(200, "OK").sdp(usual), far, near)
	phone := n.phone("1002", rung, halves(ringing(), far, near), ok, await("ACK"), hungUp())
	call := n.fromCarrier(to, halves(carrier.invite(1, to), near, strings.Repeat("0", 32)), await("100"), await("180"), await("200"),
		halves(carrier.ack(1), near, far), pause(200), halves(carrier.inDialog("BYE", 2), near, far), await("200"))
	allDone(call, phone)
	says(t, phone.got("INVITE", ""), "Session-ID: "+near+";remote="+strings.Repeat("0", 32))
	for _, method := range []string{"ACK", "BYE"} {
		says(t, phone.got(method, ""), "Session-ID: "+near+";remote="+far)
	}
	says(t, call.got("SIP/2.0 100", ""), "Session-ID: "+strings.Repeat("0", 32)+";remote="+near)
	for _, status := range []string{"180", "200"} {
		says(t, call.got("SIP/2.0 "+status, ""), "Session-ID: "+far+";remote="+near)
	}
	if got := n.recorded(byCaller)[0].SessionID; got != near {
		t.Errorf("the record has %s", got)
	}
}

// TestDiverted: a call that has been diverted before it came here, and is again. A
// carrier that is trusted is told both, one that is not nothing, and what one that is
// not says of it is not believed.
func TestDiverted(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const (
		to      = "+448081570002"
		earlier = "<sip:+441632960009@carrier.example>"
	)
	for name, c := range map[string]struct {
		from, to  bool // trusted
		diversion []string
		history   bool
		never     string
	}{
		"between trusted": {true, true, []string{"Diversion: <sip:+441632960102@", "Diversion: " + earlier + ";reason=no-answer"}, true, "Diversion: x"},
		"from a stranger": {false, true, []string{"Diversion: <sip:+441632960102@"}, true, "Diversion: " + earlier},
		"to a stranger":   {true, false, nil, false, "Diversion: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			second := host()
			edits := append(backedUp(second), change("demo.plan.hcl", `trunks = ["carrier", "backup"]`, `trunks = ["backup"]`))
			if c.from {
				edits = append(edits, trusting)
			}
			if c.to {
				edits = append(edits, change("strowger.hcl", fmt.Sprintf("targets = [\"%s:5060\"]", second), fmt.Sprintf("targets = [\"%s:5060\"]\n  trusted = true", second)))
			}
			n := startNode(t, edits...)
			n.operate("seat", "forward", "1002", "--always", "901632960777")
			trunk := n.waits("backup", second, answers(), hungUp())
			call := n.fromCarrier(to, carrier.invite(1, to).with("P-Asserted-Identity: <sip:+441632960999@[local_ip]>", "Diversion: "+earlier+";reason=no-answer", "History-Info: "+earlier+";index=1"),
				maybe(100), maybe(180), await("200"), carrier.ack(1), pause(200), carrier.hangsUp(2))
			allDone(call, trunk)
			invite := trunk.got("INVITE sip:+441632960777@", "")
			says(t, invite, c.diversion...)
			lacks(t, invite, c.never)
			if strings.Contains(invite, "\nHistory-Info: ") != c.history {
				t.Errorf("History-Info is not as it should be in\n%s", invite)
			}
			n.recorded(byCaller)
		})
	}
}
