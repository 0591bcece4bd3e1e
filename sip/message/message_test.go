package message

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"
)

// request is a valid request with more header lines.
func request(method string, lines ...string) string {
	text := method + " sip:bob@example.com SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 10.0.0.7:5062;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n" +
		"From: \"A\" <sip:a@example.com>;tag=f1\r\nTo: <sip:bob@example.com>\r\n" +
		"Call-ID: c1@x\r\nCSeq: 7 " + method + "\r\n"
	return text + strings.Join(append(lines, "", ""), "\r\n")
}

// Each fault of sipgo v1.7.2 that concerns messages, and what we read instead.
func TestFaultsOfTheLibraryAreNotOurs(t *testing.T) {
	tests := []struct {
		name, line string
		read       func(sip.Message) string
		want       string
	}{
		{
			"F13 quoted parameter before another", `Via: SIP/2.0/UDP b;received="1.1.1.1";branch=z9x`,
			func(m sip.Message) string { return param(via(m, 1).Params, "branch") }, "z9x",
		},
		{
			"F13 quotes are taken off", `Via: SIP/2.0/UDP b;received="1.1.1.1";branch=z9x`,
			func(m sip.Message) string { return param(via(m, 1).Params, "received") }, "1.1.1.1",
		},
		{
			"F13 names in any case", "Contact: <sip:c@d>;EXPIRES=300",
			func(m sip.Message) string { return Contact(m).Params.GetOr("expires", "") }, "300",
		},
		{
			"F13 spaces round separators", "Via: SIP / 2.0 / UDP  b : 5070 ; branch = z9x ; rport",
			func(m sip.Message) string {
				v := via(m, 1)
				return fmt.Sprint(v.Transport, v.Host, v.Port, param(v.Params, "branch"), v.Params.Has("rport"))
			}, "UDPb5070z9xtrue",
		},
		{
			"F13 equals signs in a value", "Contact: <sip:c@d>;x=abc==",
			func(m sip.Message) string { return param(Contact(m).Params, "x") }, "abc==",
		},
		{
			"F13 semicolon in quotes", `Contact: <sip:c@d>;pub-gruu="sip:c@d;gr=1";reg-id=2`,
			func(m sip.Message) string {
				return param(Contact(m).Params, "pub-gruu") + " " + param(Contact(m).Params, "Reg-ID")
			}, "sip:c@d;gr=1 2",
		},
		{
			"F14 Via list without parameters", "Via: SIP/2.0/UDP first, SIP/2.0/UDP second:5070;branch=z9x",
			func(m sip.Message) string { return via(m, 1).Host + via(m, 2).Host }, "firstsecond",
		},
		{
			"F16 compact Supported", "k: 100rel, timer",
			func(m sip.Message) string { return strings.Join(Options(m, "Supported"), "+") }, "100rel+timer",
		},
		{
			"F16 compact Refer-To", "r: <sip:c@d?Replaces=x%3Bto-tag%3D1>",
			func(m sip.Message) string { return m.(*sip.Request).ReferTo().Address.User }, "c",
		},
		{
			"F16 compact Referred-By", "B: <sip:c@d>",
			func(m sip.Message) string { return m.(*sip.Request).ReferredBy().Address.User }, "c",
		},
		{
			"F16 compact Session-Expires", "x: 1800",
			func(m sip.Message) string { return Header(m, "Session-Expires") }, "1800",
		},
		{
			"F17 the first of several contacts", "Contact: <sip:first@d>, <sip:second@d>",
			func(m sip.Message) string { return Contact(m).Address.User }, "first",
		},
		{
			"F14 spaces in CSeq", "CSeq: 7 \t OPTIONS",
			func(m sip.Message) string { return string(m.CSeq().MethodName) }, "OPTIONS",
		},
		{
			"empty Content-Type", "Content-Type:",
			func(m sip.Message) string { return strconv.FormatBool(m.(*sip.Request).ContentType() != nil) }, "true",
		},
		{
			"semicolon at the end", "Contact: <sip:c@d;transport=tcp;>;expires=60;",
			func(m sip.Message) string {
				return param(Contact(m).Address.UriParams, "transport") + param(Contact(m).Params, "expires")
			}, "tcp60",
		},
		{
			"a record route keeps its parameters", "Record-Route: <sip:p1;lr>;x=1",
			func(m sip.Message) string { return strings.Join(Headers(m, "Record-Route"), " | ") }, "<sip:p1;lr>;x=1",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			text := request("OPTIONS", tc.line)
			if strings.HasPrefix(tc.line, "CSeq") {
				text = strings.Replace(text, "CSeq: 7 OPTIONS\r\n", "", 1)
			}
			msg := mustBeParsed(t, []byte(text))
			mustSurviveRoundTrip(t, msg)
			if got := tc.read(msg); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func via(m sip.Message, i int) *sip.ViaHeader { return m.GetHeaders("Via")[i].(*sip.ViaHeader) }

func param(p sip.HeaderParams, name string) string {
	v, _ := Param(p, name)
	return v
}

func TestWhatIsRefused(t *testing.T) {
	many := make([]string, MaxHeaders)
	for i := range many {
		many[i] = "X: 1"
	}
	replace := func(old, by string) string { return strings.Replace(request("INVITE"), old, by, 1) }
	tests := []struct {
		name, text string
		want       outcome
	}{
		{"F14 CSeq of another method", replace("7 INVITE", "7 BYE"), outcome{Mismatch, 400}},
		{"F14 version", replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"), outcome{Version, 505}},
		{"F14 body shorter than announced", request("INVITE", "Content-Length: 5"), outcome{Truncated, 400}},
		{"F15 bad Contact", request("INVITE", "Contact: <sip:"), outcome{Syntax, 400}},
		{"F15 bad From", replace("<sip:a@example.com>", "<sip:a b@example.com>"), outcome{Syntax, 400}},
		{"no Via", replace("Via:", "X-Via:"), outcome{Missing, 0}},
		{"no Call-ID", replace("Call-ID:", "X:"), outcome{Missing, 400}},
		{"two Call-IDs", request("INVITE", "i: c2"), outcome{Duplicate, 400}},
		{"two lengths", request("INVITE", "l: 0", "Content-Length: 0"), outcome{Duplicate, 400}},
		{"hops beyond 255", replace("70", "256"), outcome{Syntax, 400}},
		{"hops below 0", replace("70", "-1"), outcome{Syntax, 400}},
		{"star outside REGISTER", request("INVITE", "Contact: *"), outcome{Syntax, 400}},
		{"port beyond 65535", replace(":5062", ":65536"), outcome{Syntax, 0}},
		{"NUL", request("INVITE", "X: a\x00b"), outcome{Control, 400}},
		{"bare line feed", request("INVITE", "X: a\nInjected: b"), outcome{Control, 400}},
		{"bare carriage return", request("INVITE", "X: a\rInjected: b"), outcome{Control, 400}},
		{"escaped carriage return", request("INVITE", "X: \"a\\\rb\""), outcome{Control, 400}},
		{"route without brackets", request("INVITE", "Route: sip:p;lr"), outcome{Syntax, 400}},
		{"space in Call-ID", replace("c1@x", "c1 x"), outcome{Syntax, 400}},
		{"method of a response", "SIP/2.0 200 OK\r\n" + strings.SplitN(replace("7 INVITE", "7 IN/VITE"), "\r\n", 2)[1], outcome{Syntax, 0}},
		{"no colon", request("INVITE", "X"), outcome{Syntax, 400}},
		{"space in name", request("INVITE", "X Y: 1"), outcome{Syntax, 400}},
		{"long line", request("INVITE", "X: "+strings.Repeat("x", MaxLine)), outcome{TooLarge, 513}},
		{"long folded line", request("INVITE", "X: x"+strings.Repeat("\r\n xxxxxxx", MaxLine/8)), outcome{TooLarge, 513}},
		{"many headers", request("INVITE", many...), outcome{TooLarge, 513}},
		{"many values", request("INVITE", "Contact: <sip:a@b>"+strings.Repeat(",<sip:a@b>", MaxHeaders)), outcome{TooLarge, 513}},
		{"large body", request("INVITE") + strings.Repeat("x", MaxBody+1), outcome{TooLarge, 413}},
		{"large announced body", request("INVITE", "l: 2000000000"), outcome{TooLarge, 413}},
		{"large head", request("INVITE", "X: "+strings.Repeat("x", MaxHead)), outcome{TooLarge, 0}},
		{"ACK is never answered", request("ACK", "l: x"), outcome{Syntax, 0}},
		{"lower-case method is another", replace("7 INVITE", "7 invite"), outcome{Mismatch, 400}},
		{"request URI with a bad escape", replace("bob@example.com SIP", "%zz@example.com SIP"), outcome{StartLine, 400}},
		{"request URI *", replace("sip:bob@example.com SIP", "* SIP"), outcome{StartLine, 400}},
		{"status of two digits", "SIP/2.0 20 OK\r\n\r\n", outcome{StartLine, 0}},
		{"not SIP", "hello\r\n\r\n", outcome{NotSIP, 0}},
		{"no end", strings.TrimSuffix(request("INVITE"), "\r\n"), outcome{Truncated, 0}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			msg, err := Parse([]byte(tc.text))
			var pe *ParseError
			if !errors.As(err, &pe) || msg != nil {
				t.Fatalf("accepted: %v, %v", msg, err)
			}
			if got := (outcome{pe.Kind, pe.Status}); got != tc.want {
				t.Errorf("outcome %v, want %v: %v", got, tc.want, pe)
			}
			if (pe.Request != nil) != (pe.Status != 0) || pe.Kind.String() == "" {
				t.Errorf("status %d with request %v", pe.Status, pe.Request)
			}
		})
	}
}

// The answer to a bad request has all its Vias, whatever is in them.
func TestRefusalKeepsABadList(t *testing.T) {
	_, err := Parse([]byte(request("INVITE", `Via: SIP/2.0/UDP second, SIP/2.0/UDP third;x="open`)))
	var pe *ParseError
	if !errors.As(err, &pe) || pe.Request == nil {
		t.Fatal(err)
	}
	want := []string{"SIP/2.0/UDP 10.0.0.7:5062;branch=z9hG4bK1", "SIP/2.0/UDP second", `SIP/2.0/UDP third;x="open`}
	if diff := cmp.Diff(want, Headers(NewResponse(pe.Request, pe.Status, "", ""), "Via")); diff != "" {
		t.Error(diff)
	}
}

// A stranger's text does not come back in a reason phrase or a log line.
func TestReasonsDoNotQuote(t *testing.T) {
	for _, name := range []string{"Content-Length", "Contact", "Via", "Route"} {
		_, err := Parse([]byte(request("INVITE", name+": stranger")))
		if err == nil || strings.Contains(err.Error(), "stranger") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, old := range []string{"7 INVITE", "70"} { // CSeq and Max-Forwards
		_, err := Parse([]byte(strings.Replace(request("INVITE"), old, "stranger", 1)))
		if err == nil || strings.Contains(err.Error(), "stranger") {
			t.Errorf("%s: %v", old, err)
		}
	}
}

func TestBodyEndsWithContentLength(t *testing.T) {
	for text, want := range map[string]string{
		request("INFO", "l: 3") + "abcdef":   "abc",
		request("INFO") + "abcdef":           "abcdef",
		"\r\n\r\n" + request("INFO") + "abc": "abc",
		request("INFO", "l: 0") + "abc":      "",
	} {
		if got := string(mustBeParsed(t, []byte(text)).Body()); got != want {
			t.Errorf("body %q, want %q", got, want)
		}
	}
}

func TestResponseFollowsTheRequest(t *testing.T) {
	req := mustBeParsed(t, []byte(request("INVITE", "Via: SIP/2.0/UDP second", "Record-Route: <sip:p;lr>", "Timestamp: 5", "X: 1"))).(*sip.Request)
	before := req.String()
	tests := []struct {
		status      int
		tag         string
		recordRoute bool
		timestamp   bool
	}{{100, "", false, true}, {180, "t", true, false}, {200, "t", true, false}, {404, "t", false, false}}
	for _, tc := range tests {
		res := mustBeParsed(t, Append(nil, NewResponse(req, tc.status, "", tc.tag))).(*sip.Response)
		if res.StatusCode != tc.status || res.Reason == "" || ToTag(res) != tc.tag || len(Headers(res, "Via")) != 2 {
			t.Errorf("response %s", res)
		}
		if (Header(res, "Record-Route") != "") != tc.recordRoute || (Header(res, "Timestamp") != "") != tc.timestamp || Header(res, "X") != "" {
			t.Errorf("response %s", res)
		}
		if diff := cmp.Diff(Headers(req, "From"), Headers(res, "From")); diff != "" {
			t.Error(diff)
		}
	}
	if NewResponse(req, 486, "Not now", "t").Reason != "Not now" || req.String() != before {
		t.Error("the reason was not taken, or the request was changed")
	}
	inDialog := mustBeParsed(t, []byte(strings.Replace(request("BYE"), "To: <sip:bob@example.com>", "To: <sip:bob@example.com>;tag=mine", 1))).(*sip.Request)
	if got := ToTag(NewResponse(inDialog, 200, "", "other")); got != "mine" {
		t.Errorf("tag is %q", got)
	}
}

// TestNothingIsInjected: whatever a value holds, it ends neither its line nor its part
// of the line.
func TestNothingIsInjected(t *testing.T) {
	for _, evil := range []string{"\r\nEvil: 1", "\nEvil: 1", "\r\n\r\nINVITE", `" <sip:evil@evil>;tag="`, `\`, `x\`, `"`, "@evil", ":evil@evil", "%0d%0a", "%", "%4", "\x00", "<>", " ", "é"} {
		req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", User: "1002" + evil, Password: "p" + evil, Host: "h"})
		req.AppendHeader(&sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "h"})
		from := &sip.FromHeader{DisplayName: "A" + evil, Address: sip.Uri{Scheme: "sip", User: "a" + evil, Host: "h"}, Params: sip.HeaderParams{{K: "tag", V: "t"}}}
		to := &sip.ToHeader{DisplayName: Quote("B" + evil), Address: sip.Uri{Scheme: "sip", User: "b", Host: "h"}}
		id := sip.CallIDHeader("c")
		for _, h := range []sip.Header{from, to, &id, &sip.CSeqHeader{SeqNo: 1, MethodName: sip.INVITE}} {
			req.AppendHeader(h)
		}
		text := Append(nil, req)
		got := mustBeParsed(t, text).(*sip.Request)
		if len(got.Headers()) != 6 || got.From().Address.Host != "h" || FromTag(got) != "t" || got.To().Address.User != "b" || got.Recipient.Host != "h" {
			t.Errorf("%q is written as\n%s", evil, text)
		}
		if user := Unescape(got.Recipient.User); user != "1002"+Unescape(evil) {
			t.Errorf("user %q is read as %q", "1002"+evil, user)
		}
	}
	req := mustBeParsed(t, []byte(request("INVITE"))).(*sip.Request)
	res := NewResponse(req, 200, "OK\r\nEvil: 1", "t\r\nEvil: 2")
	res.AppendHeader(sip.NewHeader("Subject", "a\r\nEvil: 3\n\nEvil: 4\x00"))
	res.AppendHeader(&sip.ContactHeader{DisplayName: "x\r\nEvil: 5", Address: sip.Uri{User: "u\r\nEvil: 6", Host: "h"}})
	for line := range strings.SplitSeq(string(Append(nil, res)), "\r\n") {
		if strings.HasPrefix(line, "Evil") || strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("injected: %q", line)
		}
	}
}

func TestAppendWritesTheTrueLength(t *testing.T) {
	req := mustBeParsed(t, []byte(request("INFO", "Content-Length: 3")+"abc")).(*sip.Request)
	req.SetBody([]byte("abcdef"))
	text := string(Append([]byte("before "), req))
	if !strings.HasPrefix(text, "before INFO sip:bob@example.com SIP/2.0\r\n") ||
		!strings.HasSuffix(text, "Content-Length: 6\r\n\r\nabcdef") || strings.Count(text, "Content-Length") != 1 {
		t.Errorf("written %q", text)
	}
}

// The examples of RFC 3261 section 19.1.4.
func TestURIEqual(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:bob@biloxi.com", "sips:bob@biloxi.com", false},
		{"tel:+441632960123", "tel:+441632960123", true},
		{"tel:+441632960123", "tel:+441632960124", false},
		{"sip:a:secret@b", "sip:a@b", false},
		{"sip:a@[2001:db8::1]:5061", "sip:a@[2001:DB8::1]:5061", true},
	}
	for _, tc := range tests {
		a, errA := ParseURI(tc.a)
		b, errB := ParseURI(tc.b)
		if errA != nil || errB != nil {
			t.Fatal(tc, errA, errB)
		}
		if URIEqual(&a, &b) != tc.want || URIEqual(&b, &a) != tc.want || !URIEqual(&a, &a) {
			t.Errorf("%s and %s: want %v", tc.a, tc.b, tc.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]string{
		`"A \"B\", <C>;" <sip:u@h;x=1?y=2>;tag=3`: `A \"B\", <C>;|u|h|3`,
		`Anna Sömething <sip:u@h>;tag=3`:          `Anna Sömething|u|h|3`,
		`sip:u@h:5060;tag=3`:                      `|u|h|3`,
		`<sip:u;phone-context=x@h> ; tag = "3"`:   `|u;phone-context=x|h|3`,
		`<tel:+44163>;tag=3`:                      `|||3`,
		`"" <sip:[::1]>;tag=3`:                    `||[::1]|3`,
	} {
		a, err := ParseAddress(text)
		if got := strings.Join([]string{a.Name, a.URI.User, a.URI.Host, Tag(a.Params)}, "|"); got != want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "*", "sip:", "<sip:a@b", "<sip:a@b>x", `"a <sip:a@b>`, `"a" "b" <sip:a@b>`, "a, b <sip:a@b>", "<sip:a@b> ;;", "<sip:@b>",
		"sip:a@b?x=y", "<sip:a@b:0>", "<sip:a@b:99999>", "<sip:a@[::1>", "<sip:a@[1.2.3.4]>", "<sip:a@b c>", `<sip:a@b>;x="y`, "<sip:a@b>;x=y z",
	} {
		if a, err := ParseAddress(text); err == nil {
			t.Errorf("%q was read as %+v", text, a)
		}
	}
}

func TestNumbers(t *testing.T) {
	for value, want := range map[string]struct {
		seconds uint32
		ok      bool
	}{"300": {300, true}, "0": {0, true}, "99999999999": {1<<32 - 1, true}, "Thu, 01 Dec": {0, false}, "-1": {0, false}} {
		msg := mustBeParsed(t, []byte(request("REGISTER", "Expires: "+value, "Contact: <sip:a@b>;q=0.5, *")))
		if s, ok := Expires(msg); ok != want.ok || ok && s != want.seconds {
			t.Errorf("Expires %s is %d, %v", value, s, ok)
		}
		if c := Contacts(msg); len(c) != 2 || ContactQ(c[0]) != 0.5 || ContactQ(c[1]) != 1 || !c[1].Address.Wildcard {
			t.Errorf("contacts %v", c)
		}
	}
}
