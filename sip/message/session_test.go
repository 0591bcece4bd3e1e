package message

import (
	"strings"
	"testing"
)

func TestSessionTimers(t *testing.T) {
	for _, c := range []struct {
		header    string
		seconds   uint32
		refresher string
		ok        bool
		min       uint32
	}{
		{"Session-Expires: 1800", 1800, "", true, 0},
		{"x: 1800;refresher=uas", 1800, "uas", true, 0},
		{"Session-Expires: 90 ; a=b; Refresher = UAC ;c", 90, "uac", true, 0},
		{"Session-Expires: 90;refresher=me", 90, "", true, 0},
		{"Session-Expires: 99999999999;refresher=uac", 1<<32 - 1, "uac", true, 0},
		{"Session-Expires: soon;refresher=uac", 0, "uac", false, 0},
		{"Session-Expires: -1", 0, "", false, 0},
		{"Expires: 1800", 0, "", false, 0},
		{"Min-SE: 120", 0, "", false, 120},
		{"Min-SE: 120;more", 0, "", false, 120},
		{"Min-SE: none", 0, "", false, 0},
	} {
		msg, err := Parse([]byte(strings.Join([]string{
			"UPDATE sip:1002@192.0.2.1 SIP/2.0", "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa", "From: <sip:1001@demo>;tag=a",
			"To: <sip:1002@demo>;tag=b", "Call-ID: id", "CSeq: 7 UPDATE", c.header, "Content-Length: 0", "", "",
		}, "\r\n")))
		if err != nil {
			t.Errorf("%s: %v", c.header, err)
			continue
		}
		seconds, refresher, ok := SessionExpires(msg)
		if ok != c.ok || ok && seconds != c.seconds || refresher != c.refresher {
			t.Errorf("%s: Session-Expires %d %q %t", c.header, seconds, refresher, ok)
		}
		if least, ok := MinSE(msg); ok != (c.min > 0) || ok && least != c.min {
			t.Errorf("%s: Min-SE %d %t", c.header, least, ok)
		}
	}
}
