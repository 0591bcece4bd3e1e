package exchange_test

import (
	"strconv"
	"strings"
	"time"
)

// action is one line of a story: TIME WHO WHAT [WORDS] [| HEADER: VALUE].
//
//	0s caller INVITE 1002 sdp          a new call; with max-forwards=N, tag=T, from=N (another source)
//	1s caller reINVITE sdp=PCMA/sendonly, UPDATE; with contact=NAME or contact=NAME@HOST
//	1s 1002 180, 1s 1002 200 sdp       answers the last INVITE; tag=T is another fork
//	1s caller INVITE 1002 sdp in=mixed, as=application/foo; INFO body=5 as=application/dtmf
//	1s caller CANCEL, BYE, INFO 1, OPTIONS, ACK, repeat (the last message again)
//	1s 1002 INVITE 1003 sdp at=2       to node 2
//	1s 1004 INVITE 1002 sdp replaces=1002 (its newest dialog); with early-only
//	1s 1002 REFER 1003; with replaces=N of its dialogs, or of=NAME, talk=N (by that dialog)
//	1s caller merged (its last INVITE by another way)
//	1s carrier close (its TCP connection)
//	1s 1003 SUBSCRIBE 1002 | Event: dialog     a new subscription; reSUBSCRIBE is of the same
//	1s switch nobody 1002 (is gone, or may watch nothing any more)
//	1s switch messages 1001 2 1 (new and old)
//	1s 1002 on UPDATE 405 | Allow: X   how it answers that method from now on, or once
//	1s 1002 silent, no-ack, no-bye, no-cancel, talkative (how it behaves from now on)
//	1s sound 1002 timeout, ended, oneway, digit 1
//	1s switch drain, hangup, hangup-all, close, list, lost NODE (its link), transfer LEG NUMBER,
//	                                   mask LEG [collect=N] [until=KEY] [for=SECONDS], unmask LEG, collected,
//	                                   supervise MODE SEAT [LEG], merge (the two oldest calls), hush LEG, unhush LEG (mutes it), kick LEG (of the oldest
//	                                   conference), cut, mend (the link between both nodes), mute (no question is answered), store-away
//
// Several headers have a | between them. With the word lost a message does not arrive, with twice it does so twice.
type action struct {
	at     time.Duration
	who    string
	what   string
	args   []string
	header string
}

// option is the value of NAME=VALUE among the words; a bare NAME is "", true.
func (a action) option(name string) (string, bool) {
	for _, w := range a.args {
		k, v, _ := strings.Cut(w, "=")
		if k == name {
			return v, true
		}
	}
	return "", false
}

func (a action) number(name string, otherwise int) int {
	v, ok := a.option(name)
	if n, err := strconv.Atoi(v); ok && err == nil {
		return n
	}
	return otherwise
}

func parseScript(t reporter, text string) []action {
	var script []action
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		line, header, _ := strings.Cut(line, "|")
		words := strings.Fields(line)
		if len(words) < 3 {
			t.Fatalf("story line %q: want TIME WHO WHAT", line)
		}
		at, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatalf("story line %q: %v", line, err)
		}
		a := action{at: at, who: words[1], what: words[2], args: words[3:], header: strings.TrimSpace(header)}
		if n := len(script); n > 0 && script[n-1].at > at {
			t.Fatalf("story line %q is before the line above it", line)
		}
		script = append(script, a)
	}
	return script
}
