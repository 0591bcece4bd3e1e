package e2e

import "testing"

// carrier is the caller of most calls.
const carrier = caller("+441632960123")

// byCaller is how most calls end.
var byCaller = ending{"answered", 200, 16, "caller"}

// answers is a phone that rings and answers.
func answers() string { return steps(rung, ringing(), pause(100), answer(), await("ACK")) }

// TestSeatAnswers is the main job: a carrier's call rings a seat, which answers,
// and both hear each other.
func TestSeatAnswers(t *testing.T) {
	need(t, "sipp", "sip-tester")
	for _, to := range []string{"+448081570002", "00448081570002", "08081570002"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", answers(), hungUp())
			call := n.fromCarrier(to, carrier.invite(1, to), await("100"), await("180"), await("200"), carrier.ack(1),
				play(tone(t, 440), 8), pause(600), carrier.hangsUp(2))
			allDone(call, phone)
			record := n.recorded(byCaller)[0]
			if record.To != "+448081570002" || record.From != string(carrier) || record.Answerer != "seat:1002" {
				t.Errorf("the record has %s, %s and %s", record.From, record.To, record.Answerer)
			}
			n.heard(record.Call, 20)
			says(t, phone.got("INVITE", ""), "Max-Forwards: 69")
		})
	}
}

func TestHangUp(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	bye := carrier.inDialog("BYE", 2)
	for name, c := range map[string]struct {
		caller, phone string
		want          ending
		reason        string // that the other side is told
	}{
		"seat": {
			hungUp(), steps(pause(100), called("BYE", 1), await("200")),
			ending{"answered", 200, 16, "callee"},
			"Reason: Q.850;cause=16",
		},
		"seat with reason": {
			hungUp(), steps(pause(100), called("BYE", 1).with("Reason: Q.850;cause=31"), await("200")),
			ending{"answered", 200, 31, "callee"},
			"Reason: Q.850;cause=31",
		},
		"carrier with reason": {
			steps(pause(100), bye.with(`Reason: SIP;cause=200, Q.850;cause=41;text="Gone"`), await("200")), hungUp(),
			ending{"answered", 200, 41, "caller"},
			`Reason: SIP;cause=200, Q.850;cause=41;text="Gone"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", answers(), c.phone)
			call := n.fromCarrier(to, carrier.calls(to), c.caller)
			allDone(call, phone)
			n.recorded(c.want)
			told := phone
			if c.want.by == "callee" {
				told = call
			}
			says(t, told.got("BYE", ""), c.reason)
		})
	}
}

func TestEarlyMedia(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", rung, reply(183, "Session Progress").sdp(usual), pause(600), answer(), await("ACK"), hungUp())
	call := n.fromCarrier(to, carrier.invite(1, to), await("100"), await("183"), play(tone(t, 440), 8),
		await("200"), carrier.ack(1), carrier.hangsUp(2))
	allDone(call, phone)
	says(t, call.got("SIP/2.0 183", ""), "Content-Type: application/sdp", "m=audio ")
	// The phone echoes before it answers: what the carrier heard was early media.
	n.heard(n.recorded(byCaller)[0].Call, 20)
}

func TestFirstToAnswer(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570001"
	winner := []any{rung, ringing(), pause(400), answer(), await("ACK"), hungUp()}
	loser := []any{rung, ringing(), cancelled()}
	for name, seats := range map[string][2]string{
		"seats":    {"1001", "1003"},
		"contacts": {"1004", "1004"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			first := n.phone(seats[0], loser...)
			second := n.phone(seats[1], winner...)
			call := n.fromCarrier(to, carrier.invite(1, to), await("100"), await("180"), await("200"), carrier.ack(1), carrier.hangsUp(2))
			allDone(call, first, second)
			says(t, first.got("CANCEL", ""), `Reason: SIP;cause=200;text="Call completed elsewhere"`)
			record := n.recorded(byCaller)[0]
			if want := "seat:" + seats[1]; record.Answerer != want {
				t.Errorf("%s answered, want %s", record.Answerer, want)
			}
			if legs := n.legs(record.Call); len(legs) != 3 {
				t.Errorf("the call has %d leg records, want 3: %+v", len(legs), legs)
			}
		})
	}
}

// TestBothAnswer: two phones answer at once; one has the call, the other is
// acknowledged and hung up on.
func TestBothAnswer(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570001"
	n := startNode(t)
	first := n.phone("1001", rung, answer(), await("ACK"), hungUp())
	second := n.phone("1002", rung, answer(), await("ACK"), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(300), carrier.hangsUp(2))
	allDone(call, first, second)
	const elsewhere = `Reason: SIP;cause=200;text="Call completed elsewhere"`
	if late := len(first.all("BYE", elsewhere)) + len(second.all("BYE", elsewhere)); late != 1 {
		t.Errorf("%d phones are told that the call was completed elsewhere, want the one that came too late", late)
	}
	n.recorded(byCaller)
}

func TestCancel(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	for name, phone := range map[string]string{
		"while it rings": cancelled(),
		// The 200 was under way when the CANCEL came: ACK and BYE follow.
		"crossing 200": steps(await("CANCEL"), reply(200, "OK"), answer().once(), await("ACK"), hungUp()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", rung, ringing(), phone)
			call := n.fromCarrier(to, carrier.invite(1, to), await("100"), await("180"), pause(100),
				carrier.cancel(1, to), await("200"), await("487"), carrier.refused(1, to))
			allDone(call, phone)
			n.recorded(ending{"cancelled", 487, 16, "caller"})
		})
	}
}

// TestRepeatedAnswer: a 200 is sent again until its ACK comes. sipp passes over
// what it has seen before, but writes it down.
func TestRepeatedAnswer(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier(to, carrier.invite(1, to), maybe(100), maybe(180), await("200"), pause(700), carrier.ack(1), carrier.hangsUp(2))
	allDone(call, phone)
	if got := len(call.all("SIP/2.0 200", "CSeq: 1 INVITE")); got != 2 {
		t.Errorf("the carrier got %d 200 before its ACK after 0.7 s, want 2", got)
	}
	n.recorded(byCaller)
}

// TestNoAck: a 200 that is never acknowledged ends the call after 32 s.
func TestNoAck(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier(to, carrier.invite(1, to), maybe(100), maybe(180), await("200"), hungUp())
	allDone(call, phone)
	n.recorded(ending{"answered", 408, 102, "switch"})
}
