package e2e

import "testing"

// carrier is the caller of most calls.
const carrier = caller("+441632960123")

// TestSeatAnswers is the main job: a carrier's call rings a seat, which answers.
func TestSeatAnswers(t *testing.T) {
	need(t, "sipp", "sip-tester")
	for _, to := range []string{"+448081570002", "00448081570002", "08081570002"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", rung, reply(180, "Ringing"), pause(100), answer(), await("ACK"), await("BYE"), again(200, "OK"))
			call := n.fromCarrier(to, carrier.invite(1, to), await("100"), await("180"), await("200"), carrier.ack(1),
				play(tone(t, 440), 8), pause(600), carrier.bye(2), await("200"))
			allDone(call, phone)
			n.heard(n.recorded(ending{"answered", 200, 16, "caller"})[0].Call, 20)
		})
	}
}
