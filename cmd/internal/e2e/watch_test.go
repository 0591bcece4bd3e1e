package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// subscribe is a SUBSCRIBE of a seat.
func (c caller) subscribe(cseq int, to, event string) message {
	return c.request("SUBSCRIBE", cseq, "sip:"+to+"@[remote_ip]:[remote_port]").
		swap("To:", "To: <sip:"+to+"@[remote_ip]>").with("Event: "+event, "Expires: 600")
}

// subscribes begins to watch a seat and takes the first NOTIFY.
func (c caller) subscribes(to, event string) string {
	return steps(
		c.subscribe(1, to, event), await("401"),
		c.subscribe(2, to, event).signed(string(c)), await("200"),
		notified(),
	)
}

// operate runs a command of an operator, and returns what it prints.
func (n *node) operate(args ...string) string {
	n.t.Helper()
	cmd := exec.CommandContext(n.t.Context(), os.Args[0], append(args, "--socket", filepath.Join(n.dir, "data", "admin.sock"))...)
	cmd.Env, cmd.Dir = append(os.Environ(), asNode+"=1"), n.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		n.t.Fatalf("strowger %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// notified takes a NOTIFY.
func notified() string {
	return steps(await("NOTIFY"), message{lines: []string{
		"SIP/2.0 200 OK", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]",
	}})
}

// TestBusyLamp: a phone sees that a colleague's rings, talks and is free again.
func TestBusyLamp(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	at := host()
	n.registered("1003", at)
	c := caller("1003")
	again := c.inDialog("SUBSCRIBE", 3).with("Event: dialog", "Expires: 600")
	ends := c.inDialog("SUBSCRIBE", 4).with("Event: dialog", "Expires: 0")
	lamp := n.call("1003", at, "1002", c.subscribes("1002", "dialog"), notified(), notified(), notified(),
		again, await("200"), notified(), ends, await("200"), notified())
	until(t, "the phone watches", func() bool { return strings.Contains(lamp.messages(), "active;expires=600") })
	callee := n.phone("1002", rung, ringing(), pause(2500), answer(), await("ACK"), hungUp())
	call := n.fromCarrier("+448081570002", carrier.calls("+448081570002"), pause(2500), carrier.hangsUp(2))
	allDone(call, callee, lamp)
	seen := lamp.messages()
	for _, want := range []string{`state="full"`, "<state>early</state>", "<state>confirmed</state>", "<state>terminated</state>", "terminated;reason=timeout", "sip:" + string(carrier) + "@"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the phone was not told %s:\n%s", want, seen)
		}
	}
}

// TestMessageLamp: what an administrator says of waiting messages lights the lamp.
func TestMessageLamp(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	at := host()
	n.registered("1003", at)
	lamp := n.call("1003", at, "1003", caller("1003").subscribes("1003", "message-summary"), notified())
	until(t, "the phone watches", func() bool { return strings.Contains(lamp.messages(), "Messages-Waiting: no") })
	n.operate("seat", "mwi", "1003", "--new", "2", "--old", "1")
	lamp.done()
	if want := "Voice-Message: 2/1"; !strings.Contains(lamp.messages(), want) {
		t.Errorf("the phone was not told %s:\n%s", want, lamp.messages())
	}
}

// TestUnknownSubscription: a subscription of before a restart is unknown (481), and
// the phone subscribes anew.
func TestUnknownSubscription(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	at := host()
	n.registered("1003", at)
	c := caller("1003")
	old := c.subscribe(1, "1002", "dialog").swap("To:", "To: <sip:1002@[remote_ip]>;tag=of-another-life")
	n.call("1003", at, "1002", old, await("481"), c.subscribe(2, "1002", "dialog"), await("401"),
		c.subscribe(3, "1002", "dialog").signed("1003"), await("200"), notified()).done()
}

// TestTooManyLamps: a seat has no more subscriptions than the configuration says, and
// hears when to try again; another seat has its own.
func TestTooManyLamps(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t, change("strowger.hcl", "admin {", "limits { seat_subscriptions = 1 }\n\nadmin {"))
	at, other := host(), host()
	n.registered("1003", at)
	n.registered("1004", other)
	n.call("1003", at, "1002", caller("1003").subscribes("1002", "dialog")).done()
	c := caller("1003")
	second := n.call("1003", at, "1001", c.subscribe(1, "1001", "dialog"), await("401"), c.subscribe(2, "1001", "dialog").signed("1003"), await("503"))
	second.done()
	says(t, second.got("SIP/2.0 503", ""), "Retry-After: 600")
	n.call("1004", other, "1002", caller("1004").subscribes("1002", "dialog")).done()
	if got := n.counter("subscribe_seat_full"); got != 1 {
		t.Errorf("%v refused, want 1", got)
	}
}
