package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// backedUp gives the demo a second carrier, which has the calls that the first does not
// take.
func backedUp(second string) []edit {
	return []edit{
		change("strowger.hcl", "\nadmin {", fmt.Sprintf("\ntrunk \"backup\" {\n  sources = [%q]\n  targets = [\"%s:5060\"]\n}\n\nadmin {", second, second)),
		change("demo.plan.hcl", `trunks = ["carrier"]`, `trunks = ["carrier", "backup"]`),
	}
}

// when is the time of the first message that sipp received whose first line begins with
// a prefix.
func (s *side) when(first string) time.Time {
	s.t.Helper()
	for part := range strings.SplitSeq(s.messages(), "-----------------------------------------------") {
		head, text, _ := strings.Cut(part, "\n\n")
		stamp, what, _ := strings.Cut(strings.TrimSpace(head), "\n")
		if !strings.Contains(what, "received") || !strings.HasPrefix(strings.TrimLeft(text, "\r\n"), first) {
			continue
		}
		at, err := time.ParseInLocation("2006-01-02 15:04:05.000000", stamp, time.Local)
		if err != nil {
			s.t.Fatal(err)
		}
		return at
	}
	s.t.Fatalf("%s received no %s:\n%s", s.name, first, s.messages())
	return time.Time{}
}

// TestNextCarrier: a carrier that is overloaded, or says nothing, loses the call to the
// next one in time. A 200 of the silent one that comes after that is acknowledged and
// hung up.
func TestNextCarrier(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960555"
	for name, c := range map[string]struct {
		first         string
		after, before time.Duration
		status        int
	}{
		"overloaded": {steps(rung, toInvite(503, "Service Unavailable"), await("ACK")), 0, 2 * time.Second, 503},
		"refusing":   {steps(rung, toInvite(100, "Trying"), pause(300), toInvite(500, "Broken"), await("ACK")), 0, 2 * time.Second, 500},
		"silent":     {steps(rung, pause(9000), answer(), await("ACK"), hungUp()), 7900 * time.Millisecond, 9 * time.Second, 408},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			second := host()
			n := startNode(t, backedUp(second)...)
			first, backup := n.waits("carrier", n.carrier, c.first), n.waits("backup", second, answers(), hungUp())
			talk := 200
			if name == "silent" {
				talk = 3000 // the late answer comes meanwhile
			}
			call := n.call("1001", host(), to, ada.dials(to), pause(talk), ada.hangsUp(3))
			allDone(call, backup, first)
			if took := backup.when("INVITE").Sub(first.when("INVITE")); took < c.after || took > c.before {
				t.Errorf("the next carrier has the call after %v, want between %v and %v", took, c.after, c.before)
			}
			record := n.recorded(byCaller)[0]
			if record.Answerer != "trunk:backup" {
				t.Errorf("%s answered", record.Answerer)
			}
			for _, l := range n.legs(record.Call) {
				if l.Party == "trunk:carrier" && l.Status != c.status {
					t.Errorf("the first carrier's leg ended with %d, want %d", l.Status, c.status)
				}
			}
		})
	}
}

// TestTryingForEver: a carrier that only ever says 100 is cancelled once its time is over
// (Timer C of RFC 3261, section 16.6, is as long as a plan has a trunk ring), and the next
// one has the call.
func TestTryingForEver(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960555"
	second := host()
	n := startNode(t, backedUp(second)[0],
		change("demo.plan.hcl", `trunk { trunks = ["carrier"] }`, "trunk {\n    trunks  = [\"carrier\", \"backup\"]\n    timeout = \"3s\"\n  }"))
	first := n.waits("carrier", n.carrier, rung, toInvite(100, "Trying"), cancelled())
	backup := n.waits("backup", second, answers(), hungUp())
	call := n.call("1001", host(), to, ada.dials(to), pause(200), ada.hangsUp(3))
	allDone(call, first, backup)
	if took := first.when("CANCEL").Sub(first.when("INVITE")); took < 2900*time.Millisecond || took > 4*time.Second {
		t.Errorf("it was cancelled after %v, want 3 s", took)
	}
	n.recorded(byCaller)
}

// TestBusyIsBusy: who is busy is so by every carrier: no other is tried.
func TestBusyIsBusy(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960555"
	second := host()
	n := startNode(t, backedUp(second)...)
	first := n.waits("carrier", n.carrier, rung, ringing(), toInvite(486, "Busy Here"), await("ACK"))
	call := n.call("1001", host(), to, ada.isTold(to, "486"))
	allDone(call, first)
	if legs := n.legs(n.recorded(ending{"busy", 486, 17, "callee"})[0].Call); len(legs) != 2 {
		t.Errorf("legs %+v", legs)
	}
}

// TestMoved: a carrier's 302 is followed where its trunk says so, and then to the trunk's
// own addresses alone.
func TestMoved(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960555"
	for name, follows := range map[string]bool{"followed": true, "not followed": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			second, stranger := host(), host()
			line := fmt.Sprintf("targets = [\"127.0.0.2:5060\", \"%s:5060\"]", second)
			if follows {
				line += "\n  redirects = 1"
			}
			n := startNode(t, change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, line))
			first := n.waits("carrier", n.carrier, rung,
				toInvite(302, "Moved Temporarily").swap("Contact:", "Contact: <sip:evil@"+stranger+">, <sip:+441632960777@"+second+">"), await("ACK"))
			if !follows {
				call := n.call("1001", host(), to, ada.isTold(to, "480"))
				allDone(call, first)
				if legs := n.legs(n.recorded(ending{"no answer", 480, 18, "switch"})[0].Call); len(legs) != 2 {
					t.Errorf("legs %+v", legs)
				}
				return
			}
			gateway := n.waits("gateway", second, answers(), hungUp())
			call := n.call("1001", host(), to, ada.dials(to), pause(200), ada.hangsUp(3))
			allDone(call, first, gateway)
			gateway.got("INVITE sip:+441632960777@"+second, "")
			n.recorded(byCaller)
		})
	}
}

// proven awaits an INVITE with the credentials of an account, and refuses it with 403 if
// they are wrong.
const proven = `<recv request="INVITE"><action><verifyauth assign_to="proven" username="account" password="carrier-secret"/></action></recv>
<nop hide="true" test="proven" next="right"/>
<send><![CDATA[
SIP/2.0 403 Wrong password
[last_Via:]
[last_From:]
[last_To:];tag=wrong
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<label id="right"/>`

// provenBye is the same for a BYE, by a name that the scenario does not have yet.
func provenBye(name string) string {
	return strings.NewReplacer(`"INVITE"`, `"BYE"`, `"right"`, `"`+name+`"`).Replace(proven)
}

// TestCarrierChallenges: a carrier that asks for a password has it, once, if it is for
// the realm of its trunk.
func TestCarrierChallenges(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960555"
	const digest = `Digest realm="carrier", nonce="8a7f", algorithm=MD5, qop="auth"`
	asks := steps(rung, toInvite(401, "Unauthorized").with("WWW-Authenticate: "+digest), await("ACK"))
	proxyAsks := steps(rung, toInvite(407, "Proxy Authentication Required").with("Proxy-Authenticate: "+digest), await("ACK"))
	accepts := again(200, "OK").swap("[last_To:]", "[last_To:]"+toTag).sdp(usual)
	accepts.retrans = true
	calls := steps(ada.dials(to), pause(100), ada.hangsUp(3))
	for name, c := range map[string]struct{ realm, carrier, seat, shown string }{
		"ours":         {"carrier", steps(asks, proven, accepts, await("ACK"), hungUp()), calls, "Authorization: "},
		"by its proxy": {"carrier", steps(proxyAsks, await("INVITE"), accepts, await("ACK"), hungUp()), calls, "Proxy-Authorization: "},
		"to the BYE too": {"carrier", steps(asks, proven, accepts, await("ACK"), await("BYE"), again(401, "Unauthorized").with("WWW-Authenticate: "+digest), provenBye("first"),
			again(401, "Unauthorized").with(`WWW-Authenticate: Digest realm="carrier", nonce="8a80", algorithm=MD5, qop="auth", stale=true`), provenBye("second"), again(200, "OK")), calls, "Authorization: "},
		"theirs": {"other", asks, ada.isTold(to, "502"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &node{t: t, host: host(), carrier: host(), dir: t.TempDir()}
			n.configure([]edit{change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, fmt.Sprintf(`targets = ["127.0.0.2:5060"]
  credentials {
    user          = "account"
    password_file = "password"
    realm         = %q
  }`, c.realm))})
			if err := os.WriteFile(filepath.Join(n.dir, "password"), []byte("carrier-secret\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			n.start()
			trunk := n.waits("carrier", n.carrier, c.carrier)
			call := n.call("1001", host(), to, c.seat)
			allDone(call, trunk)
			want := byCaller
			if c.shown == "" {
				want = ending{"failed", 502, 38, "switch"}
			} else {
				says(t, trunk.got("INVITE", "CSeq: 2 INVITE"), c.shown+`Digest username="account"`)
			}
			n.recorded(want)
		})
	}
}

// TestPhoneChallenges: a phone that asks for a password is told none, whatever it is
// for: not the seat's, and not the carrier's.
func TestPhoneChallenges(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", rung, toInvite(401, "Unauthorized").with(`WWW-Authenticate: Digest realm="demo", nonce="8a7f", algorithm=MD5, qop="auth"`), await("ACK"))
	call := n.fromCarrier(to, carrier.isRefused(to, "502"))
	allDone(call, phone)
	if got := phone.all("INVITE", "Authorization: "); len(got) > 0 {
		t.Errorf("the phone was told\n%s", got[0])
	}
	n.recorded(ending{"failed", 502, 38, "switch"})
}
