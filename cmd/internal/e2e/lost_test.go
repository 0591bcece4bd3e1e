package e2e

import (
	"slices"
	"testing"
)

// TestKilled: kill -9 in the middle of calls. The next start closes each call that
// was open once, the ended one keeps its record, and phones stay registered.
func TestKilled(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	at := host()
	n.registered("1002", at)
	phone := n.waits("1002", at, answers(), hungUp())
	allDone(n.fromCarrier(to, carrier.calls(to), carrier.hangsUp(2)), phone)
	n.recorded(byCaller)

	const held = 5
	call := n.run("1003", host(), "u1", []string{"-s", "*43", "-m", "5", "-r", "100"}, caller("1003").dials("*43"), pause(30_000))
	until(t, "five calls are held", func() bool { return len(call.all("SIP/2.0 200", "CSeq: 2 INVITE")) == held })
	n.kill()
	_ = call.process.end(9, stopWait) // its calls are gone

	for range 2 { // the second start has nothing left to close
		n.start()
		lost := ending{"node lost", 500, 41, "node lost"}
		all := n.recorded(byCaller, lost, lost, lost, lost, lost)
		var ids []string
		for _, c := range all {
			ids = append(ids, c.Call)
		}
		slices.Sort(ids)
		if got := len(slices.Compact(ids)); got != held+1 {
			t.Errorf("%d calls have records, want %d", got, held+1)
		}
		if n.process.ended() {
			t.Fatal("the node has ended")
		}
		n.stop()
	}

	n.start()
	phone = n.waits("1002", at, answers(), hungUp())
	allDone(n.fromCarrier(to, carrier.calls(to), carrier.hangsUp(2)), phone)
}
