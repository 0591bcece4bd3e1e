package e2e

import (
	"strings"
	"testing"
)

// TestProfile: a carrier is called as its trunk's profile says: which codecs, in which
// order, how numbers are written, which headers it has and has not.
func TestProfile(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960555"
	n := startNode(t, trusting, change("strowger.hcl", "trusted = true", `trusted = true
  profile {
    codecs     = ["PCMU", "PCMA"]
    number     = "national"
    user_phone = true
    strip      = ["P-Asserted-Identity"]
    add        = ["X-Account: 42"]
  }`))
	trunk := n.waits("carrier", n.carrier, rung, toInvite(200, "OK").sdp(offer("sendrecv", 0)), await("ACK"), hungUp())
	call := n.call("1001", host(), to, ada.dials(to), play(tone(t, 440), 0), pause(500), ada.hangsUp(3))
	allDone(call, trunk)
	invite := trunk.got("INVITE sip:01632960555@"+n.carrier, "")
	if line, _, _ := strings.Cut(invite, "\n"); !strings.Contains(line, ";user=phone") {
		t.Errorf("the number is not said to be one: %s", line)
	}
	says(t, invite, "X-Account: 42")
	lacks(t, invite, "P-Asserted-Identity:")
	if _, media, _ := strings.Cut(invite, "\nm=audio "); !strings.Contains(strings.SplitN(media, "\n", 2)[0], "RTP/AVP 0 8") {
		t.Errorf("the codecs are not those of the profile:\n%s", invite)
	}
	n.heard(n.recorded(byCaller)[0].Call, 15)
}
