package e2e

import (
	"strings"
	"testing"
)

// TestHold: either side holds and resumes; the sound stops and comes back, and the
// other side is left alone.
func TestHold(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	reoffer := func(request func(string, int) message, cseq int, direction string) string {
		return steps(request("INVITE", cseq).sdp(offer(direction, 8, 101)), maybe(100), await("200"), request("ACK", cseq), pause(200))
	}
	holds := func(request func(string, int) message, first int) string {
		return steps(reoffer(request, first, "sendonly"), reoffer(request, first+1, "inactive"), reoffer(request, first+2, "sendrecv"), pause(300))
	}
	stream := play(tone(t, 440), 8)
	for name, c := range map[string]struct{ caller, phone string }{
		"carrier": {steps(holds(carrier.inDialog, 2), carrier.hangsUp(5)), hungUp()},
		"phone":   {hungUp(), steps(pause(100), holds(called, 1), called("BYE", 4), await("200"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", answers(), c.phone)
			call := n.fromCarrier(to, carrier.calls(to), stream, c.caller)
			allDone(call, phone)
			holder, other := call, phone
			want := byCaller
			if name == "phone" {
				holder, other, want.by = phone, call, "callee"
			}
			record := n.recorded(want)[0]
			n.heard(record.Call, 10)
			for _, answer := range []string{"a=recvonly", "a=inactive", "a=sendrecv"} {
				holder.got("SIP/2.0 200", answer)
			}
			if got := len(other.all("INVITE", "")); got > 1 {
				t.Errorf("the other side got %d INVITEs", got)
			}
		})
	}
}

// TestOtherCodec: a re-INVITE may ask for another codec. The laws of G.711 are
// converted; G.722 is asked of the other side first, and transcoded if that refuses.
func TestOtherCodec(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	phoneAgrees := steps(await("INVITE"), again(200, "OK").sdp(offer("sendrecv", 9)), await("ACK"))
	phoneRefuses := steps(await("INVITE"), again(488, "Not Acceptable Here"), await("ACK"))
	for name, c := range map[string]struct {
		payload      int
		phone        string
		status, line string
		reinvited    int
	}{
		"law":     {0, "", "200", "a=rtpmap:0 PCMU/8000", 0},
		"agreed":  {9, phoneAgrees, "200", "a=rtpmap:9 G722/8000", 1},
		"refused": {9, phoneRefuses, "200", "a=rtpmap:9 G722/8000", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", answers(), c.phone, hungUp())
			ack := carrier.ack(2)
			if c.status != "200" {
				ack = ack.swap("Via:", "[last_Via:]")
			}
			call := n.fromCarrier(to, carrier.calls(to), pause(100),
				carrier.inDialog("INVITE", 2).sdp(offer("sendrecv", c.payload)), maybe(100), await(c.status), ack,
				pause(100), carrier.hangsUp(3))
			allDone(call, phone)
			call.got("SIP/2.0 "+c.status, c.line)
			reinvited := 0
			for _, invite := range phone.all("INVITE", "To: ") {
				if strings.Contains(invite, "tag=") && strings.Contains(invite, "CSeq: 2 INVITE") {
					reinvited++
				}
			}
			if reinvited != c.reinvited {
				t.Errorf("the phone was re-invited %d times, want %d", reinvited, c.reinvited)
			}
			n.recorded(byCaller)
		})
	}
}
