package dialog_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"unsafe"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/dialog"
	"strowger/sip/message"
	"strowger/sip/transport"
)

func flow(addr string, proto transport.Proto) transport.Flow {
	return transport.Flow{Proto: proto, Advertised: netip.MustParseAddrPort(addr), Remote: netip.MustParseAddrPort("10.0.0.2:5060")}
}

func parse(t *testing.T, lines ...string) sip.Message {
	t.Helper()
	msg, err := message.Parse([]byte(strings.Join(lines, "\r\n") + "\r\nContent-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func uri(t *testing.T, s string) sip.Uri {
	t.Helper()
	u, err := message.ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// invite is a request of the peer, with further lines.
func invite(t *testing.T, more ...string) *sip.Request {
	t.Helper()
	return parse(t, append([]string{
		"INVITE sip:1002@192.0.2.1 SIP/2.0",
		"Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa",
		`From: "Ann" <sip:1001@demo>;tag=theirs`, "To: <sip:1002@demo>", "Call-ID: id", "CSeq: 7 INVITE",
		"Contact: <sip:1001@10.0.0.2:5070>",
	}, more...)...).(*sip.Request)
}

// client is a dialog whose INVITE was answered with these lines.
func client(t *testing.T, more ...string) *dialog.Dialog {
	t.Helper()
	d := dialog.NewClient("id", "ours", dialog.Name{URI: uri(t, "sip:1001@demo")}, dialog.Name{URI: uri(t, "sip:1002@demo")},
		uri(t, "sip:1002@10.0.0.2"), uri(t, "sip:token@192.0.2.1"))
	d.Confirm(parse(t, append([]string{
		"SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb",
		"From: <sip:1001@demo>;tag=ours", "To: <sip:1002@demo>;tag=theirs", "Call-ID: id", "CSeq: 1 INVITE",
		"Contact: <sip:1002@10.0.0.9:5099>",
	}, more...)...).(*sip.Response))
	return d
}

// sent is a request of the dialog as it is on the wire: its first line and routes.
func sent(t *testing.T, req *sip.Request) (line string, routes []string) {
	t.Helper()
	req.SetBody(nil)
	wire := string(message.Append(nil, req))
	if _, err := message.Parse([]byte(wire)); err != nil {
		t.Fatalf("%v\n%s", err, wire)
	}
	for l := range strings.SplitSeq(wire, "\r\n") {
		if r, ok := strings.CutPrefix(l, "Route: "); ok {
			routes = append(routes, r)
		}
	}
	line, _, _ = strings.Cut(wire, "\r\n")
	return line, routes
}

// A substring of a message would keep all of it.
func TestKeepsNoMessage(t *testing.T) {
	req := invite(t, "Record-Route: <sip:10.0.0.9;lr>", "Session-ID: ab30317f1a784dc48ff824d0d3715d86")
	d := dialog.NewServer(req, "ours", uri(t, "sip:x@10.0.0.1"))
	from, contact, route := req.From(), message.Contact(req), req.GetHeader("Record-Route").(*sip.RecordRouteHeader)
	session, _, _ := message.SessionID(req)
	for _, c := range []struct{ kept, came string }{
		{d.SessionID(), session},
		{d.CallID, req.CallID().Value()},
		{d.RemoteTag, message.Tag(from.Params)},
		{d.Remote().URI.User, from.Address.User},
		{d.Remote().URI.Host, from.Address.Host},
		{d.Local().URI.Host, req.To().Address.Host},
		{d.Target.Host, contact.Address.Host},
		{d.Routes[0].Host, route.Address.Host},
		{d.Routes[0].UriParams[0].K, route.Address.UriParams[0].K},
	} {
		if c.kept != c.came || c.kept == "" || unsafe.StringData(c.kept) == unsafe.StringData(c.came) {
			t.Errorf("%q of the message is kept as %q", c.came, c.kept)
		}
	}
}

func TestRouteSet(t *testing.T) {
	server := dialog.NewServer(invite(t, "Record-Route: <sip:p2;lr>, <sip:p1;lr>"), "ours", sip.Uri{})
	two := dialog.NewServer(invite(t, "Record-Route: <sip:p2;lr>", "Record-Route: <sip:p1;lr>"), "ours", sip.Uri{})
	strict := dialog.NewServer(invite(t, "Record-Route: <sip:p2>", "Record-Route: <sip:p1;lr>"), "ours", sip.Uri{})
	params := dialog.NewServer(invite(t, "Record-Route: <sip:p2;lr>;x=1, <sip:p1;lr>;y"), "ours", sip.Uri{})
	target := dialog.NewServer(invite(t, "Record-Route: <sip:p2;x=1;method=INFO?a=b>"), "ours", sip.Uri{})
	target.Target = sip.Uri{Scheme: "sip", User: "1001", Host: "10.0.0.2", UriParams: sip.HeaderParams{{K: "method", V: "BYE"}}, Headers: sip.HeaderParams{{K: "Subject", V: "x"}}}
	for name, c := range map[string]struct {
		dialog *dialog.Dialog
		line   string
		routes string
		hop    string
	}{
		"none":   {client(t), "BYE sip:1002@10.0.0.9:5099 SIP/2.0", "", "sip:1002@10.0.0.9:5099"},
		"client": {client(t, "Record-Route: <sip:p2;lr>, <sip:p1;lr>"), "BYE sip:1002@10.0.0.9:5099 SIP/2.0", "<sip:p1;lr> <sip:p2;lr>", "sip:p1;lr"},
		"server": {server, "BYE sip:1001@10.0.0.2:5070 SIP/2.0", "<sip:p2;lr> <sip:p1;lr>", "sip:p2;lr"},
		"lines":  {two, "BYE sip:1001@10.0.0.2:5070 SIP/2.0", "<sip:p2;lr> <sip:p1;lr>", "sip:p2;lr"},
		"params": {params, "BYE sip:1001@10.0.0.2:5070 SIP/2.0", "<sip:p2;lr> <sip:p1;lr>", "sip:p2;lr"},
		"target": {target, "BYE sip:p2;x=1 SIP/2.0", "<sip:1001@10.0.0.2;method=BYE?Subject=x>", "sip:p2;x=1;method=INFO?a=b"},
		"strict": {strict, "BYE sip:p2 SIP/2.0", "<sip:p1;lr> <sip:1001@10.0.0.2:5070>", "sip:p2"},
	} {
		t.Run(name, func(t *testing.T) {
			line, routes := sent(t, c.dialog.Request(sip.BYE, flow("192.0.2.1:5060", transport.UDP), "z9hG4bKc"))
			hop := c.dialog.NextHop()
			if line != c.line || strings.Join(routes, " ") != c.routes || hop.String() != c.hop {
				t.Errorf("got %s, routes %v, next hop %s", line, routes, hop.String())
			}
		})
	}
}

// TestTarget: the route set stays, the remote target follows the Contact (12.2).
func TestTarget(t *testing.T) {
	d := dialog.NewServer(invite(t, "Record-Route: <sip:p2;lr>"), "ours", sip.Uri{})
	again := parse(t, "INVITE sip:token@192.0.2.1 SIP/2.0", "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa", "From: <sip:1001@demo>;tag=theirs",
		"To: <sip:1002@demo>;tag=ours", "Call-ID: id", "CSeq: 8 INVITE", "Contact: <sip:elsewhere@10.0.0.3>", "Record-Route: <sip:p9;lr>")
	d.Retarget(again)
	line, routes := sent(t, d.Request(sip.BYE, flow("192.0.2.1:5060", transport.UDP), "z9hG4bKc"))
	if line != "BYE sip:elsewhere@10.0.0.3 SIP/2.0" || fmt.Sprint(routes) != "[<sip:p2;lr>]" {
		t.Errorf("got %s, routes %v", line, routes)
	}
}

// TestNoContact: a peer of RFC 2543 that gives no Contact is found by its From.
func TestNoContact(t *testing.T) {
	d := dialog.NewServer(parse(t, "INVITE sip:1002@demo SIP/2.0", "Via: SIP/2.0/UDP 10.0.0.2", "From: <sip:1001@demo>", "To: <sip:1002@demo>",
		"Call-ID: id", "CSeq: 1 INVITE", "Record-Route: <sip:p2>").(*sip.Request), "ours", sip.Uri{})
	line, routes := sent(t, d.Request(sip.BYE, flow("192.0.2.1:5060", transport.UDP), "z9hG4bKc"))
	if line != "BYE sip:p2 SIP/2.0" || fmt.Sprint(routes) != "[<sip:1001@demo>]" {
		t.Errorf("got %s, routes %v", line, routes)
	}
}

// TestFork: a copy for another tag does not touch the dialog it came from.
func TestFork(t *testing.T) {
	d := client(t, "Record-Route: <sip:p2;lr>, <sip:p1;lr>")
	f := d.Fork(parse(t, "SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb", "From: <sip:1001@demo>;tag=ours",
		"To: <sip:1002@demo>;tag=other", "Call-ID: id", "CSeq: 1 INVITE", "Contact: <sip:b@10.0.0.8>", "Record-Route: <sip:q;lr>").(*sip.Response))
	if f.RemoteTag != "other" || f.Target.User != "b" || len(f.Routes) != 1 {
		t.Errorf("fork: %+v", f)
	}
	if d.RemoteTag != "theirs" || d.Target.User != "1002" || len(d.Routes) != 2 || d.Routes[0].Host != "p1" {
		t.Errorf("the first dialog has changed: %+v", d)
	}
}

// TestEarly: a response with another tag turns an early dialog into that of its
// sender, who counts by itself; one with the same tag leaves the count.
func TestEarly(t *testing.T) {
	for tag, want := range map[string]bool{"theirs": false, "other": true} {
		d := client(t)
		req := invite(t)
		if err := d.Order(req); err != nil {
			t.Fatal(err)
		}
		d.Confirm(parse(t, "SIP/2.0 180 Ringing", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb", "From: <sip:1001@demo>;tag=ours",
			"To: <sip:1002@demo>;tag="+tag, "Call-ID: id", "CSeq: 1 INVITE").(*sip.Response))
		if err := d.Order(req); (err == nil) != want || d.RemoteTag != tag {
			t.Errorf("after a response with tag %s: %v, the dialog is with %s", tag, err, d.RemoteTag)
		}
	}
}

// TestForwards: only an INVITE goes on with the Max-Forwards of the one before it.
func TestForwards(t *testing.T) {
	for _, c := range []struct {
		forwards uint32
		method   sip.RequestMethod
		want     string
	}{{0, sip.INVITE, "70"}, {1, sip.INVITE, "1"}, {1, sip.BYE, "70"}, {0, sip.BYE, "70"}} {
		d := client(t)
		d.Forwards = c.forwards
		req := d.Request(c.method, flow("192.0.2.1:5060", transport.UDP), "z9hG4bKc")
		if got := req.MaxForwards().Value(); got != c.want {
			t.Errorf("%s with %d: Max-Forwards %s, want %s", c.method, c.forwards, got, c.want)
		}
	}
}

// TestContactInResponse: a response has our Contact where it makes or refreshes a
// target (RFC 3261 table 2, RFC 3311).
func TestContactInResponse(t *testing.T) {
	for _, c := range []struct {
		method sip.RequestMethod
		status int
		want   bool
	}{
		{sip.INVITE, 100, false},
		{sip.INVITE, 101, true},
		{sip.INVITE, 200, true},
		{sip.INVITE, 299, true},
		{sip.INVITE, 300, false},
		{sip.INVITE, 486, false},
		{sip.UPDATE, 200, true},
		{sip.BYE, 200, false},
		{sip.OPTIONS, 200, false},
	} {
		req := invite(t)
		req.Method = c.method
		res := dialog.NewServer(req, "ours", uri(t, "sip:token@192.0.2.1")).Respond(req, c.status, "")
		if got := res.Contact() != nil; got != c.want {
			t.Errorf("%d to %s: Contact %t, want %t", c.status, c.method, got, c.want)
		}
	}
}

func TestOrder(t *testing.T) {
	d := dialog.NewServer(invite(t), "ours", sip.Uri{})
	at := func(seq uint32) *sip.Request {
		req := invite(t)
		req.CSeq().SeqNo = seq
		return req
	}
	for _, c := range []struct {
		seq uint32
		ok  bool
	}{{7, false}, {6, false}, {8, true}, {8, false}, {100, true}, {99, false}} {
		if err := d.Order(at(c.seq)); (err == nil) != c.ok {
			t.Errorf("CSeq %d: %v", c.seq, err)
		}
	}
	first := client(t)
	if err := first.Order(at(0)); err != nil {
		t.Errorf("the first request of the callee may have CSeq 0: %v", err)
	}
}

func TestLocalSequence(t *testing.T) {
	d := client(t)
	f := flow("192.0.2.1:5060", transport.UDP)
	a, b := d.Request(sip.INVITE, f, "z9hG4bK1"), d.Request(sip.BYE, f, "z9hG4bK2")
	ack := d.Ack(a.CSeq().SeqNo, f, "z9hG4bK3")
	if a.CSeq().SeqNo != 1 || b.CSeq().SeqNo != 2 || ack.CSeq().SeqNo != 1 || ack.CSeq().MethodName != sip.ACK || d.LocalSeq() != 2 {
		t.Errorf("CSeq %v, %v, %v", a.CSeq(), b.CSeq(), ack.CSeq())
	}
}

func TestMatches(t *testing.T) {
	d := client(t)
	for name, c := range map[string]struct {
		from, to, id string
		want         bool
	}{
		"ours":       {"theirs", "ours", "id", true},
		"from":       {"wrong", "ours", "id", false},
		"to":         {"theirs", "wrong", "id", false},
		"call":       {"theirs", "ours", "other", false},
		"swapped":    {"ours", "theirs", "id", false},
		"other case": {"THEIRS", "ours", "id", false},
	} {
		req := parse(t, "BYE sip:token@192.0.2.1 SIP/2.0", "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa",
			"From: <sip:1002@demo>;tag="+c.from, "To: <sip:1001@demo>;tag="+c.to, "Call-ID: "+c.id, "CSeq: 1 BYE").(*sip.Request)
		if got := d.Matches(req); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestViaAndContact(t *testing.T) {
	for addr, c := range map[string]struct {
		proto        transport.Proto
		via, contact string
	}{
		"192.0.2.1:5060":          {transport.UDP, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;rport", "sip:u@192.0.2.1:5060"},
		"[2001:db8::1]:5080":      {transport.UDP, "SIP/2.0/UDP [2001:db8::1]:5080;branch=z9hG4bKx;rport", "sip:u@[2001:db8::1]:5080"},
		"[2001:db8::1]:5060":      {transport.TCP, "SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKx", "sip:u@[2001:db8::1]:5060;transport=tcp"},
		"[::ffff:192.0.2.1]:5060": {transport.TCP, "SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKx", "sip:u@192.0.2.1:5060;transport=tcp"},
	} {
		f := flow(addr, c.proto)
		contact := dialog.ContactFor(f, "u")
		d := dialog.NewClient("id", "ours", dialog.Name{URI: uri(t, "sip:1001@demo")}, dialog.Name{URI: uri(t, "sip:1002@demo")}, uri(t, "sip:1002@10.0.0.2"), contact)
		req := d.Request(sip.INVITE, f, "z9hG4bKx")
		req.SetBody(nil)
		wire := string(message.Append(nil, req))
		if !strings.Contains(wire, "Via: "+c.via+"\r\n") || !strings.Contains(wire, "Contact: <"+c.contact+">\r\n") {
			t.Errorf("%s over %s:\n%s", addr, c.proto, wire)
		}
		msg, err := message.Parse([]byte(wire))
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		if got := message.Contact(msg).Address; !message.URIEqual(&got, &contact) {
			t.Errorf("Contact %s is read as %s", contact.String(), got.String())
		}
	}
}

// TestRespond: our tag and Contact are in what makes a dialog, and the peer's
// route set is repeated there.
func TestRespond(t *testing.T) {
	req := invite(t, "Record-Route: <sip:p1;lr>")
	d := dialog.NewServer(req, "ours", uri(t, "sip:token@192.0.2.1"))
	for status, contact := range map[int]bool{180: true, 200: true, 486: false} {
		res := d.Respond(req, status, "")
		if message.ToTag(res) != "ours" || (message.Header(res, "Contact") != "") != contact || (message.Header(res, "Record-Route") != "") != contact {
			t.Errorf("%d: %s", status, res)
		}
	}
	bye := d.Request(sip.BYE, flow("192.0.2.1:5060", transport.UDP), "z9hG4bKx")
	bye.SetBody(nil)
	if req := parse(t, string(message.Append(nil, bye))).(*sip.Request); req.From().Address.User != "1002" ||
		message.FromTag(req) != "ours" || message.ToTag(req) != "theirs" || req.To().DisplayName != "Ann" {
		t.Errorf("BYE of the called side: %s", req)
	}
}

// TestSips: a dialog that is to be secure on every hop has a sips Contact of ours,
// where the flow is such.
func TestSips(t *testing.T) {
	tls, udp := flow("192.0.2.1:5061", transport.TLS), flow("192.0.2.1:5060", transport.UDP)
	const sips, plain = "sips:tok@192.0.2.1:5061", "sip:tok@192.0.2.1:5061;transport=tls"
	for _, c := range []struct {
		flow          transport.Flow
		line, contact string
		routes        []string
		want          string
	}{
		{tls, "sips:1001@strowger", "sip:peer@10.0.0.2", nil, sips},
		{tls, "sip:1001@strowger", "sips:peer@10.0.0.2", nil, sips},
		{tls, "sip:1001@strowger", "sip:peer@10.0.0.2", []string{"Record-Route: <sips:edge;lr>"}, sips},
		{tls, "sip:1001@strowger", "sips:peer@10.0.0.2", []string{"Record-Route: <sip:edge;lr>"}, plain},
		{tls, "sip:1001@strowger", "sip:peer@10.0.0.2", nil, plain},
		{udp, "sips:1001@strowger", "sips:peer@10.0.0.2", nil, "sip:tok@192.0.2.1:5060"},
	} {
		req := invite(t, c.routes...)
		req.Recipient = uri(t, c.line)
		message.Contact(req).Address = uri(t, c.contact)
		d := dialog.NewServer(req, "tag", dialog.ContactFor(c.flow, "tok"))
		if got := d.Contact().Value(); got != "<"+c.want+">" {
			t.Errorf("%s from %s %q: our Contact is %s, want %s", c.line, c.contact, c.routes, got, c.want)
		}
		d = dialog.NewClient("id", "tag", dialog.Name{}, dialog.Name{}, uri(t, c.line), dialog.ContactFor(c.flow, "tok"))
		if got, want := strings.HasPrefix(d.Contact().Value(), "<sips:"), d.Target.Scheme == "sips" && c.flow == tls; got != want {
			t.Errorf("%s is called with the Contact %s", c.line, d.Contact().Value())
		}
	}
}

const (
	ann = "ab30317f1a784dc48ff824d0d3715d86"
	ben = "47755a9de7794ba387653f2099600ef2"
)

// sessions is who a response of ours says talks to whom.
func sessions(res *sip.Response) string { return message.Header(res, "Session-ID") }

// TestSessionID: each party is told who the other is (RFC 7989), whoever has a UUID.
func TestSessionID(t *testing.T) {
	known := dialog.NewServer(invite(t, "Session-ID: "+ann), "a", uri(t, "sip:x@192.0.2.1"))
	other := dialog.NewServer(invite(t), "b", uri(t, "sip:x@192.0.2.1"))
	known.Hear(invite(t, "Session-ID: "+ann))
	other.Hear(invite(t))
	made := other.SessionID()
	if known.SessionID() != ann || len(made) != 32 || made == ann {
		t.Fatalf("the parties are %s and %q", known.SessionID(), made)
	}
	other.Hear(invite(t)) // it keeps what it was given
	known.Meet(other)
	for _, c := range []struct {
		d    *dialog.Dialog
		req  *sip.Request
		want string
	}{
		{known, invite(t, "Session-ID: "+ann), made + ";remote=" + ann},
		{other, invite(t), ann + ";remote=" + made},
	} {
		if got := sessions(c.d.Trying(c.req)); got != c.want {
			t.Errorf("100 with %q, want %q", got, c.want)
		}
		if all := c.d.Trying(c.req).GetHeaders("Session-ID"); len(all) != 1 {
			t.Errorf("100 with %d Session-IDs", len(all))
		}
	}
	other.Hear(invite(t, "Session-ID: "+ben)) // it names itself after all
	if other.SessionID() != ben || sessions(other.Trying(invite(t))) != ann+";remote="+ben {
		t.Errorf("it is %s, and told %q", other.SessionID(), sessions(other.Trying(invite(t))))
	}
	known.Expect("")
	known.Expect(ben)
	known.Rest()
	if got := sessions(known.Trying(invite(t))); got != ben+";remote="+ann {
		t.Errorf("it talks to %s, and is told %q", ben, got)
	}
	known.MeetSwitch()
	if got := sessions(known.Trying(invite(t))); strings.Contains(got, made) || !strings.HasSuffix(got, ";remote="+ann) {
		t.Errorf("it talks to the switch, and is told %q", got)
	}
}

// TestSentByAnother: what is left of dialogs that are not remembered here.
func TestSentByAnother(t *testing.T) {
	d := dialog.Sent(invite(t, "Session-ID: "+ann+";remote="+ben))
	if d.CallID != "id" || d.LocalTag != "theirs" || d.Remote().URI.User != "1002" || d.LocalSeq() != 7 || d.SessionID() != ben {
		t.Errorf("sent: %+v, %s", d, d.SessionID())
	}
	late := dialog.Late(parse(t, "SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb",
		"From: <sip:1001@demo>;tag=ours", "To: <sip:1002@demo>;tag=theirs", "Call-ID: id", "CSeq: 3 INVITE",
		"Contact: <sip:1002@10.0.0.9:5099>").(*sip.Response))
	if late.LocalTag != "ours" || late.RemoteTag != "theirs" || late.LocalSeq() != 3 || late.Target.Port != 5099 {
		t.Errorf("late: %+v", late)
	}
	tel := dialog.NewServer(invite(t, "Record-Route: <sips:10.0.0.9;lr>"), "a", uri(t, "sip:x@192.0.2.1"))
	if tel.Routes[0].Scheme != "sips" || tel.RemoteSeq() != 7 {
		t.Errorf("%+v, CSeq %d", tel.Routes, tel.RemoteSeq())
	}
}
