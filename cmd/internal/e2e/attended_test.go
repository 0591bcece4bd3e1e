package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// replaces names a dialog as Replaces does towards the node (RFC 3891 section 6.1), by
// a message of it that the node sent. theirs is the tag of the other side, "" for that
// in the message.
func replaces(t *testing.T, msg, theirs string) string {
	t.Helper()
	tag := func(name string) string {
		_, value, _ := strings.Cut(header(t, msg, name), ";tag=")
		return value
	}
	ours, other := "From", "To"
	if strings.HasPrefix(msg, "SIP/2.0 ") {
		ours, other = other, ours
	}
	if theirs == "" {
		theirs = tag(other)
	}
	return header(t, msg, "Call-ID") + ";to-tag=" + tag(ours) + ";from-tag=" + theirs
}

// tag is what a phone of this side puts behind To.
func (s *side) tag() string { return fmt.Sprintf("%dp1", s.process.cmd.Process.Pid) }

// TestTransferAttended: a seat that talks to a colleague takes a carrier's call and
// connects both. Each of its calls is ended, and the colleague knows of nothing.
func TestTransferAttended(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	target := n.phone("1003", answers(), hungUp())
	consult := n.call("1002", host(), "1003", caller("1002").dials("1003"), hungUp())
	until(t, "the seats talk", func() bool {
		return len(target.all("ACK", "")) > 0 && len(consult.all("SIP/2.0 200", "CSeq: 2 INVITE")) > 0
	})
	dialog := url.QueryEscape(replaces(t, consult.got("SIP/2.0 200", "CSeq: 2 INVITE"), ""))
	phone := n.phone("1002", answers(), pause(200),
		called("REFER", 1).with("Refer-To: <sip:1003@[remote_ip]?Replaces="+dialog+">"), await("202"), reported(), reported(), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), play(tone(t, 440), 8), pause(1500), carrier.hangsUp(2))
	allDone(consult, phone, call, target)
	phone.got("NOTIFY", "SIP/2.0 200 OK")
	if got := len(target.all("INVITE", "")); got != 1 {
		t.Errorf("the colleague got %d INVITEs", got)
	}
	first, second := n.cdrOf(carrier, to), n.cdrOf("1002", "1003")
	spokeTo(t, first, "trunk:carrier seat:1002", "trunk:carrier seat:1003")
	n.spoke(first.Call, "seat:1003", 10)
	if endingOf(first) != byCaller || second.By != "transfer" {
		t.Errorf("the calls ended as %+v and by %q", endingOf(first), second.By)
	}
}

// TestAttendedInVain: a REFER that names a dialog that is over is answered, and the
// transfer fails: both go on talking.
func TestAttendedInVain(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), pause(200),
		called("REFER", 1).with("Refer-To: <sip:1003@[remote_ip]?Replaces=gone%3Bto-tag%3D1%3Bfrom-tag%3D2>"), await("202"), reported(), reported(),
		called("BYE", 2), await("200"))
	call := n.fromCarrier(to, carrier.calls(to), hungUp())
	allDone(phone, call)
	phone.got("NOTIFY", "SIP/2.0 481 ")
	n.recorded(ending{"answered", 200, 16, "callee"})
}

// TestReplaces: a phone takes over a call that was answered at another one, or that
// still rings there. A dialog that nobody has is 481, and one that is answered is no
// longer to be had early-only.
func TestReplaces(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	ada := caller("1004")
	for name, c := range map[string]struct {
		phone string
		told  string // what the phone is sent last
		spoke []string
	}{
		"answered": {steps(answers(), hungUp()), "BYE", []string{"trunk:carrier seat:1002", "trunk:carrier seat:1004"}},
		"ringing":  {steps(rung, ringing(), cancelled()), "CANCEL", []string{"trunk:carrier seat:1004"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", c.phone)
			call := n.fromCarrier(to, carrier.calls(to), play(tone(t, 440), 8), hungUp())
			until(t, "the first phone has its call", func() bool {
				if name == "ringing" {
					return len(call.all("SIP/2.0 180", "")) > 0
				}
				return len(call.all("SIP/2.0 200", "")) > 0 && len(phone.all("ACK", "")) > 0
			})
			dialog := replaces(t, phone.got("INVITE", ""), phone.tag())
			asks := func(cseq int, dialog string) message {
				return ada.invite(cseq, "1002").signed("1004").with("Replaces: " + dialog)
			}
			more := ""
			if name == "answered" {
				more = steps(asks(3, dialog+";early-only"), maybe(100), await("486"), ada.refused(3, "1002"))
			}
			taker := n.call("1004", host(), "1002", ada.isRefused("1002", "407"),
				asks(2, "nobody;to-tag=1;from-tag=2"), maybe(100), await("481"), ada.refused(2, "1002"), more,
				asks(4, dialog), maybe(100), await("200"), ada.ack(4), pause(600), ada.hangsUp(5))
			allDone(taker, phone, call)
			phone.got(c.told, "")
			record := n.cdrOf(carrier, to)
			spokeTo(t, record, c.spoke...)
			if want := (ending{"answered", 200, 16, "callee"}); endingOf(record) != want {
				t.Errorf("the call is recorded as %+v", endingOf(record))
			}
		})
	}
}

// TestWhoTransfers: the phone that was called, the one that called, and a carrier that may,
// by a REFER that wants to hear of it or does not (RFC 4488).
func TestWhoTransfers(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	may := change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, "targets = [\"127.0.0.2:5060\"]\n  transfers = true")
	refer := func(request func(string, int) message, cseq int, to string) message {
		return request("REFER", cseq).with("Refer-To: <sip:" + to + "@[remote_ip]>")
	}
	heard := steps(await("202"), reported(), reported(), hungUp())
	quiet := steps(await("202"), hungUp())
	for name, c := range map[string]struct {
		caller        caller
		by            string // "caller" or "called"
		transfer, end string
		spoke         []string
	}{
		"called, quietly": {carrier, "called", steps(refer(called, 1, "1003").with("Require: norefersub", "Refer-Sub: false"), quiet), hungUp(), []string{"trunk:carrier seat:1002", "trunk:carrier seat:1003"}},
		"caller":          {ada, "caller", steps(refer(ada.inDialog, 3, "1003"), heard), hungUp(), []string{"seat:1001 seat:1002", "seat:1002 seat:1003"}},
		"carrier":         {carrier, "caller", steps(refer(carrier.inDialog, 2, "+441632960103"), heard), hungUp(), []string{"trunk:carrier seat:1002", "seat:1002 seat:1003"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, may)
			calls, from, number := carrier.calls(to), n.carrier, to
			if c.caller == ada {
				calls, from, number = ada.dials("1002"), host(), "1002"
			}
			near, far := c.transfer, c.end
			if c.by == "called" {
				near, far = far, near
			}
			target := n.phone("1003", rung, answer(), await("ACK"), pause(300), hangsUpOn(1))
			phone := n.phone("1002", answers(), far)
			call := n.call("caller", from, number, calls, pause(300), near)
			allDone(call, phone, target)
			if msg := target.got("INVITE", ""); name != "carrier" && !strings.Contains(msg, "\nReferred-By: <sip:") {
				t.Errorf("it is not told who transfers:\n%s", msg)
			}
			spokeTo(t, n.recorded(ending{"answered", 200, 16, "callee"})[0], c.spoke...)
		})
	}
}

// TestTransferredAgain: who was given a call gives it to another one.
func TestTransferredAgain(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	gives := func(to string) string {
		return steps(answers(), pause(200), refers(to), await("202"), reported(), reported(), reported(), hungUp())
	}
	first, second := n.phone("1002", gives("1003")), n.phone("1003", gives("1004"))
	third := n.phone("1004", answers(), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(2000), carrier.hangsUp(2))
	allDone(call, first, second, third)
	for _, s := range []*side{first, second} {
		s.got("NOTIFY", "SIP/2.0 180 Ringing")
		s.got("NOTIFY", "SIP/2.0 200 OK")
	}
	third.got("INVITE", "Referred-By: <sip:1003@")
	spokeTo(t, n.recorded(byCaller)[0], "trunk:carrier seat:1002", "trunk:carrier seat:1003", "trunk:carrier seat:1004")
}

// TestOperatorTransfers: a command gives a seat's call to another seat.
func TestOperatorTransfers(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	first, second := n.phone("1002", answers(), hungUp()), n.phone("1003", answers(), hangsUpOn(1))
	call := n.fromCarrier(to, carrier.calls(to), hungUp())
	until(t, "the call stands", func() bool { return len(first.all("ACK", "")) > 0 && len(call.all("SIP/2.0 200", "")) > 0 })
	n.strowger("call", "transfer", n.onlyCall(), "--to", "1003")
	allDone(first, second, call)
	spokeTo(t, n.recorded(ending{"answered", 200, 16, "callee"})[0], "trunk:carrier seat:1002", "trunk:carrier seat:1003")
}
