package e2e

import (
	"slices"
	"strings"
	"testing"
)

// distinct are messages without those that were sent again.
func distinct(msgs []string) int {
	slices.Sort(msgs)
	return len(slices.Compact(msgs))
}

// takesAll has sipp take what comes again for something new, and send nothing again by
// itself.
const takesAll = "-nr"

// byWay is a request with a branch of its own choice, sent once.
func (m message) byWay(branch string) message {
	return m.swap("Via:", "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK[pid]-"+branch).once()
}

// TestInviteRepeated: the carrier sends its INVITE again before, during and after the
// answer. One phone rings once, and repetitions have the last answer until the final one
// (RFC 3261, section 17.2.1; RFC 6026).
func TestInviteRepeated(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", rung, pause(300), ringing(), pause(500), answer(), await("ACK"), hungUp())
	invite := carrier.invite(1, to).byWay("repeated")
	call := n.run("carrier", n.carrier, "u1", []string{"-s", to, takesAll}, invite, await("100"), invite, await("100"),
		await("180"), invite, await("180"), await("200"), invite, carrier.ack(1), invite, carrier.hangsUp(2))
	allDone(call, phone)
	if got := distinct(phone.all("INVITE", "")); got != 1 {
		t.Errorf("the phone was called by %d INVITEs", got)
	}
	for _, status := range []string{"100", "180", "200"} {
		if got := distinct(call.all("SIP/2.0 "+status, "CSeq: 1 INVITE")); got != 1 {
			t.Errorf("the carrier had %s of %d kinds", status, got)
		}
	}
	n.recorded(byCaller)
}

// taken awaits the 200 and keeps whom the call is with, for when other responses
// have come.
const taken = `<recv response="200" rrs="true"><action>
<ereg regexp="[^ ].*" search_in="hdr" header="To:" assign_to="remote"/>
</action></recv>
<Reference variables="remote"/>`

// TestMerged: an INVITE that has forked before it came here and comes by another way is
// 482 (RFC 3261, section 8.2.2.2), also after the first was answered.
func TestMerged(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", rung, pause(500), ringing(), pause(100), answer(), await("ACK"), hungUp())
	merged := func(branch string) string {
		return steps(carrier.invite(1, to).byWay(branch), await("482"), carrier.refused(1, to))
	}
	call := n.fromCarrier(to, carrier.invite(1, to).byWay("first"), await("100"), merged("second"), await("180"), taken, carrier.ack(1),
		pause(100), merged("third"), carrier.inDialog("BYE", 2).swap("To:", "To: [$remote]"), await("200"))
	allDone(call, phone)
	if got := distinct(phone.all("INVITE", "")); got != 1 {
		t.Errorf("the phone was called by %d INVITEs", got)
	}
	n.recorded(byCaller)
}

// TestRepliesRepeated: every reply of the phone comes twice, and late ones after the
// call is answered or over: the carrier has each once, and each 200 an ACK.
func TestRepliesRepeated(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	early, ok := toInvite(183, "Session Progress").sdp(usual), answer().once()
	at := host()
	n.registered("1002", at)
	phone := n.run("1002", at, "u1", []string{"-s", "1002", takesAll}, rung, ringing(), ringing(), pause(100), early, early, pause(100),
		ok, await("ACK"), ok, await("ACK"), toInvite(180, "Ringing"), toInvite(486, "Busy Here"), hungUp(), ok, await("ACK"), toInvite(180, "Ringing"))
	listening(t, "udp", at)
	call := n.fromCarrier(to, carrier.invite(1, to), await("100"), await("180"), await("183"), await("200"), carrier.ack(1),
		pause(300), carrier.hangsUp(2))
	allDone(call, phone)
	for _, status := range []string{"180", "183", "200"} {
		if got := distinct(call.all("SIP/2.0 "+status, "CSeq: 1 INVITE")); got != 1 {
			t.Errorf("the carrier had %s of %d kinds", status, got)
		}
	}
	if got := len(call.all("SIP/2.0 180", "")); got != 1 {
		t.Errorf("the carrier had %d times 180", got)
	}
	if acks := phone.all("ACK", ""); len(acks) < 3 || acks[0] != acks[1] {
		t.Errorf("the repeated 200 is not acknowledged as before:\n%s", strings.Join(acks, "\n"))
	}
	n.recorded(byCaller)
}
