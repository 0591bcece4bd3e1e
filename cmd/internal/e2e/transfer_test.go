package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media/prompt"
)

// reported awaits the NOTIFY of a transfer.
func reported() string { return steps(await("NOTIFY"), again(200, "OK")) }

// refers asks that the other party be connected to a number.
func refers(number string) message {
	return called("REFER", 1).with("Refer-To: <sip:" + number + "@[remote_ip]>")
}

// TestSeatTransfers: a phone transfers a carrier's call to another phone, which answers,
// and is let go.
func TestSeatTransfers(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), pause(200), refers("1003"), await("202"), reported(), reported(), hungUp())
	target := n.phone("1003", rung, answer(), await("ACK"), pause(300), called("BYE", 1), await("200"))
	call := n.fromCarrier(to, carrier.calls(to), hungUp())
	allDone(call, phone, target)
	phone.got("NOTIFY", "SIP/2.0 200 OK")
	phone.got("NOTIFY", "Subscription-State: terminated;reason=noresource")
	target.got("INVITE", "Referred-By: <sip:1002@")
	cdr := n.recorded(ending{"answered", 200, 16, "callee"})[0]
	if !strings.Contains(cdr.Segments, " trunk:carrier seat:1002; ") || !strings.HasSuffix(cdr.Segments, " trunk:carrier seat:1003") {
		t.Errorf("who spoke to whom: %q", cdr.Segments)
	}
	if legs := n.legs(cdr.Call); len(legs) != 3 {
		t.Errorf("legs %+v", legs)
	}
}

// TestTransferFails: the target is busy, and the phone has the call back.
func TestTransferFails(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), pause(200), refers("1003"), await("202"), reported(), reported(),
		pause(200), called("BYE", 2), await("200"))
	target := n.phone("1003", rung, reply(486, "Busy Here"), await("ACK"))
	call := n.fromCarrier(to, carrier.calls(to), hungUp())
	allDone(call, phone, target)
	phone.got("NOTIFY", "SIP/2.0 486 Busy Here")
	cdr := n.recorded(ending{"answered", 200, 16, "callee"})[0]
	if strings.Count(cdr.Segments, " trunk:carrier seat:1002") != 2 || strings.Contains(cdr.Segments, "1003") {
		t.Errorf("who spoke to whom: %q", cdr.Segments)
	}
}

// TestCarrierMayNotTransfer: a carrier's REFER does nothing.
func TestCarrierMayNotTransfer(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(100),
		carrier.inDialog("REFER", 2).with("Refer-To: <sip:1003@[remote_ip]>"), await("403"), carrier.hangsUp(3))
	allDone(call, phone)
	n.recorded(byCaller)
}

// onlyCall is the call that is not over.
func (n *node) onlyCall() string {
	n.t.Helper()
	var list api.Calls
	if err := json.Unmarshal([]byte(n.strowger("call", "list", "-o", "json")), &list); err != nil || len(list.Calls) != 1 {
		n.t.Fatalf("calls: %+v, %v", list.Calls, err)
	}
	return list.Calls[0].ID
}

// TestTransferIsHeard: baresip transfers a call to a phone that rings for a while and
// then echoes. The caller hears baresip's tone, ringing, and at last itself.
func TestTransferIsHeard(t *testing.T) {
	need(t, "baresip", "baresip-core")
	n := startNode(t)
	ada, ben := n.softphone("1001", 440, "udp"), n.softphone("1002", 620, "udp")
	echo := n.phone("1003", rung, ringing(), pause(3500), answer(), await("ACK"), hungUp())
	ada.does("dial", "sip:1002@"+n.host+":5060;transport=udp")
	until(t, "both talk", func() bool {
		return strings.Contains(ada.process.output(), "Call established") && strings.Contains(ben.process.output(), "Call established")
	})
	talked(2 * time.Second)
	ben.does("transfer", "sip:1003@"+n.host+":5060;transport=udp")
	until(t, "ben's leg is over", func() bool { return strings.Contains(n.strowger("call", "show", n.onlyCall()), "seat:1002  done") })
	talked(3 * time.Second)
	ada.does("hangup", "")
	echo.done()
	n.recorded(byCaller)
	samples := ada.heard()
	low, high := prompt.ToneShare(samples, 400), prompt.ToneShare(samples, 450)
	rings := 0
	for i := range low {
		if low[i] > 0.3 && high[i] > 0.3 {
			rings++
		}
	}
	if other, own := loud(prompt.ToneShare(samples, 620)), loud(prompt.ToneShare(samples, 440)); other < 10 || rings < 3 || own < 10 {
		t.Errorf("windows of 100 ms with the phone that transferred, ringing, and the echo: %d, %d, %d", other, rings, own)
	}
}
