package identity

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// Connected is who a party is after a message of its side: a response to our INVITE, or
// a re-INVITE or UPDATE of somebody who has come to talk in its place. A trusted peer is
// believed what it asserts; whoever asks for privacy has it. It is c itself if the
// message says nothing new.
func (c *Caller) Connected(msg sip.Message, p Peer) *Caller {
	var privacy Privacy
	for _, v := range message.Headers(msg, "Privacy") {
		privacy |= readPrivacy(v)
	}
	hidden := privacy.Has(ID) || privacy.Has(User)
	said, display, anonymous := asserted(msg, p)
	switch {
	case anonymous:
		hidden = true
	case said.Network != "" && said.Network != c.Network:
		return &Caller{
			Display: strings.Clone(display), Presentation: strings.Clone(said.Network), Network: strings.Clone(said.Network),
			Tel: strings.Clone(said.Tel), Withheld: hidden || said.Withheld,
		}
	}
	if !hidden || c.Withheld {
		return c
	}
	still := *c
	still.Withheld = true
	return &still
}

// asserted is whom a message of a trusted peer names. anonymous is true if that is
// nobody.
func asserted(msg sip.Message, p Peer) (said Caller, display string, anonymous bool) {
	if !p.Trusted {
		return said, "", false
	}
	lines := message.Headers(msg, "P-Asserted-Identity")
	for _, line := range lines {
		anonymous = said.assert(line) || anonymous
	}
	if len(lines) == 0 && p.RemotePartyID {
		if lines = message.Headers(msg, "Remote-Party-ID"); len(lines) > 0 {
			anonymous = said.assertRemote(lines[0], "called")
			said.Withheld = said.Privacy.Has(ID)
		}
	}
	for _, line := range lines {
		for one := range message.Values(line) {
			if a, err := message.ParseAddress(one); err == nil && display == "" && Number(a.URI) == said.Network {
				display = a.Name
			}
		}
	}
	return said, display, anonymous
}

// Same tells whether a party is shown both as the same one.
func (c *Caller) Same(other *Caller) bool {
	return c.Display == other.Display && c.Presentation == other.Presentation && c.Network == other.Network &&
		c.Tel == other.Tel && c.Withheld == other.Withheld
}

// ConnectedToTrunk are the headers of a response or UPDATE to a trunk, by which it is
// told whom it is connected to. called tells that the trunk's party has called.
func (c *Caller) ConnectedToTrunk(p Peer, host string, called bool) []sip.Header {
	if !p.Trusted || c.Network == "" {
		return nil
	}
	headers := []sip.Header{sip.NewHeader("P-Asserted-Identity", c.asserted(host))}
	if c.Withheld {
		headers = append(headers, sip.NewHeader("Privacy", "id"))
	}
	if p.RemotePartyID {
		party := "calling"
		if called {
			party = "called"
		}
		headers = append(headers, c.remoteParty(host, party))
	}
	return headers
}

// ConnectedToSeat are the same for a seat, whose phone shows P-Asserted-Identity.
func (c *Caller) ConnectedToSeat(host string) []sip.Header {
	switch {
	case c.Withheld:
		nobody := `"` + Anonymous.Display + `" <` + Anonymous.URI.String() + ">"
		return []sip.Header{sip.NewHeader("P-Asserted-Identity", nobody), sip.NewHeader("Privacy", "id")}
	case c.Presentation == "":
		return nil
	case c.Display == "":
		return []sip.Header{sip.NewHeader("P-Asserted-Identity", uri(c.Presentation, host))}
	}
	return []sip.Header{sip.NewHeader("P-Asserted-Identity", `"`+c.Display+`" `+uri(c.Presentation, host))}
}
