package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// sparing gives the demo's tenant a class of service and a limit.
var sparing = change("strowger.hcl", "  # 999, 112", `  service {
    default_class = "national"
    seat_calls    = 1
    destination "national" { seat_calls = 1 }
  }

  # 999, 112`)

// TestClassOfService: a seat is refused what its class does not allow, until it has
// another class; help it is never refused.
func TestClassOfService(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t, sparing)
	const premium = "909098790000"
	call := n.call("1001", host(), premium, ada.isTold(premium, "403"))
	call.done()
	call.got("SIP/2.0 403 Seat 1001 may not call premium numbers (its class is national)", "")
	n.event(`event=limit-exceeded .* user=1001 method=INVITE detail="class national: premium"`)
	n.strowger("seat", "set", "1001", "--class", "premium")
	if out := n.strowger("seat", "show", "1001"); !strings.Contains(out, "premium") {
		t.Errorf("the seat is shown as\n%s", out)
	}
	for _, to := range []string{premium, "999"} {
		n.strowger("seat", "set", "1001", "--class", map[string]string{premium: "premium", "999": "internal"}[to])
		trunk := n.waits("carrier", n.carrier, answers(), hungUp())
		allDone(n.call("1001", host(), to, ada.dials(to), pause(100), ada.hangsUp(3)), trunk)
	}
}

// TestCallsOfASeat: a seat that may have one call is busy for a second, and an alarm
// tells when it makes more of them an hour than is stated.
func TestCallsOfASeat(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t, sparing)
	first := n.call("1001", host(), "*43", ada.dials("*43"), pause(1500), ada.hangsUp(3))
	until(t, "the first call stands", func() bool { return len(first.all("SIP/2.0 200", "CSeq: 2 INVITE")) > 0 })
	second := n.call("1001-again", host(), "*43", ada.isTold("*43", "486"))
	second.done()
	second.got("SIP/2.0 486 Seat 1001 has as many calls as it may", "")
	first.done()
	const to = "901632960555"
	for range 2 {
		trunk := n.waits("carrier", n.carrier, answers(), hungUp())
		allDone(n.call("1001", host(), to, ada.dials(to), pause(100), ada.hangsUp(3)), trunk)
	}
	n.event(`event=toll-alarm tenant=demo user=seat:1001 detail=national$`)
	if out := n.strowger("usage"); !regexp.MustCompile(`(?m)^seat:1001 +national +2 of 1 +1 +yes$`).MatchString(out) {
		t.Errorf("usage is\n%s", out)
	}
	if n.counter("usage_alarms") != 1 {
		t.Error("the alarm is not counted")
	}
}
