package message_test

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

func TestSessionID(t *testing.T) {
	const a, b = "ab30317f1a784dc48ff824d0d3715d86", "47755a9de7794ba387653f2099600ef2"
	for value, want := range map[string][2]string{
		a:                                {a, ""},
		a + ";remote=" + b:               {a, b},
		a + " ; x=1; Remote = " + b:      {a, b},
		strings.ToUpper(a):               {a, ""},
		a + ";remote=" + message.NilUUID: {a, ""},
		a + ";remote=" + b[1:]:           {a, ""},
		message.NilUUID:                  {"", ""},
		"":                               {"", ""},
		a[1:]:                            {"", ""},
		a[1:] + "g":                      {"", ""},
		a + "0":                          {"", ""},
		"\"" + a[2:] + "\"":              {"", ""},
	} {
		msg := sip.NewRequest(sip.BYE, sip.Uri{Host: "x"})
		msg.AppendHeader(sip.NewHeader("Session-ID", value))
		local, remote, ok := message.SessionID(msg)
		if local != want[0] || remote != want[1] || ok != (local != "") {
			t.Errorf("%q: %q %q %v", value, local, remote, ok)
		}
	}
	if h := message.SessionIDHeader("", b); h.Name() != "Session-ID" || h.Value() != message.NilUUID+";remote="+b {
		t.Errorf("%s: %s", h.Name(), h.Value())
	}
	if h := message.SessionIDHeader(a, ""); h.Value() != a+";remote="+message.NilUUID {
		t.Errorf("%s", h.Value())
	}
}

// TestSessionIDOfAResponse: what answers a request turns its Session-ID round.
func TestSessionIDOfAResponse(t *testing.T) {
	const a, b = "ab30317f1a784dc48ff824d0d3715d86", "47755a9de7794ba387653f2099600ef2"
	for value, want := range map[string]string{
		a + ";remote=" + b: b + ";remote=" + a,
		a:                  message.NilUUID + ";remote=" + a,
		"none":             "",
	} {
		msg, err := message.Parse([]byte("CANCEL sip:x SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: <sip:1@x>;tag=a\r\nTo: <sip:1@x>\r\n" +
			"Call-ID: id\r\nCSeq: 1 CANCEL\r\nsession-id: " + value + "\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := message.Header(message.NewResponse(msg.(*sip.Request), 200, "", "t"), "Session-ID"); got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}
