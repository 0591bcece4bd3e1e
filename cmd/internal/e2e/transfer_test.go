package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"strowger/cmd/internal/admin/api"
)

// reported awaits the NOTIFY of a transfer.
func reported() string { return steps(await("NOTIFY"), again(200, "OK")) }

// refers asks that the other party be connected to a number.
func refers(number string) message {
	return called("REFER", 1).with("Refer-To: <sip:" + number + "@[remote_ip]>")
}

// TestBlindTransfer: a phone transfers a carrier's call to another phone, which answers,
// and is let go.
func TestBlindTransfer(t *testing.T) {
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

// TestBlindTransferFails: the target is busy, and the phone has the call back.
func TestBlindTransferFails(t *testing.T) {
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

// TestLinphoneTransfers: linphone calls one phone, consults another and connects both,
// over each transport.
func TestLinphoneTransfers(t *testing.T) {
	need(t, "linphonec", "linphone-cli")
	for _, proto := range []string{"udp", "tcp", "tls"} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			n := tlsNode(t)
			first, second := n.phone("1002", answers(), hungUp()), n.phone("1003", answers(), hungUp())
			p := n.linphone("1001", proto)
			p.does("call 1002")
			p.reaches("LinphoneCallStreamsRunning", 1)
			p.does("pause")
			p.reaches("LinphoneCallPaused", 1)
			p.does("call 1003")
			p.reaches("LinphoneCallStreamsRunning", 2)
			p.does("transfer 1 --to-call 2")
			p.reaches("LinphoneCallReleased", 2)
			until(t, "the consultation is over", func() bool { return len(n.cdrs()) == 1 })
			n.strowger("call", "hangup", n.onlyCall())
			allDone(first, second)
			for _, c := range n.cdrs() {
				if c.By == "admin" && !strings.HasSuffix(c.Segments, " seat:1002 seat:1003") || c.By != "admin" && c.By != "transfer" && c.By != "caller" {
					t.Errorf("%+v", c)
				}
			}
		})
	}
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
