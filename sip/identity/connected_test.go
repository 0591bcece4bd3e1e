package identity_test

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/identity"
	"strowger/sip/message"
)

// answer is a 200 to an INVITE, with headers.
func answer(tb testing.TB, headers ...string) *sip.Response {
	tb.Helper()
	msg, err := message.Parse([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=a\r\n" +
		"To: <sip:+441632960777@x>;tag=b\r\nCall-ID: id\r\nCSeq: 1 INVITE\r\n" + strings.Join(append(headers, "", ""), "\r\n")))
	if err != nil {
		tb.Fatal(err)
	}
	return msg.(*sip.Response)
}

func lines(headers []sip.Header) string {
	var all []string
	for _, h := range headers {
		all = append(all, h.Name()+": "+h.Value())
	}
	return strings.Join(all, " | ")
}

// TestConnected: who is believed to have answered, and what of that each kind of caller
// is told.
func TestConnected(t *testing.T) {
	const (
		pai    = "P-Asserted-Identity: <sip:+441632960001@carrier.example>"
		called = "P-Asserted-Identity: <sip:+441632960777@us;user=phone>"
		other  = "P-Asserted-Identity: <sip:+441632960001@us;user=phone>"
		nobody = `P-Asserted-Identity: "Anonymous" <sip:anonymous@anonymous.invalid> | Privacy: id`
		rpid   = "Remote-Party-ID: <sip:+441632960001@carrier.example>;party="
	)
	for name, tt := range map[string]struct {
		peer        identity.Peer
		headers     []string
		seat, trunk string // told to a seat, and to a trusted trunk
	}{
		"nothing said":         {trusted, nil, called, ""},
		"another":              {trusted, []string{pai}, other, other},
		"the same":             {trusted, []string{"P-Asserted-Identity: <sip:+441632960777@carrier.example>"}, called, called},
		"with a name":          {trusted, []string{`P-Asserted-Identity: "Bob \"B\"" <sip:+441632960001@x>`}, `P-Asserted-Identity: "Bob \"B\"" <sip:+441632960001@us;user=phone>`, other},
		"as tel":               {trusted, []string{"P-Asserted-Identity: <tel:+44-1632-960001>"}, other, other},
		"of a stranger":        {stranger, []string{pai, rpid + "called"}, called, ""},
		"withheld":             {trusted, []string{pai, "Privacy: id"}, nobody, other + " | Privacy: id"},
		"withheld user":        {trusted, []string{pai, "Privacy: user;critical"}, nobody, other + " | Privacy: id"},
		"withheld by stranger": {stranger, []string{pai, "Privacy: id"}, nobody, ""},
		"not withheld":         {trusted, []string{pai, "Privacy: none"}, other, other},
		"nobody":               {trusted, []string{"P-Asserted-Identity: <sip:anonymous@anonymous.invalid>"}, nobody, ""},
		"unreadable":           {trusted, []string{"P-Asserted-Identity: <sip:"}, called, ""},
		"withheld after none":  {trusted, []string{pai, "Privacy: ;id"}, nobody, other + " | Privacy: id"},
		"older says nothing":   {older, nil, called, ""},
		"remote party":         {older, []string{rpid + "called"}, other, other},
		"remote party hidden":  {older, []string{rpid + "called;privacy=full"}, nobody, other + " | Privacy: id"},
		"of the caller":        {older, []string{rpid + "calling"}, called, ""},
		"older not spoken":     {trusted, []string{rpid + "called"}, called, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := (&identity.Caller{Presentation: "+441632960777"}).Connected(answer(t, tt.headers...), tt.peer)
			if got := lines(c.ConnectedToSeat("us")); got != tt.seat {
				t.Errorf("a seat is told %q, want %q", got, tt.seat)
			}
			if got := lines(c.ConnectedToTrunk(trusted, "us", true)); got != tt.trunk {
				t.Errorf("a trusted trunk is told %q, want %q", got, tt.trunk)
			}
			if got := c.ConnectedToTrunk(stranger, "us", true); got != nil {
				t.Errorf("another trunk is told %q", lines(got))
			}
		})
	}
}

// TestConnectedStays: who is known, withheld or not, stays so until something new is
// said.
func TestConnectedStays(t *testing.T) {
	c := &identity.Caller{Presentation: "1002", Network: "+441632961002"}
	if got := c.Connected(answer(t, "P-Asserted-Identity: <sip:+441632961002@x>"), trusted); got != c {
		t.Errorf("the same number makes it %+v", got)
	}
	hidden := c.Connected(answer(t, "Privacy: id"), stranger)
	if !hidden.Withheld || c.Withheld || hidden.Same(c) || !c.Same(c) {
		t.Errorf("%+v of %+v", hidden, c)
	}
	if got := hidden.Connected(answer(t), trusted); got != hidden {
		t.Errorf("what is withheld becomes %+v", got)
	}
}

// TestConnectedOlder: Remote-Party-ID says which side is meant.
func TestConnectedOlder(t *testing.T) {
	c := &identity.Caller{Presentation: "1002", Network: "+441632961002", Withheld: true}
	for called, party := range map[bool]string{true: "called", false: "calling"} {
		want := "P-Asserted-Identity: <sip:+441632961002@us;user=phone> | Privacy: id | " +
			"Remote-Party-ID: <sip:+441632961002@us;user=phone>;party=" + party + ";screen=yes;privacy=full"
		if got := lines(c.ConnectedToTrunk(older, "us", called)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
