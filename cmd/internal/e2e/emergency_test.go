package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"strowger/sip/ledger"
	"strowger/sip/segment"
)

// presentedNumber is what the seats 1001 to 1010 present to the emergency services.
const presentedNumber = "+441632960100"

// disabled makes 1001 a seat that may not call.
var disabled = edit{"demo.seats.csv", func(text string) string {
	cell := map[string]string{"numb": ",disabled", "1001": ",true"}
	var b strings.Builder
	for line := range strings.Lines(text) {
		more := cell[line[:4]]
		if more == "" {
			more = ","
		}
		b.WriteString(strings.TrimSuffix(line, "\n") + more + "\n")
	}
	return b.String()
}}

// TestEmergency: each number reaches the carrier with the number and the address of
// the site, however it was dialled and whatever else holds the seat back.
func TestEmergency(t *testing.T) {
	need(t, "sipp", "sip-tester")
	for name, c := range map[string]struct {
		dialled, number string
		edits           []edit
	}{
		"999":            {"999", "999", nil},
		"behind prefix":  {"9999", "999", nil},
		"international":  {"+44112", "112", nil},
		"112 with a tie": {"9112", "112", nil},
		"18000":          {"18000", "18000", nil},
		"disabled seat":  {"999", "999", []edit{disabled}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, c.edits...)
			trunk := n.waits("carrier", n.carrier, answers(), hungUp())
			call := n.call("1001", host(), c.dialled, ada.dials(c.dialled), pause(100), ada.hangsUp(3))
			allDone(call, trunk)
			says(t, trunk.got("INVITE sip:"+c.number+"@", ""), "From: <sip:"+presentedNumber+"@",
				"P-Asserted-Identity: <sip:"+presentedNumber+"@", "X-Address-Reference: leeds-1", "Priority: emergency")
			record := n.recorded(byCaller)[0]
			if !record.Emergency || record.To != c.number {
				t.Errorf("the record is not that of an emergency call: %+v", record)
			}
			n.alarmed("emergency call to "+c.number+" from seat:1001", "leeds-1")
		})
	}
}

// alarmed wants an alarm in the ledger that says all of these.
func (n *node) alarmed(says ...string) {
	n.t.Helper()
	n.stop()
	var alarms []string
	log, err := segment.Open(filepath.Join(n.dir, "data", "ledger", "events"), func(frame []byte, snapshot bool) error {
		var e ledger.Event
		if !snapshot && json.Unmarshal(frame, &e) == nil && e.Kind == ledger.Alarm {
			alarms = append(alarms, e.Detail)
		}
		return nil
	})
	if err != nil {
		n.t.Fatal(err)
	}
	defer log.Close()
	for _, alarm := range alarms {
		all := true
		for _, word := range says {
			all = all && strings.Contains(alarm, word)
		}
		if all {
			return
		}
	}
	n.t.Errorf("no alarm says %q: %q", says, alarms)
}

// TestEmergencyBeyondLimit: a node that takes no more calls takes this one.
func TestEmergencyBeyondLimit(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t, change("strowger.hcl", "admin {", "limits {\n  calls = 10\n}\n\nadmin {"))
	ben := caller("1002")
	held := n.run("1002", host(), "u1", []string{"-s", "*43", "-m", "10", "-r", "100"}, ben.dials("*43"), pause(3000), ben.hangsUp(3))
	until(t, "ten calls are held", func() bool { return len(held.all("SIP/2.0 200", "CSeq: 2 INVITE")) == 10 })
	n.fromCarrier("+448081570003", carrier.isRefused("+448081570003", "503")).done()
	trunk := n.waits("carrier", n.carrier, answers(), hungUp())
	call := n.call("1001", host(), "999", ada.dials("999"), pause(100), ada.hangsUp(3))
	allDone(call, trunk, held)
	n.alarmed("emergency call to 999 from seat:1001")
}

// TestEmergencyCallback: for an hour a call to the number that was presented rings
// the seat that called, then the desk of its site.
func TestEmergencyCallback(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	finn := caller("1006")
	at := host()
	n.registered("1006", at)
	trunk := n.waits("carrier", n.carrier, answers(), hungUp())
	call := n.call("1006", at, "999", finn.dials("999"), pause(100), finn.hangsUp(3))
	allDone(call, trunk)

	for _, seatAnswers := range []bool{true, false} {
		seat := steps(rung, toInvite(486, "Busy Here"), await("ACK"))
		if seatAnswers {
			seat = steps(answers(), hungUp())
		}
		phone := n.waits("1006", at, seat)
		sides := []*side{phone}
		if !seatAnswers {
			sides = append(sides, n.phone("1001", answers(), hungUp())) // the desk
		}
		back := n.fromCarrier(presentedNumber, carrier.calls(presentedNumber), carrier.hangsUp(2))
		allDone(append(sides, back)...)
	}
	all := n.recorded(byCaller, byCaller, byCaller)
	for i, want := range []string{"trunk:carrier", "seat:1006", "seat:1001"} {
		if all[i].Answerer != want {
			t.Errorf("call %d was answered by %s, want %s", i+1, all[i].Answerer, want)
		}
	}
}
