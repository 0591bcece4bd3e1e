package overload

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

const invite = "INVITE sip:9-999;phone-context=x@10.0.0.1;user=phone SIP/2.0\r\n" +
	"v: SIP/2.0/UDP phone.invalid:5070 ; Branch=z9hG4bKabc;rport , SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKdef\r\n" +
	"Via: SIP/2.0/UDP 10.9.9.8;branch=z9hG4bKghi\r\n" +
	"Max-Forwards: 70\r\n" +
	"f: \"A;tag=no\" <sip:a@example.com;tag=no>;tag=from\r\n" +
	"TO :\r\n <sip:b@example.com>\r\n" +
	"i: call-1\r\n" +
	"CSeq: 7 INVITE\r\n" +
	"Content-Length: 0\r\n\r\n"

var source = netip.MustParseAddrPort("192.0.2.7:40000")

func scan(t *testing.T, text string) *Head {
	t.Helper()
	h := new(Head)
	if !h.Scan([]byte(text)) {
		t.Fatalf("not seen:\n%s", text)
	}
	return h
}

func TestScan(t *testing.T) {
	h := scan(t, invite)
	if string(h.Method) != "INVITE" || string(h.User) != "9-999;phone-context=x" || string(h.Branch) != "z9hG4bKabc" || h.ToTag != nil {
		t.Errorf("seen: method %q, user %q, branch %q, tag %q", h.Method, h.User, h.Branch, h.ToTag)
	}
	answer := scan(t, "SIP/2.0 200 OK\r\n"+strings.Replace(strings.SplitAfterN(invite, "\r\n", 2)[1], "<sip:b@example.com>", "<sip:b@example.com>;TAG=us", 1))
	if answer.Method != nil || string(answer.ToTag) != "us" || string(answer.token()) != "abc" {
		t.Errorf("seen of a response: method %q, tag %q, token %q", answer.Method, answer.ToTag, answer.token())
	}
}

// What cannot be seen whole is left alone, and costs no more than its bound.
func TestScanIsBounded(t *testing.T) {
	head, rest, _ := strings.Cut(invite, "Max-Forwards")
	for name, text := range map[string]string{
		"nothing":      "",
		"no SIP":       "GET / HTTP/1.1\r\n\r\n",
		"no end":       strings.TrimSuffix(invite, "\r\n"),
		"no colon":     head + "nonsense\r\nMax-Forwards" + rest,
		"two To":       head + "To: <sip:x@y>\r\nMax-Forwards" + rest,
		"no CSeq":      strings.Replace(invite, "CSeq", "X", 1),
		"many lines":   head + strings.Repeat("X: y\r\n", maxLines) + "Max-Forwards" + rest,
		"many Vias":    head + strings.Repeat("Via: SIP/2.0/UDP a\r\n", maxVias) + "Max-Forwards" + rest,
		"a long line":  head + "X: " + strings.Repeat("y", maxScan) + "\r\nMax-Forwards" + rest,
		"bad version":  strings.Replace(invite, "SIP/2.0", "SIP/3.0", 1),
		"no uri":       strings.Replace(invite, "INVITE sip:9-999;phone-context=x@10.0.0.1;user=phone ", "INVITE ", 1),
		"first folded": strings.Replace(invite, "SIP/2.0\r\nv:", "SIP/2.0\r\n v:", 1),
	} {
		if h := new(Head); h.Scan([]byte(text)) {
			t.Errorf("%s: it is seen", name)
		}
	}
}

// A refusal is a response to the request that a parser takes, with what RFC 3261
// section 8.2.6 wants.
func TestRefusal(t *testing.T) {
	h := scan(t, invite)
	msg, err := message.Parse(h.Refusal(nil, []byte(invite), source, "gate"))
	if err != nil {
		t.Fatal(err)
	}
	res := msg.(*sip.Response)
	for name, want := range map[string]string{
		"From": `"A;tag=no" <sip:a@example.com;tag=no>;tag=from`, "To": "<sip:b@example.com>;tag=gate",
		"Call-ID": "call-1", "CSeq": "7 INVITE",
	} {
		if got := message.Header(res, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	vias := message.Headers(res, "Via")
	if len(vias) != 3 || vias[1] != "SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKdef" {
		t.Errorf("Vias are %q", vias)
	}
	for name, want := range map[string]string{"branch": "z9hG4bKabc", "received": "192.0.2.7", "rport": "40000"} {
		if got, _ := message.Param(res.Via().Params, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if res.StatusCode != 503 || message.Header(res, "Retry-After") == "" {
		t.Errorf("it is\n%s", res)
	}
	if again := string(h.Refusal(nil, []byte(invite), source, "gate")); again != string(h.Refusal(nil, []byte(invite), source, "gate")) {
		t.Error("a repeated request is refused in another way")
	}
}

// The To tag of a request that has one stays, and an unlike mixture of Via parameters
// is filled in once.
func TestRefusalOfOthers(t *testing.T) {
	text := strings.NewReplacer("<sip:b@example.com>", "<sip:b@example.com>;tag=b", ";rport ", ";rport=1;received=6.6.6.6").Replace(invite)
	h := scan(t, text)
	got := string(h.Refusal(nil, []byte(text), source, "gate"))
	if strings.Contains(got, "gate") || strings.Contains(got, "6.6.6.6") || strings.Count(got, ";rport=40000") != 1 || strings.Count(got, ";received=192.0.2.7") != 1 {
		t.Errorf("it is\n%s", got)
	}
	tiny := "A b: SIP/2.0\r\nv:a\r\nf:a\r\nt:a\r\ni:a\r\nCSeq:a\r\n\r\n"
	if h := scan(t, tiny); h.Refusal(nil, []byte(tiny), source, strings.Repeat("x", 26)) != nil {
		t.Error("a refusal is more than twice the request")
	}
}

func TestReplyTo(t *testing.T) {
	for via, want := range map[string]string{
		"SIP/2.0/UDP a:5070;rport;branch=x":        "192.0.2.7:40000",
		"SIP/2.0/UDP a:5070;branch=x":              "192.0.2.7:5070",
		"SIP/2.0/UDP a;branch=x":                   "192.0.2.7:5060",
		"SIP/2.0/UDP [2001:db8::1]:5071;branch=x":  "192.0.2.7:5071",
		"SIP/2.0/UDP [2001:db8::1];branch=x":       "192.0.2.7:5060",
		"SIP/2.0/UDP a:99999;branch=x":             "192.0.2.7:5060",
		"SIP/2.0/UDP a : 5072 ;branch=x":           "192.0.2.7:5072",
		"SIP/2.0/UDP a:0":                          "192.0.2.7:5060",
		"SIP/2.0/UDP a:5073, SIP/2.0/UDP b;rport":  "192.0.2.7:5073",
		"SIP/2.0/UDP a;x=\"a;rport\" ;branch=b:77": "192.0.2.7:5060",
	} {
		h := scan(t, "OPTIONS sip:x SIP/2.0\r\nVia: "+via+"\r\nFrom: a\r\nTo: b\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n")
		if got := h.ReplyTo(source); got != netip.MustParseAddrPort(want) {
			t.Errorf("%s: %s, want %s", via, got, want)
		}
	}
}

func TestAckOfRefusal(t *testing.T) {
	ack := strings.NewReplacer("INVITE", "ACK", "<sip:b@example.com>", "<sip:b@example.com>;tag=gate").Replace(invite)
	if !IsAck([]byte(ack), "gate") || IsAck([]byte(ack), "other") || IsAck([]byte(strings.Replace(ack, "ACK", "BYE", 1)), "gate") {
		t.Error("the ACK of a refusal is not told from other messages")
	}
}

// The look and the parser agree about every message that both take.
func FuzzScan(f *testing.F) {
	f.Add([]byte(invite))
	files, _ := filepath.Glob("../../testdata/torture/*.dat")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var h Head
		if !h.Scan(data) {
			return
		}
		res := h.Refusal(nil, data, source, "gate")
		if len(res) > maxGain*len(data) {
			t.Errorf("%d bytes answer %d", len(res), len(data))
		}
		msg, err := message.Parse(data)
		if err != nil {
			return
		}
		if h.Method == nil {
			return
		}
		if string(h.Branch) != message.ViaBranch(msg) && !strings.ContainsAny(string(data), "\"\t") {
			t.Errorf("branch %q, the parser has %q in\n%s", h.Branch, message.ViaBranch(msg), data)
		}
	})
}
