package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media/prompt"
)

// bands are, for a recording, the windows of 100 ms in which each tone is heard: alone
// or beside up to two others.
func bands(samples []int16, freqs ...float64) []int {
	var counts []int
	for _, f := range freqs {
		n := 0
		for _, share := range prompt.ToneShare(samples, f) {
			if share > 0.15 {
				n++
			}
		}
		counts = append(counts, n)
	}
	return counts
}

// hole is the longest time, in windows, without a tone between its first and its last.
func hole(samples []int16, freq float64) int {
	longest, since, begun := 0, 0, false
	for _, share := range prompt.ToneShare(samples, freq) {
		switch {
		case share > 0.15:
			longest, since, begun = max(longest, since), 0, true
		case begun:
			since++
		}
	}
	return longest
}

func between(n, low, high int) bool { return low <= n && n <= high }

// TestSupervisorIsHeardAsAsked: three phones with a tone each. A supervisor listens for
// two seconds, whispers, barges in and leaves; each phone's recording has the tones that
// it should have heard for as long as it should, and the two that talk were never apart.
func TestSupervisorIsHeardAsAsked(t *testing.T) {
	need(t, "baresip", "baresip-core")
	installed(t, "sox", "sox")
	n := startNode(t)
	ada, ben, boss := n.softphone("1001", 440, "udp"), n.softphone("1002", 620, "udp"), n.softphone("1003", 880, "udp")
	ada.does("dial", "sip:1002@"+n.host+":5060;transport=udp")
	until(t, "both talk", func() bool {
		return strings.Contains(ada.process.output(), "Call established") && strings.Contains(ben.process.output(), "Call established")
	})
	call := n.onlyCall()
	n.operate("call", "listen", call, "--seat", "1003")
	until(t, "the supervisor listens", func() bool { return strings.Contains(boss.process.output(), "Call established") })
	talked(2 * time.Second)
	n.operate("call", "whisper", call, "--seat", "1003")
	talked(2 * time.Second)
	n.operate("call", "barge", call, "--seat", "1003")
	talked(2 * time.Second)
	boss.does("hangup", "")
	until(t, "the supervisor has left", func() bool { return strings.Contains(n.strowger("call", "show", call), "seat:1003  done") })
	talked(time.Second)
	ada.does("hangup", "")
	n.recorded(byCaller)
	story := n.strowger("call", "explain", call)
	for _, mode := range []string{"listen", "whisper", "barge"} {
		if !strings.Contains(story, "leg 3, seat:1003: "+mode+" on leg 2, as unix:") {
			t.Errorf("the ledger does not tell of %s:\n%s", mode, story)
		}
	}

	a, b, s := ada.heard(), ben.heard(), boss.heard()
	caller, agent, supervisor := bands(a, 440, 620, 880), bands(b, 440, 620, 880), bands(s, 440, 620, 880)
	t.Logf("windows of 100 ms with the tones of caller, agent, supervisor: caller %v, agent %v, supervisor %v", caller, agent, supervisor)
	if caller[0] > 0 || caller[1] < 50 || !between(caller[2], 8, caller[1]/2) { // barge alone
		t.Errorf("the caller hears %v", caller)
	}
	if agent[0] < 50 || agent[1] > 0 || !between(agent[2], caller[2]+8, agent[0]-8) { // and whisper
		t.Errorf("the agent hears %v", agent)
	}
	if supervisor[0] < 30 || supervisor[1] < 30 || supervisor[2] > 0 {
		t.Errorf("the supervisor hears %v", supervisor)
	}
	if gaps := []int{hole(a, 620), hole(b, 440)}; gaps[0] > 3 || gaps[1] > 3 { // phones pause when the machine is busy
		t.Errorf("the two that talk were apart for %v windows", gaps)
	}
}

// TestRecordingOfASupervisedCall: what a supervisor whispers is in no channel, what it says
// to both is in that of the agent.
func TestRecordingOfASupervisedCall(t *testing.T) {
	need(t, "baresip", "baresip-core")
	installed(t, "sox", "sox")
	n := startNode(t, edit{"strowger.hcl", func(text string) string { return text + "\nrecording {\n  channels = \"stereo\"\n}\n" }})
	ada, ben, boss := n.softphone("1001", 440, "udp"), n.softphone("1002", 620, "udp"), n.softphone("1003", 880, "udp")
	ada.does("dial", "sip:1002@"+n.host+":5060;transport=udp")
	until(t, "both talk", func() bool {
		return strings.Contains(ada.process.output(), "Call established") && strings.Contains(ben.process.output(), "Call established")
	})
	call := n.onlyCall()
	n.operate("call", "record", call, "start")
	n.operate("call", "whisper", call, "--seat", "1003")
	until(t, "the supervisor whispers", func() bool { return strings.Contains(boss.process.output(), "Call established") })
	talked(3 * time.Second)
	n.operate("call", "barge", call, "--seat", "1003")
	talked(3 * time.Second)
	n.operate("call", "listen", call, "--seat", "1003")
	talked(time.Second)
	ada.does("hangup", "")
	n.recorded(byCaller)
	left, right := n.stereo(call)
	caller, agent := bands(left, 440, 620, 880), bands(right, 440, 620, 880)
	t.Logf("windows of 100 ms with the tones of caller, agent, supervisor: left %v, right %v", caller, agent)
	if caller[0] < 50 || caller[1] > 0 || caller[2] > 0 {
		t.Errorf("the caller's channel has %v", caller)
	}
	if agent[0] > 0 || agent[1] < 50 || agent[2] < 20 || agent[2]+15 > agent[1] { // 3 s of barging in
		t.Errorf("the agent's channel has %v", agent)
	}
}

// stereo is the first recording of a call.
func (n *node) stereo(call string) (left, right []int16) {
	n.t.Helper()
	until(n.t, "the recording is whole", func() bool {
		files, err := filepath.Glob(filepath.Join(n.dir, "data", "recordings", "*", call+"-1.wav"))
		if err != nil || len(files) != 1 {
			return false
		}
		wav, err := os.ReadFile(files[0])
		if err != nil {
			n.t.Fatal(err)
		}
		left, right = channels(n.t, wav)
		return true
	})
	return left, right
}

// TestSuperviseByCode: only a seat whose class may supervises by a code.
func TestSuperviseByCode(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t, change("strowger.hcl", `  realm = "demo"`, "  service {\n    supervisors = [\"bosses\"]\n    class \"bosses\" { destinations = [\"national\"] }\n  }\n\n  realm = \"demo\""))
	n.operate("seat", "set", "1003", "--class", "bosses")
	at := host()
	n.registered("1003", at)
	n.registered("1004", at)
	agent := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier("+448081570002", carrier.calls("+448081570002"), hungUp())
	until(t, "the agent talks", func() bool { return strings.Contains(n.operate("call", "list"), "talking") })
	id := n.onlyCall()
	c := caller("1004")
	n.call("1004", at, "refused", c.invite(1, "*401002"), maybe(100), await("407"), c.refused(1, "*401002"),
		c.invite(2, "*401002").signed("1004"), maybe(100), await("403"), c.refused(2, "*401002")).done()
	c = caller("1003")
	n.call("1003", at, "supervise", c.invite(1, "*401002"), maybe(100), await("407"), c.refused(1, "*401002"),
		c.invite(2, "*401002").signed("1003"), maybe(100), await("200"), c.ack(2), pause(300), c.hangsUp(3)).done()
	n.operate("call", "hangup", id)
	allDone(call, agent)
}

// TestConferenceIsHeard: three phones with a tone each call a conference; each hears the
// other two and never itself, none hears who is muted, and who is told to leave is gone.
func TestConferenceIsHeard(t *testing.T) {
	need(t, "baresip", "baresip-core")
	installed(t, "sox", "sox")
	n := startNode(t, edit{"strowger.hcl", func(text string) string { return text + "\nrecording {\n  channels = \"stereo\"\n}\n" }})
	freqs := []float64{440, 620, 880}
	var phones []*softphone
	for i, seat := range []string{"1001", "1002", "1003"} {
		p := n.softphone(seat, freqs[i], "udp")
		phones = append(phones, p)
		p.does("dial", "sip:801@"+n.host+":5060;transport=udp")
		until(t, seat+" is in", func() bool {
			return strings.Contains(p.process.output(), "Call established") && strings.Contains(n.operate("conference", "show", "801"), "seat:"+seat)
		})
	}
	call := n.onlyCall()
	n.operate("call", "record", call, "start")
	talked(2 * time.Second)
	n.operate("conference", "mute", "801", "--leg", "1")
	talked(2 * time.Second)
	n.operate("conference", "kick", "801", "--leg", "1")
	until(t, "the first has left", func() bool { return !strings.Contains(n.operate("conference", "show", "801"), "seat:1001  confirmed") })
	talked(time.Second)
	phones[1].does("hangup", "")
	phones[2].does("hangup", "")
	moved := ending{"answered", 200, 16, "transfer"}
	n.recorded(moved, moved, ending{"answered", 200, 16, "callee"})
	// The first member has the left channel, but while it is muted; the others the right one.
	left, right := n.stereo(call)
	first, others := bands(left, freqs...), bands(right, freqs...)
	t.Logf("windows of 100 ms with each tone: left %v, right %v", first, others)
	if first[0] < 15 || first[1]+first[2] > 0 || others[0] > 0 || others[1] < 40 || others[2] < 40 || first[0]+15 > others[1] {
		t.Errorf("the channels have %v and %v", first, others)
	}
	heard := make([][]int, 3)
	for i, p := range phones {
		heard[i] = bands(p.heard(), freqs...)
	}
	t.Logf("windows of 100 ms with each tone: %v", heard)
	for i := range heard {
		for j, got := range heard[i] {
			switch {
			case i == j && got > 4: // the tones of who comes are at 440 and 660 Hz
				t.Errorf("phone %d hears itself in %d windows", i, got)
			case i != j && got < 15:
				t.Errorf("phone %d hears phone %d in %d windows", i, j, got)
			}
		}
	}
	if last := heard[2]; last[0]+12 > last[1] {
		t.Errorf("the last phone hears the one that was muted in %d windows, the other in %d", last[0], last[1])
	}
}

// TestThreeWay: a phone in two calls has them joined by an operator; those that it talked
// to hear each other, and talk on when it leaves.
func TestThreeWay(t *testing.T) {
	need(t, "baresip", "baresip-core")
	installed(t, "sox", "sox")
	n := startNode(t)
	ada, ben, cat := n.softphone("1001", 440, "udp"), n.softphone("1002", 620, "udp"), n.softphone("1003", 880, "udp")
	ada.does("dial", "sip:1002@"+n.host+":5060;transport=udp")
	until(t, "both talk", func() bool { return strings.Contains(ben.process.output(), "Call established") })
	first := n.onlyCall()
	ben.does("dial", "sip:1003@"+n.host+":5060;transport=udp")
	until(t, "the second call is answered", func() bool { return strings.Contains(cat.process.output(), "Call established") })
	var list api.Calls
	if err := json.Unmarshal([]byte(n.operate("call", "list", "-o", "json")), &list); err != nil || len(list.Calls) != 2 {
		t.Fatalf("calls: %+v, %v", list.Calls, err)
	}
	for _, c := range list.Calls { // no ACK is under way
		until(t, "call "+c.ID+" is quiet", func() bool { return strings.Contains(n.operate("call", "show", c.ID), " confirmed ") })
	}
	n.operate("call", "join", first, list.Calls[1].ID)
	until(t, "the calls are one", func() bool { return strings.Contains(n.operate("conference", "show", first), "seat:1003") })
	talked(2 * time.Second)
	ben.does("hangup", "")
	until(t, "two are left", func() bool { return strings.Contains(n.operate("call", "show", first), "seat:1002  done") })
	talked(time.Second)
	ada.does("hangup", "")
	n.recorded(ending{"answered", 200, 16, "transfer"}, byCaller)
	a, c := bands(ada.heard(), 440, 620, 880), bands(cat.heard(), 440, 620, 880)
	t.Logf("windows of 100 ms with each tone: the first caller %v, the one who was asked %v", a, c)
	if a[0] > 0 || a[2] < 15 || c[0] < 15 || c[2] > 0 {
		t.Errorf("those that were joined hear %v and %v", a, c)
	}
}
