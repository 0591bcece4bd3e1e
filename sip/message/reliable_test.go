package message

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func withLines(t *testing.T, first, cseq string, more ...string) sip.Message {
	t.Helper()
	msg, err := Parse([]byte(strings.Join(append([]string{
		first, "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa", "From: <sip:1001@demo>;tag=a", "To: <sip:1002@demo>;tag=b", "Call-ID: id", "CSeq: " + cseq,
	}, more...), "\r\n") + "\r\nContent-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func TestRSeq(t *testing.T) {
	for lines, want := range map[string]uint32{
		"RSeq: 1|Require: 100rel":              1,
		"rseq:  4294967295 |Require: a,100REL": 4294967295,
		"RSeq: 1":                              0,
		"RSeq: 1|Supported: 100rel":            0,
		"Require: 100rel":                      0,
		"RSeq: 0|Require: 100rel":              0,
		"RSeq: 4294967296|Require: 100rel":     0,
		"RSeq: -1|Require: 100rel":             0,
		"RSeq: 1 2|Require: 100rel":            0,
	} {
		res := withLines(t, "SIP/2.0 180 Ringing", "1 INVITE", strings.Split(lines, "|")...).(*sip.Response)
		if n, ok := RSeq(res); ok != (want > 0) || ok && n != want {
			t.Errorf("%s: %d, %t", lines, n, ok)
		}
	}
}

func TestRAck(t *testing.T) {
	for value, ok := range map[string]bool{
		"7 8 INVITE": true, " 7\t 8  INVITE ": true, "": false, "7 INVITE": false, "7 8 INVITE x": false,
		"7 -8 INVITE": false, "x 8 INVITE": false, "7 4294967296 INVITE": false,
	} {
		req := withLines(t, "PRACK sip:1002@192.0.2.1 SIP/2.0", "2 PRACK", "RAck: "+value).(*sip.Request)
		rseq, cseq, method, got := RAck(req)
		if got != ok || ok && (rseq != 7 || cseq != 8 || method != "INVITE") {
			t.Errorf("%q: %d, %d, %s, %t", value, rseq, cseq, method, got)
		}
	}
	if _, _, _, ok := RAck(withLines(t, "PRACK sip:1002@192.0.2.1 SIP/2.0", "2 PRACK").(*sip.Request)); ok {
		t.Error("a PRACK without RAck acknowledges something")
	}
}
