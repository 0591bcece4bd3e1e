package identity_test

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/identity"
	"strowger/sip/message"
)

func invite(tb testing.TB, from string, headers ...string) *sip.Request {
	tb.Helper()
	msg, err := message.Parse([]byte("INVITE sip:+448081570001@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: " + from +
		";tag=a\r\nTo: <sip:+448081570001@192.0.2.1>\r\nCall-ID: id\r\nCSeq: 1 INVITE\r\n" + strings.Join(append(headers, "", ""), "\r\n")))
	if err != nil {
		tb.Fatal(err)
	}
	return msg.(*sip.Request)
}

// said is a From and headers in one line.
func said(c *identity.Caller, headers []sip.Header) string {
	from := c.From("us")
	lines := []string{`"` + from.Display + `" ` + from.URI.String()}
	for _, h := range headers {
		lines = append(lines, h.Name()+": "+h.Value())
	}
	return strings.Join(lines, " | ")
}

var (
	stranger = identity.Peer{}
	trusted  = identity.Peer{Trusted: true}
	older    = identity.Peer{Trusted: true, RemotePartyID: true}
)

const (
	alice  = `"Alice" <sip:+448081570099@carrier.example>`
	hidden = `"Anonymous" <sip:anonymous@anonymous.invalid>`
)

// TestCaller: what is believed of a request, and what each kind of callee is told.
func TestCaller(t *testing.T) {
	const (
		shown   = `"Alice" sip:+448081570099@us`
		nobody  = `"Anonymous" sip:anonymous@anonymous.invalid`
		network = "P-Asserted-Identity: <sip:+441632960001@us;user=phone>"
		pai     = "P-Asserted-Identity: <sip:+441632960001@carrier.example>"
		rpid    = "Remote-Party-ID: <sip:+441632960001@carrier.example>;party=calling"
	)
	for name, tt := range map[string]struct {
		peer             identity.Peer
		from             string
		headers          []string
		trusted, another string // told to a trusted and another trunk
	}{
		"presented alone":        {trusted, alice, nil, shown, shown},
		"network number":         {trusted, alice, []string{pai}, shown + " | " + network, shown},
		"of a stranger":          {stranger, alice, []string{pai, rpid, "Diversion: <sip:+441632960009@x>", "History-Info: <sip:+441632960009@x>;index=1"}, shown, shown},
		"as tel":                 {trusted, alice, []string{"P-Asserted-Identity: <tel:+44-1632-960001>"}, shown + " | " + network, shown},
		"as both":                {trusted, alice, []string{pai + ", <tel:+441632960002>"}, shown + " | " + network + ", <tel:+441632960002>", shown},
		"on two lines":           {trusted, alice, []string{pai, "P-Asserted-Identity: tel:+441632960002"}, shown + " | " + network + ", <tel:+441632960002>", shown},
		"no number":              {trusted, alice, []string{"P-Asserted-Identity: <sip:bob@carrier.example>"}, shown + " | P-Asserted-Identity: <sip:bob@us>", shown},
		"unreadable":             {trusted, alice, []string{"P-Asserted-Identity: <sip:"}, shown, shown},
		"withheld":               {trusted, alice, []string{pai, "Privacy: id"}, nobody + " | " + network + " | Privacy: id", nobody + " | Privacy: id"},
		"withheld by stranger":   {stranger, alice, []string{pai, "Privacy: id"}, nobody + " | Privacy: id", nobody + " | Privacy: id"},
		"withheld in many ways":  {trusted, alice, []string{pai, "Privacy: user;ID;critical"}, nobody + " | " + network + " | Privacy: id;user;critical", nobody + " | Privacy: id"},
		"withheld user":          {trusted, alice, []string{pai, "Privacy: user"}, nobody + " | " + network + " | Privacy: id;user", nobody + " | Privacy: id"},
		"header privacy":         {trusted, alice, []string{pai, "Privacy: header"}, shown + " | " + network + " | Privacy: header", shown},
		"anonymous From":         {trusted, hidden, []string{pai}, nobody + " | " + network + " | Privacy: id", nobody + " | Privacy: id"},
		"anonymous user":         {trusted, "<sip:Anonymous@carrier.example>", nil, nobody + " | Privacy: id", nobody + " | Privacy: id"},
		"no user":                {trusted, "<sip:carrier.example>", nil, nobody + " | Privacy: id", nobody + " | Privacy: id"},
		"asserted as nobody":     {trusted, alice, []string{"P-Asserted-Identity: <sip:anonymous@carrier.example>"}, nobody + " | Privacy: id", nobody + " | Privacy: id"},
		"expressly not withheld": {trusted, alice, []string{pai, "Privacy: none"}, shown + " | " + network + " | Privacy: none", shown},
		"anonymous but open":     {trusted, hidden, []string{pai, "Privacy: none"}, `"" sip:+441632960001@us | ` + network + " | Privacy: none", `"" sip:+441632960001@us`},
		"anonymous, none known":  {trusted, hidden, []string{"Privacy: none"}, nobody + " | Privacy: id", nobody + " | Privacy: id"},
		"remote party":           {older, alice, []string{rpid}, shown + " | " + network, shown},
		"remote party withheld":  {older, alice, []string{rpid + ";privacy=full"}, nobody + " | " + network + " | Privacy: id", nobody + " | Privacy: id"},
		"remote party anonymous": {older, alice, []string{"Remote-Party-ID: <sip:anonymous@x>"}, nobody + " | Privacy: id", nobody + " | Privacy: id"},
		"remote party called":    {older, alice, []string{rpid[:len(rpid)-len("calling")] + "called"}, shown, shown},
		"remote party unread":    {older, alice, []string{"Remote-Party-ID: <sip:"}, shown, shown},
		"remote party second":    {older, alice, []string{"Remote-Party-ID: <sip:+441632960007@x>", pai}, shown + " | " + network, shown},
		"remote party unasked":   {trusted, alice, []string{rpid}, shown, shown},
		"user that breaks out":   {trusted, "<sip:a%22%3E%40b@x>", nil, `"" sip:a%22%3E%40b@us`, `"" sip:a%22%3E%40b@us`},
	} {
		t.Run(name, func(t *testing.T) {
			c := identity.Of(invite(t, tt.from, tt.headers...), tt.peer)
			if got := said(&c, c.ToTrunk(trusted, "us")); got != tt.trusted {
				t.Errorf("a trusted trunk is told\n %s\nwant\n %s", got, tt.trusted)
			}
			if got := said(&c, c.ToTrunk(stranger, "us")); got != tt.another {
				t.Errorf("another trunk is told\n %s\nwant\n %s", got, tt.another)
			}
			if got, want := said(&c, c.ToSeat("us")), strings.TrimSuffix(tt.another, " | Privacy: id"); got != want {
				t.Errorf("a seat is told\n %s\nwant\n %s", got, want)
			}
		})
	}
}

func TestRemotePartyID(t *testing.T) {
	for privacy, want := range map[string]string{"none": "off", "id": "full"} {
		c := identity.Of(invite(t, alice, "P-Asserted-Identity: <tel:+441632960001>", "Privacy: "+privacy), trusted)
		got := said(&c, c.ToTrunk(older, "us"))
		if end := " | Remote-Party-ID: <sip:+441632960001@us;user=phone>;party=calling;screen=yes;privacy=" + want; !strings.HasSuffix(got, end) {
			t.Errorf("%s: %s", privacy, got)
		}
	}
}

// TestEmergency: no privacy keeps the network number from emergency services.
func TestEmergency(t *testing.T) {
	c := identity.Caller{Network: "+441632960001", Withheld: true, Privacy: identity.ID | identity.Critical}
	if h := c.ToEmergency("us"); len(h) != 1 || h[0].Value() != "<sip:+441632960001@us;user=phone>" {
		t.Errorf("%v", h)
	}
	if h := new(identity.Caller).ToEmergency("us"); h != nil {
		t.Errorf("nobody is asserted as %v", h)
	}
}

func TestImpossible(t *testing.T) {
	for value, want := range map[string]bool{
		"id;critical": false, "id": false, "wonder": false, "wonder;critical": true, "critical; wonder": true, "": false, ";;": false,
		"header,session,critical": false,
	} {
		c := identity.Of(invite(t, alice, "Privacy: "+value), stranger)
		if got := c.Privacy.Impossible(); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}

// TestDivert: what callees are told of the way that a call has come.
func TestDivert(t *testing.T) {
	const (
		ours   = "Diversion: <sip:+448081570001@us;user=phone>;reason=user-busy;privacy=off;counter=1"
		theirs = "<sip:+441632960009@x>;reason=no-answer"
		target = "<sip:+447700900001@us;user=phone;cause=486>"
	)
	for name, tt := range map[string]struct {
		headers           []string
		toTrunk, toSeat   string
		toTrunk2, toSeat2 string // not diverted by us
	}{
		"first": {
			nil,
			ours + " | History-Info: <sip:+448081570001@us;user=phone>;index=1 | History-Info: " + target + ";index=1.1;mp=1", ours,
			"", "",
		},
		"after another": {
			[]string{"Diversion: " + theirs, "History-Info: <sip:+441632960009@x>;index=1, <sip:+448081570001@us>;index=1.2;mp=1"},
			ours + " | Diversion: " + theirs + " | History-Info: <sip:+441632960009@x>;index=1, <sip:+448081570001@us>;index=1.2;mp=1" +
				" | History-Info: " + target + ";index=1.2.1;mp=1.2", ours + " | Diversion: " + theirs,
			"Diversion: " + theirs + " | History-Info: <sip:+441632960009@x>;index=1, <sip:+448081570001@us>;index=1.2;mp=1", "Diversion: " + theirs,
		},
		"after two others": {
			[]string{"Diversion: " + theirs, "Diversion: " + theirs},
			ours + " | Diversion: " + theirs + " | Diversion: " + theirs + " | History-Info: <sip:+448081570001@us;user=phone>;index=1 | History-Info: " + target + ";index=1.1;mp=1",
			ours + " | Diversion: " + theirs + " | Diversion: " + theirs,
			"Diversion: " + theirs + " | Diversion: " + theirs, "Diversion: " + theirs + " | Diversion: " + theirs,
		},
		"after the longest index": {
			[]string{"History-Info: <sip:x>;index=" + longest},
			ours + " | History-Info: <sip:x>;index=" + longest + " | History-Info: " + target + ";index=" + longest + ".1;mp=" + longest, ours,
			"History-Info: <sip:x>;index=" + longest, "",
		},
		"after a private one": {
			[]string{"Diversion: " + theirs + ";privacy=full"},
			ours + " | Diversion: " + theirs + ";privacy=full | History-Info: <sip:+448081570001@us;user=phone>;index=1 | History-Info: " + target + ";index=1.1;mp=1", ours,
			"Diversion: " + theirs + ";privacy=full", "",
		},
		"after what cannot be read": {
			[]string{"Diversion: <sip:", "History-Info: <sip:x>;index=one"},
			ours + " | Diversion: <sip: | History-Info: <sip:x>;index=one | History-Info: <sip:+448081570001@us;user=phone>;index=1 | History-Info: " + target + ";index=1.1;mp=1", ours,
			"Diversion: <sip: | History-Info: <sip:x>;index=one", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			came := identity.Of(invite(t, alice, tt.headers...), trusted)
			for _, one := range []struct {
				caller          identity.Caller
				toTrunk, toSeat string
			}{
				{came.Divert("+448081570001", "+447700900001", identity.UserBusy), tt.toTrunk, tt.toSeat},
				{came.Divert("", "+447700900001", identity.UserBusy), tt.toTrunk2, tt.toSeat2},
			} {
				c := one.caller
				shown := said(&c, nil)
				if got := said(&c, c.ToTrunk(trusted, "us")); got != strings.TrimSuffix(shown+" | "+one.toTrunk, " | ") {
					t.Errorf("a trusted trunk is told\n%s\nwant\n%s", got, one.toTrunk)
				}
				if got := said(&c, c.ToSeat("us")); got != strings.TrimSuffix(shown+" | "+one.toSeat, " | ") {
					t.Errorf("a seat is told\n%s\nwant\n%s", got, one.toSeat)
				}
				if got := said(&c, c.ToTrunk(stranger, "us")); got != shown {
					t.Errorf("another trunk is told\n%s", got)
				}
				c.Withheld = true
				if got := c.ToSeat("us"); got != nil {
					t.Errorf("a seat is told %v of who is withheld", got)
				}
			}
		})
	}
}

// longest is an index of History-Info that is still read.
var longest = strings.Repeat("1.", 31) + "12"

// TestDivertTwice: the newest diversion is first in Diversion and last in
// History-Info, and callers that part keep their own.
func TestDivertTwice(t *testing.T) {
	once := new(identity.Caller).Divert("1", "2", identity.Unconditional)
	twice, other := once.Divert("2", "3", identity.NoAnswer), once.Divert("2", "4", identity.Deflection)
	const first = "Diversion: <sip:1@us>;reason=unconditional;privacy=off;counter=1 | History-Info: <sip:1@us>;index=1 | History-Info: <sip:2@us;cause=302>;index=1.1;mp=1 | "
	for _, tt := range []struct {
		caller identity.Caller
		want   string
	}{
		{twice, "Diversion: <sip:2@us>;reason=no-answer;privacy=off;counter=1 | " + first + "History-Info: <sip:3@us;cause=408>;index=1.1.1;mp=1.1"},
		{once.Instead("5", "6").Divert("2", "3", identity.NoAnswer), "Diversion: <sip:2@us>;reason=no-answer;privacy=off;counter=1 | " + first + "History-Info: <sip:3@us;cause=408>;index=1.1.1;mp=1.1"},
		{other, "Diversion: <sip:2@us>;reason=deflection;privacy=off;counter=1 | " + first + "History-Info: <sip:4@us;cause=480>;index=1.1.1;mp=1.1"},
	} {
		if got := said(&tt.caller, tt.caller.ToTrunk(trusted, "us")); !strings.HasSuffix(got, tt.want) {
			t.Errorf("got\n%s\nwant\n%s", got, tt.want)
		}
	}
}

// FuzzCaller: whatever is asserted, what is told can be read, breaks out of no
// header, and nothing of a stranger or withheld passes.
func FuzzCaller(f *testing.F) {
	f.Add("+448081570099", "<sip:+441632960001@x>, <tel:+441632960002>", "id;critical", "<sip:1@x>;reason=unknown", "<sip:1@x>;index=1")
	f.Add("a%22%3E", "tel:+44%0d%0a", "none", "<sip:", "<sip:x>;index=1.99999999")
	f.Fuzz(func(t *testing.T, from, asserted, privacy, diversion, history string) {
		msg, err := message.Parse([]byte("INVITE sip:1@x SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: <sip:" + from +
			"@x>;tag=a\r\nTo: <sip:1@x>\r\nCall-ID: id\r\nCSeq: 1 INVITE\r\nP-Asserted-Identity: " + asserted + "\r\nPrivacy: " + privacy +
			"\r\nDiversion: " + diversion + "\r\nHistory-Info: " + history + "\r\n\r\n"))
		if err != nil {
			return
		}
		req := msg.(*sip.Request)
		c := identity.Of(req, trusted)
		c = c.Divert("+448081570001", "+447700900001", identity.NoAnswer)
		out := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "x"})
		for _, name := range []string{"Via", "To", "Call-ID", "CSeq"} {
			out.AppendHeader(req.GetHeader(name))
		}
		name := c.From("us")
		out.AppendHeader(&sip.FromHeader{DisplayName: name.Display, Address: name.URI, Params: sip.HeaderParams{{K: "tag", V: "a"}}})
		for _, h := range c.ToTrunk(older, "us") {
			out.AppendHeader(h)
		}
		again, err := message.Parse(message.Append(nil, out))
		if err != nil {
			t.Fatalf("what is told cannot be read: %v\n%s", err, message.Append(nil, out))
		}
		back := identity.Of(again.(*sip.Request), trusted)
		if back.Network != c.Network || back.Withheld != c.Withheld {
			t.Errorf("told %+v, heard %+v", c, back)
		}
		s := identity.Of(req, stranger)
		if s.Network != "" || len(s.ToTrunk(trusted, "us")) > 1 {
			t.Errorf("a stranger asserts %+v", s)
		}
		if c.Withheld && c.From("us").URI.Host != "anonymous.invalid" {
			t.Errorf("withheld, and shown as %+v", c.From("us"))
		}
	})
}

func BenchmarkCaller(b *testing.B) {
	req := invite(b, alice, "P-Asserted-Identity: <sip:+441632960001@carrier.example>", "Privacy: none")
	b.ReportAllocs()
	for b.Loop() {
		c := identity.Of(req, trusted)
		c.From("us")
		c.ToTrunk(trusted, "us")
	}
}
