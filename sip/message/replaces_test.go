package message_test

import (
	"testing"

	"strowger/sip/message"
)

func TestParseReplaces(t *testing.T) {
	for value, want := range map[string]string{
		"98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff": "98732@sip.example.com;to-tag=ff87ff;from-tag=r33th4x0r",
		" id@x ; TO-TAG=1 ;from-tag=2; early-only; other=3":      "id@x;to-tag=1;from-tag=2;early-only",
		"id;to-tag=1": "", "id": "", "": "", ";to-tag=1;from-tag=2": "", "id;to-tag=;from-tag=2": "", "id;to-tag=1 2;from-tag=2": "",
	} {
		r, ok := message.ParseReplaces(value)
		if got := r.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %v %q, want %q", value, ok, got, want)
		}
	}
}
