package exchange_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestRandomStories lets the parties do what they like: whatever comes, in
// whatever order, late, twice or never, what every story ends with still holds.
func TestRandomStories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		program, option := rapid.SampledFrom(programs).Draw(rt, "program"), rapid.SampledFrom(options).Draw(rt, "option")
		if strings.HasPrefix(program, "flow") && strings.HasPrefix(option, "unreachable") { // it may call, and hear of no end
			option = ""
		}
		program += "\n" + transfers + option
		story := drawStory(rt, openings)
		happens(t, rt, program, story)
	})
}

// TestRandomStoriesOfNodes is the same with two nodes, whose calls get places in each
// other's and whose link is cut now and then.
func TestRandomStoriesOfNodes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		program := "nodes 2\n" + rapid.SampledFrom(nodePrograms).Draw(rt, "program") + "\n" + transfers + desk
		story := drawNodes(rt, drawStory(rt, nodeOpenings))
		happens(t, rt, program, story)
	})
}

// happens runs a story of parties that keep to nothing.
func happens(t *testing.T, rt *rapid.T, program, story string) {
	t.Helper()
	var failures collector
	var transcript string
	synctest.Test(t, func(*testing.T) {
		w := newWorld(&failures, program)
		w.lenient = true
		w.run(parseScript(&failures, story))
		transcript = w.transcript()
	})
	if len(failures.list) > 0 {
		rt.Fatalf("%s\n-- program --\n%s\n-- story --\n%s-- transcript --\n%s",
			strings.Join(failures.list, "\n"), program, story, transcript)
	}
}

// drawNodes gives the calls of a story to either node, and lets the link be cut.
func drawNodes(rt *rapid.T, story string) string {
	var b strings.Builder
	cut := false
	for l := range strings.Lines(story) {
		line := strings.TrimSpace(l)
		at, _, _ := strings.Cut(line, " ")
		deed, header, headed := strings.Cut(line, "|")
		if strings.Contains(deed, " INVITE ") && !strings.Contains(deed, " at=") && rapid.Bool().Draw(rt, "node") {
			deed = strings.TrimSpace(deed) + " at=2 "
		}
		if rapid.IntRange(0, 14).Draw(rt, "link") == 0 || cut && strings.HasSuffix(line, "hangup-all") {
			cut = !cut
			b.WriteString(at + map[bool]string{true: " switch cut\n", false: " switch mend\n"}[cut])
		}
		b.WriteString(deed)
		if headed {
			b.WriteString("|" + header)
		}
		b.WriteString("\n")
	}
	return b.String()
}

var nodePrograms = []string{"ring 1001", "ring 1001 1002", "ring 1001\nsession 1800s", "ring 1001\ndelay 900ms", "ring 1001\nmax-calls 1", "ring 1001\nports 4", "ring 1001\nstrands 3"}

// nodeOpenings lead from one node to the other. The call that begins the story may be of
// either.
var nodeOpenings = []string{
	"0s 1001 180\n", "0s 1001 200 sdp\n", "0s 1001 180\n100ms 1003 INVITE *8 sdp\n", "0s 1001 180\n100ms 1003 INVITE *8 sdp at=2\n",
	"0s 1001 200 sdp\n100ms 1001 INVITE 1004 sdp at=2\n1s 1003 200 sdp\n100ms 1001 REFER 1003 talk=1 replaces=2\n",
	"0s 1001 200 sdp\n100ms 1001 INVITE 1004 sdp at=2\n1s 1003 180\n100ms 1001 REFER 1003 talk=1 replaces=2\n",
	"0s 1001 200 sdp\n100ms 1003 INVITE 1003 sdp replaces=1001 at=2\n", "0s 1001 180\n100ms 1003 INVITE 1003 sdp replaces=1001 at=2\n",
	"0s 1002 INVITE 820 sdp at=2\n0s 1001 200 sdp\n100ms 1001 REFER 820\n",
	"0s 1001 200 sdp\n100ms 1001 REFER 800\n1s 1003 INVITE 701 sdp\n", "0s 1001 200 sdp\n100ms 1001 REFER 800\n1s 1003 INVITE 701 sdp at=2\n",
}

// desk is how calls are picked up, parked and retrieved.
const desk = "to *8 pick-group desk\ngroup 1001 desk\nto 800 park 701-702 20s\nto 701 pick-place 701\n"

// transfers is where a REFER leads to.
const transfers = "to 1003 ring 1002 timeout=5s\nto 1003 ring 1001\nto 1004 ring 1003\nto 600 echo\nto *40 supervise 1001 whisper\nto 820 conference 820 3\nto 821 conference 821 2 1456 music\nto 711 flow menu\nto 712 flow desk\nto 713 flow survey\n"

var (
	programs = []string{
		"ring 1001", "ring 1001", "ring 1001 1002", "ring 1001 1002", "ring mobile! 1001 timeout=5s", "ring mobile!",
		"echo", "play music", "play missing", "refuse 403", "challenge 401",
		"flow menu", "flow desk", "flow early", "flow survey",
	}
	options = []string{
		"", "", "ring 1002", "offline 480", "delay 900ms", "delay 9s", "emergency", "max-calls 1", "caller-seat", "caller-seat\nforged",
		"strands 3", "strands 2\nring 1002", "ports 2", "unreachable 1001", "session 90s", "session 1800s",
		"session 1800s 600s", "random 100", "random 50",
	}
	openings = []string{
		"", "0s 1001 180\n", "0s 1001 200 sdp\n", "100ms 1001 183 sdp\n200ms 1001 200 sdp\n",
		"100ms 1001 183 sdp=PCMA | Require: 100rel | RSeq: 1 | Allow: UPDATE\n100ms caller PRACK | RAck: 1 1 INVITE\n100ms caller UPDATE sdp=G729\n",
		"0s 1001 200 sdp\n100ms caller reINVITE sdp=G722\n", "0s mobile 200 sdp\n100ms mobile INFO 1\n",
		"0s 1001 200 sdp\n100ms 1001 INVITE 1004 sdp\n1s 1003 200 sdp\n100ms 1001 REFER 1003 talk=1 replaces=2\n",
		"0s 1001 200 sdp\n100ms 1001 INVITE 1004 sdp\n1s 1003 180\n100ms 1001 REFER 1003 talk=1 replaces=2\n",
		"0s 1001 180\n100ms 1003 INVITE 1003 sdp replaces=1001\n",
		"0s 1001 200 sdp\n100ms switch supervise barge 1003\n1s 1003 200 sdp\n", "0s 1001 200 sdp\n100ms 1003 INVITE *40 sdp\n",
		"0s 1001 INVITE 820 sdp\n1s 1002 INVITE 820 sdp\n1s 1003 INVITE 820 sdp\n",
		"0s 1001 200 sdp\n100ms 1001 INVITE 1004 sdp\n1s 1003 200 sdp\n100ms switch merge\n",
		"0s 1001 INVITE 821 sdp\n1s sound 1001 digit 1\n0s sound 1001 digit 4\n0s sound 1001 digit 5\n0s sound 1001 digit 6\n",
		"0s 1001 200 sdp\n100ms 1001 REFER 821\n1s sound caller digit 1\n0s sound caller digit 4\n0s sound caller digit 5\n0s sound caller digit 6\n",
		"0s 1001 200 sdp\n100ms 1001 INVITE 820 sdp\n100ms 1002 INVITE 820 sdp\n100ms 1001 REFER 820 talk=1 replaces=2\n",
	}
)

var (
	people = []string{"caller", "caller", "second", "1001", "1001", "1002", "1003", "mobile"}
	deeds  = []string{
		"INVITE 1002 sdp", "INVITE 1002", "INVITE 1002 sdp=PCMU", "CANCEL", "ACK", "ACK sdp", "BYE", "BYE", "INFO 1",
		"180", "183 sdp", "183 sdp=PCMU", "200 sdp", "200 sdp", "200", "200 sdp=G729", "200 sdp tag=fork", "486", "503", "487", "491", "481",
		"302", "100", "180 tag=fork",
		"reINVITE sdp", "reINVITE", "reINVITE sdp=G722", "reINVITE sdp=/sendonly", "reINVITE sdp=/refused", "reINVITE sdp=garbage",
		"reINVITE sdp=G722 in=mixed", "reINVITE sdp as=application/foo", "200 sdp=G722 in=alternative", "INFO body=x as=a/b", "500 | Retry-After: 1",
		"repeat", "OPTIONS", "UPDATE", "UPDATE sdp", "UPDATE sdp=G722", "UPDATE | Supported: timer | Session-Expires: 90", "200 sdp | Session-Expires: 90;refresher=uac", "200 sdp | Allow: UPDATE | Session-Expires: 90", "422 | Min-SE: 2000",
		"PRACK | RAck: 1 1 INVITE", "PRACK | RAck: 2 1 INVITE", "PRACK sdp | RAck: 1 1 INVITE", "183 sdp | Require: 100rel | RSeq: 1", "183 sdp=PCMA | Require: 100rel | RSeq: 1 | Allow: UPDATE", "on UPDATE 200 sdp=G729", "on UPDATE 491", "UPDATE sdp=G729", "180 | Require: 100rel | RSeq: 2", "183 sdp tag=fork | Require: 100rel | RSeq: 7", "BYE tag=wrong", "INFO 1 from=stranger", "BYE from=stranger | Authorization: Digest x",
		"REFER 1003", "REFER 1003", "REFER 600", "REFER 711", "REFER 712", "REFER 713", "REFER none", "REFER 1004 | Refer-Sub: false", "BYE talk=1",
		"INVITE 1003 sdp", "INVITE 1003 sdp=G722", "REFER 1003 talk=1 replaces=2", "REFER 1003 talk=2 replaces=1", "REFER 1003 replaces=1",
		"INVITE *40 sdp", "INVITE 820 sdp", "REFER 820", "REFER 821", "INVITE 821 sdp", "INVITE *8 sdp", "REFER 800", "INVITE 800 sdp", "INVITE 701 sdp",
		"INVITE 1002 sdp replaces=1001", "INVITE 1002 replaces=caller", "INVITE 1003 sdp=G722 replaces=1002 early-only", "reINVITE sdp talk=1",
		"silent", "no-ack", "no-bye", "no-cancel", "normal", "normal",
	}
	sounds = []string{"timeout", "ended", "digit 2", "digit 1", "digit 4", "digit 5", "digit 6", "digit *", "oneway"}
	// operations are what an operator does.
	operations = []string{"supervise listen 1003", "supervise whisper 1002 1", "supervise barge 1003 2", "merge", "hush 1", "unhush 2", "kick 2"}
)

// drawStory begins with a call and ends with the end of whatever is left.
func drawStory(rt *rapid.T, openings []string) string {
	var b strings.Builder
	var at time.Duration
	line := func(text string) { fmt.Fprintf(&b, "%s %s\n", at, text) }
	line(rapid.SampledFrom([]string{
		"caller INVITE 1002 sdp=PCMA,G729", "caller INVITE 1002 sdp=PCMA,G729", "caller INVITE 1002 sdp | Supported: 100rel",
		"caller INVITE 1002 sdp | Require: 100rel", "caller INVITE 1002 sdp=PCMA,G729 | Supported: 100rel | Allow: UPDATE", "caller INVITE 1002 | Require: 100rel", "caller INVITE 1002 sdp | Supported: timer | Session-Expires: 90",
	}).Draw(rt, "first"))
	at = time.Second // admission may take its time
	for l := range strings.Lines(rapid.SampledFrom(openings).Draw(rt, "opening")) {
		after, what, _ := strings.Cut(strings.TrimSpace(l), " ")
		d, _ := time.ParseDuration(after)
		at += d
		line(what)
	}
	for range rapid.IntRange(1, 25).Draw(rt, "actions") {
		at += time.Duration(rapid.SampledFrom([]int{0, 0, 7, 130, 600, 1900, 7000, 33000}).Draw(rt, "ms")) * time.Millisecond
		who := rapid.SampledFrom(people).Draw(rt, "who")
		if rapid.IntRange(0, 9).Draw(rt, "sound") == 0 {
			line("sound " + who + " " + rapid.SampledFrom(sounds).Draw(rt, "what"))
			continue
		}
		if rapid.IntRange(0, 9).Draw(rt, "operator") == 0 {
			line("switch " + rapid.SampledFrom(operations).Draw(rt, "what"))
			continue
		}
		deed, header, headed := strings.Cut(rapid.SampledFrom(deeds).Draw(rt, "deed"), "|")
		deed += rapid.SampledFrom([]string{"", "", "", " lost", " twice"}).Draw(rt, "fate")
		if headed {
			deed += " |" + header
		}
		line(who + " " + deed)
	}
	at += 10 * time.Second
	line("switch hangup-all")
	return b.String()
}

// collector keeps the failures of a story that may be told again shorter.
type collector struct {
	mu   sync.Mutex
	list []string
}

func (c *collector) Helper()             {}
func (c *collector) Logf(string, ...any) {}
func (c *collector) Error(args ...any)   { c.Errorf("%s", fmt.Sprint(args...)) }
func (c *collector) Fatal(args ...any)   { c.Fatalf("%s", fmt.Sprint(args...)) }

func (c *collector) Errorf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

func (c *collector) Fatalf(format string, args ...any) {
	c.Errorf(format, args...)
	runtime.Goexit()
}
