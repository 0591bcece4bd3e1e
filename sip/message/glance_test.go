package message_test

import (
	"bytes"
	"testing"

	"strowger/sip/message"
)

func TestLook(t *testing.T) {
	for name, c := range map[string]struct {
		text, method, id string
		status           int
	}{
		"request":      {"INVITE sip:1 SIP/2.0\r\nVia: x\r\nCall-ID: a@b\r\nCSeq: 1 INVITE\r\n\r\nbody", "INVITE", "a@b", 0},
		"response":     {"SIP/2.0 486 Busy Here\r\nVia: x\r\ni :  a \r\nCSEQ: 12\tBYE\r\n\r\n", "BYE", "a", 486},
		"line ends":    {"\r\n\r\nOPTIONS sip:1 SIP/2.0\nI: x\n", "OPTIONS", "x", 0},
		"body":         {"SIP/2.0 200 OK\r\nTo: x\r\n\r\nCall-ID: no\r\nCSeq: 1 INVITE\r\n", "", "", 200},
		"first counts": {"BYE x SIP/2.0\r\nCall-ID: one\r\nCall-ID: two\r\n\r\n", "BYE", "one", 0},
		"bad status":   {"SIP/2.0 9999 No\r\nCall-ID: a\r\nCSeq: 1 BYE\r\n\r\n", "BYE", "a", 0},
		"noise":        {"\x00\x01\x02", "", "", 0},
		"nothing":      {"", "", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := message.Look([]byte(c.text))
			if string(g.Method) != c.method || string(g.CallID) != c.id || g.Status != c.status {
				t.Errorf("got %q, %q and %d, want %q, %q and %d", g.Method, g.CallID, g.Status, c.method, c.id, c.status)
			}
		})
	}
}

func BenchmarkLook(b *testing.B) {
	data := []byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKabcdefghijklmnopqrstuvwxyz;rport=5060\r\n" +
		"From: <sip:+441632960123@127.0.0.2>;tag=1\r\nTo: <sip:+448081570002@127.0.0.1>;tag=abcdefghijklmnopqrstuvwxyz\r\n" +
		"Call-ID: 1-12345@127.0.0.2\r\nCSeq: 1 INVITE\r\nContact: <sip:127.0.0.1:5060>\r\nContent-Length: 0\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		message.Look(data)
	}
}

// FuzzLook compares a glance with the parser, where that has no complaint.
func FuzzLook(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\ni: x \r\nCSeq: 1 BYE\r\n\r\n"))
	f.Add([]byte("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCALL-ID : x\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g := message.Look(data)
		msg, err := message.Parse(data)
		if err != nil || bytes.Contains(data, []byte("\r\n ")) || bytes.Contains(data, []byte("\r\n\t")) {
			return // a folded header is read as far as its first line
		}
		if id := msg.CallID().Value(); id != string(g.CallID) {
			t.Errorf("Call-ID is %q, at a glance %q", id, g.CallID)
		}
		if m := string(msg.CSeq().MethodName); m != string(g.Method) {
			t.Errorf("method is %q, at a glance %q", m, g.Method)
		}
	})
}
