package message

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// sipgoReads is what sipgo's parser makes of a valid request with more lines; nil
// if it refuses it.
func sipgoReads(lines ...string) *sip.Request {
	return sipgoParses(request("OPTIONS", lines...))
}

func sipgoParses(text string) *sip.Request {
	msg, err := sip.ParseMessage([]byte(text))
	if req, ok := msg.(*sip.Request); ok && err == nil {
		return req
	}
	return nil
}

func sipgoURI(text string) *sip.Uri {
	var u sip.Uri
	if sip.ParseUri(text, &u) != nil {
		return nil
	}
	return &u
}

// Each thing that makes us do a part of the work ourselves. If one fails, sipgo has
// mended it: the work-around that it names can go.
func TestSipgoStillCannot(t *testing.T) {
	start := func(line string) string {
		return line + "\r\n" + strings.SplitN(request("OPTIONS"), "\r\n", 2)[1]
	}
	contact := func(line string) sip.HeaderParams {
		if r := sipgoReads(line); r != nil && r.Contact() != nil {
			return r.Contact().Params
		}
		return nil
	}
	branch := func(line string) string {
		if r := sipgoReads(line); r != nil && len(r.GetHeaders("Via")) == 2 {
			return r.GetHeaders("Via")[1].(*sip.ViaHeader).Params.GetOr("branch", "")
		}
		return ""
	}
	written := func(u *sip.Uri) string {
		if u == nil {
			return ""
		}
		return u.String()
	}
	if branch("Via: SIP/2.0/UDP a;branch=z9x") != "z9x" || contact("Contact: <sip:c@d>;expires=3").GetOr("expires", "") != "3" ||
		written(sipgoURI("sip:h;lr=1?a=b")) != "sip:h;lr=1?a=b" || streamReads("Subject: a\r\n b\r\n", "Content-Length: 0\r\n\r\n") != nil {
		t.Fatal("sipgo does not read what it could")
	}
	tests := []struct {
		name, ours string
		can        bool
	}{
		{
			"tell a method from its lower case", "startLine",
			sipgoParses(start("options sip:b@h SIP/2.0")).Method == "options",
		},
		{
			"tell a response whose reason begins with SIP", "statusLine",
			func() bool {
				msg, _ := sip.ParseMessage([]byte(start("SIP/2.0 500 SIPfailure")))
				res, ok := msg.(*sip.Response)
				return ok && res.StatusCode == 500
			}(),
		},
		{
			"answer a bad request line", "startLine",
			func() bool {
				msg, _ := sip.ParseMessage([]byte(start("OPTIONS  sip:b@h SIP/2.0")))
				return msg != nil
			}(),
		},
		{"refuse another version", "startLine", sipgoParses(start("OPTIONS sip:b@h SIP/7.0")) == nil},
		{
			"read on behind a bad header", "parser.parse",
			func() bool {
				msg, _ := sip.ParseMessage([]byte(request("OPTIONS", "Contact: <sip:", "Subject: x")))
				return Header(msg, "Subject") != ""
			}(),
		},
		{"refuse a bare line feed", "clean", sipgoReads("Subject: a\nInjected: b") == nil},
		{"know a compact name", "canonical", Header(sipgoReads("k: timer"), "Supported") != ""},
		{
			"split a list whose values have no parameters", "parser.headers",
			len(Headers(sipgoReads("Via: SIP/2.0/UDP a, SIP/2.0/UDP b"), "Via")) == 3,
		},
		{
			"split behind a quoted comma", "parser.headers",
			branch(`Via: SIP/2.0/UDP a;x="1,2";branch=z9x`) == "z9x",
		},
		{"read behind a quoted parameter", "readVia", branch(`Via: SIP/2.0/UDP a;x="1";branch=z9x`) == "z9x"},
		{"read a parameter with spaces", "readVia", branch("Via: SIP/2.0/UDP a ; branch = z9x") == "z9x"},
		{"find a parameter in any case", "readContact", contact("Contact: <sip:c@d>;EXPIRES=3").GetOr("expires", "") == "3"},
		{"read a value with equals signs", "readContact", contact("Contact: <sip:c@d>;x=a==").GetOr("x", "") == "a=="},
		{"read a quoted semicolon", "readContact", contact(`Contact: <sip:c@d>;x="a;y=b"`).GetOr("x", "") == `"a;y=b"`},
		{"refuse text behind a URI", "parseAddress", sipgoReads("Contact: <sip:c@d>junk") == nil},
		{
			"keep the parameters of a route", "readRoute",
			Header(sipgoReads("Route: <sip:p;lr>;x=1"), "Route") == "<sip:p;lr>;x=1",
		},
		{"read a URI with a bare parameter and a header", "ParseURI", written(sipgoURI("sip:h;lr?a=b")) == "sip:h;lr?a=b"},
		{"refuse a URI with text behind an address", "ParseURI", sipgoURI("sip:[::1]junk") == nil},
		{"refuse a URI with two hosts", "ParseURI", sipgoURI("sip:[::1]@h") == nil},
		{"refuse a port beyond 65535", "ParseURI", sipgoURI("sip:h:65536") == nil},
		{"refuse two lengths", "known", sipgoReads("Content-Length: 0", "Content-Length: 0") == nil},
		{"refuse a message without Via", "known", sipgoParses("OPTIONS sip:b@h SIP/2.0\r\n\r\n") == nil},
		{"refuse CSeq of another method", "validate", sipgoParses(strings.Replace(request("OPTIONS"), "7 OPTIONS", "7 BYE", 1)) == nil},
		{"trim the method of CSeq", "check", sipgoParses(strings.Replace(request("OPTIONS"), "7 OPTIONS", "7  OPTIONS", 1)).CSeq().MethodName == "OPTIONS"},
		{"refuse 256 hops", "check", sipgoParses(strings.Replace(request("OPTIONS"), "70", "256", 1)) == nil},
		{"refuse a Call-ID with a space", "check", sipgoParses(strings.Replace(request("OPTIONS"), "c1@x", "c1 x", 1)) == nil},
		{"refuse a thousand headers", "MaxHeaders", sipgoReads(strings.Split(strings.Repeat("X: 1\n", 1000), "\n")[:1000]...) == nil},
		{"unfold a line that comes in two pieces", "Framer", streamReads("Subject: a\r\n", " b\r\nContent-Length: 0\r\n\r\n") == nil},
		{
			"refuse two lengths in a stream", "Framer",
			streamReads("Content-Length: 3\r\n", "Content-Length: 0\r\n\r\n") != nil,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if tc.can {
				t.Errorf("sipgo can: see whether %s is still needed", tc.ours)
			}
		})
	}
}

// streamReads gives sipgo's stream parser a request whose last lines come in
// pieces, and returns the last error.
func streamReads(pieces ...string) error {
	stream := sip.NewParser().NewSIPStream()
	defer stream.Close()
	pieces = append([]string{strings.TrimSuffix(request("OPTIONS"), "\r\n")}, pieces...)
	var err error
	for _, piece := range pieces {
		_, _ = stream.Write([]byte(piece))
		if _, _, err = stream.ParseNext(); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
	}
	return err
}
