package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"strowger/sip/guard"
	"strowger/sip/security"
)

// guess is a REGISTER with a password that is not the seat's.
func guess(user string) string {
	return steps(register(user, 1), await("401"), register(user, 2).withPassword(user, "wrong-"+user), await("401"))
}

// event awaits a line in the log of security events.
func (n *node) event(line string) {
	n.t.Helper()
	wanted := regexp.MustCompile("(?m)" + line)
	file := filepath.Join(n.dir, "data", security.FileName)
	until(n.t, line+" is in "+security.FileName, func() bool {
		text, err := os.ReadFile(file)
		return err == nil && wanted.Match(text)
	})
}

// TestGuesser: after 20 wrong passwords a seat is blocked where they came from, right
// password or not; its own phone, its neighbours and others are not.
func TestGuesser(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	at, elsewhere := host(), host()
	n.registered("1001", elsewhere)
	n.registered("1003", at) // by port 5060, which the guesses come by as well
	for _, seat := range []string{"1001", "1003"} {
		n.run("guesser-"+seat, at, "u1", []string{"-s", seat, "-m", "20", "-l", "1"}, guess(seat)).done()
	}
	late := n.run("late", at, "u1", []string{"-s", "1001"}, register("1001", 1), await("401"), register("1001", 2).signed("1001"), await("403"))
	late.done()
	says(t, late.got("SIP/2.0 403", ""), "SIP/2.0 403 "+guard.Refusal, "Retry-After: ")
	n.registered("1002", at)        // the neighbour
	n.registered("1001", elsewhere) // the seat, from where it is
	n.registered("1003", at)        // by the flow that it is registered by
	if got := n.counter("guard_blocked"); got != 2 {
		t.Errorf("%v blocks, want 2", got)
	}
	n.event(`^\S+ event=wrong-password source=` + at + ` port=5060 transport=udp network=local tenant=demo user=1001 method=REGISTER$`)
	n.event(`^\S+ event=blocked source=` + at + ` network=local tenant=demo user=1001 seconds=300$`)
	if out := n.strowger("block", "list"); !regexp.MustCompile(at + ` +local +1001 +1 +\S+ +403`).MatchString(out) {
		t.Errorf("the list says\n%s", out)
	}
	if out := n.strowger("seat", "why", "1001"); !strings.Contains(out, "blocked after") {
		t.Errorf("the seat's administrator is told\n%s", out)
	}
	n.strowger("block", "rm", at, "--user", "1001")
	n.registered("1001", at)
	n.event(`^\S+ event=unblocked source=` + at + ` network=local tenant=demo user=1001$`)
}

// TestScanner: who tries 20 users that there are not is answered no more, whatever it
// sends; a site that the configuration lists is, and an alarm tells of it.
func TestScanner(t *testing.T) {
	need(t, "sipp", "sip-tester")
	site := host()
	n := startNode(t, change("strowger.hcl", "  rtp {", "  sites = [\""+site+"\"]\n\n  rtp {"))
	at := host()
	users := filepath.Join(t.TempDir(), "users.csv")
	var list strings.Builder
	list.WriteString("SEQUENTIAL\n")
	for user := 'a'; user < 'a'+20; user++ {
		fmt.Fprintf(&list, "scan%c;[authentication username=scan%c password=x]\n", user, user)
	}
	if err := os.WriteFile(users, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	scan := register("[field0]", 2).with("[field1]")
	for _, from := range []string{site, at} {
		n.run("scanner", from, "u1", []string{"-s", "x", "-inf", users, "-m", "20", "-l", "1"}, register("1001", 1), await("401"), scan, await("404")).done()
	}
	n.registered("1001", site)
	n.event(`^\S+ event=guessing source=` + site + ` network=local$`)
	n.event(`^\S+ event=blocked source=` + at + ` network=local seconds=300$`)
	s := newStranger(t, n.host+":5060")
	s.told("OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKo;rport\nMax-Forwards: 70\nFrom: <sip:x@x>;tag=o\nTo: <sip:x@x>\n"+
		"Call-ID: o\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n", "200")
	before := n.counter("transport_blocked")
	n.run("silence", at, "u1", []string{"-s", "1001"}, register("1001", 1).once(), pause(300)).done()
	if n.counter("transport_blocked") <= before {
		t.Error("nothing was dropped")
	}
	n.strowger("block", "rm", at)
	n.registered("1001", at)
}
