package b2bua

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// TestWhereSoundMayBe: what the sound plane is told of a party's addresses beside
// its SDP.
func TestWhereSoundMayBe(t *testing.T) {
	own := append(make([]netip.Prefix, 0, 4), netip.MustParsePrefix("192.0.2.0/28"))
	gateways := []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
	for name, test := range map[string]struct {
		party leg.Party
		sdp   string // connection address, and that of a=rtcp
		want  string
	}{
		"a seat":          {leg.Party{Kind: leg.Seat, Name: "1001"}, "10.0.0.1", "192.0.2.1 [] "},
		"a trunk itself":  {leg.Party{Kind: leg.Trunk, Name: "carrier", Sources: own}, "192.0.2.2", "192.0.2.1 [192.0.2.0/28] media of trunk carrier"},
		"named by SDP":    {leg.Party{Kind: leg.Trunk, Name: "carrier", Sources: own}, "203.0.113.1", "192.0.2.1 [192.0.2.0/28 203.0.113.1/32] media of trunk carrier"},
		"and for reports": {leg.Party{Kind: leg.Trunk, Name: "carrier", Sources: own}, "203.0.113.1 203.0.113.2", "192.0.2.1 [192.0.2.0/28 203.0.113.1/32 203.0.113.2/32] media of trunk carrier"},
		"signalled":       {leg.Party{Kind: leg.Trunk, Name: "carrier", Sources: gateways}, "198.51.100.1", "192.0.2.1 [198.51.100.0/24 192.0.2.1/32] media of trunk carrier"},
		"configured":      {leg.Party{Kind: leg.Trunk, Name: "carrier", Sources: own, Media: gateways}, "203.0.113.1", "192.0.2.1 [198.51.100.0/24] media of trunk carrier"},
	} {
		out := new(listening)
		c := invited(t, out, test.sdp)
		c.Step(start, Admitted{Program{Caller: test.party, App: AppEcho}}, out)
		if got := fmt.Sprint(out.remote.Signalled, " ", out.remote.Sources, " ", out.remote.Setting); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
		if out.remote.RTP.Port() != 4000 {
			t.Errorf("%s: %+v", name, out.remote)
		}
	}
	if list := own[:2]; list[1].IsValid() {
		t.Errorf("the trunk's own list was written to: %v", list)
	}
}

// listening keeps what the sound plane was told last.
type listening struct {
	fake
	remote media.Remote
}

// Update implements Effects.
func (l *listening) Update(_ int, r media.Remote) { l.remote = r }

// invited is a call of 192.0.2.1 whose INVITE offers sound at the addresses.
func invited(t *testing.T, out Effects, addresses string) *Call {
	t.Helper()
	host, rtcp, ok := strings.Cut(addresses, " ")
	body := "v=0\r\no=- 1 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
	if ok {
		body += "a=rtcp:4001 IN IP4 " + rtcp + "\r\n"
	}
	msg, err := message.Parse([]byte(strings.Join([]string{
		"INVITE sip:1002@192.0.2.9 SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa", "From: <sip:1@demo>;tag=a",
		"To: <sip:1002@demo>", "Call-ID: id", "CSeq: 1 INVITE", "Contact: <sip:1@192.0.2.1>", "Content-Type: application/sdp",
		fmt.Sprintf("Content-Length: %d", len(body)), "", body,
	}, "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	flow := transport.Flow{Remote: netip.MustParseAddrPort("192.0.2.1:5060")}
	return New("call", start, new(transaction.Server), msg.(*sip.Request), flow, out, Rules{})
}
