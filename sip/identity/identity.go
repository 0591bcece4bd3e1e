// Package identity is who calls, as far as this switch believes it, and what of
// that each party is told (RFC 3323, 3325, 5806, 7044). It is pure: a request and
// how far its sender is trusted go in, a Caller comes out; a Caller and how far a
// callee is trusted go in, a From and headers come out.
//
// # Decisions
//
//   - Trust is a trunk's, by its configuration. What an untrusted trunk or a seat
//     asserts (P-Asserted-Identity, Remote-Party-ID, Diversion, History-Info) is not
//     even read; what it asks for (Privacy, an anonymous From) is done.
//   - Two numbers are kept apart, as in the United Kingdom (Ofcom's rules for CLI,
//     NICC ND1016): the network number, which says where a call comes from, is
//     P-Asserted-Identity; the presentation number, which the called party sees, is
//     From.
//   - A withheld number goes to trusted trunks alone, with the Privacy that was asked
//     for; From is anonymous towards everybody.
//   - Seats are shown From and diversions that are not private. The network number
//     is none of theirs.
//   - Who answers, or comes to talk later, is told likewise (3GPP TS 24.608): a trusted
//     trunk the network number, with Privacy if it is withheld; a seat the presentation
//     number, as P-Asserted-Identity, which is what phones show, or that it is nobody's
//     business.
//   - header and session privacy need nothing more: a B2BUA's Via, Contact and SDP
//     are its own.
package identity

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan/number"
	"strowger/sip/dialog"
	"strowger/sip/message"
)

// Peer is how far a trunk is trusted. The zero Peer, which every seat is, is not.
type Peer struct {
	// Trusted peers are believed what they assert, and told what is private.
	Trusted bool
	// RemotePartyID says that the peer also knows that header, which came before
	// P-Asserted-Identity. It counts only of those that are trusted.
	RemotePartyID bool
}

// Caller is who calls.
type Caller struct {
	Display string // the name in From, as between the quotes; "" if there is none
	// Presentation is the number, or other user, that the called party may see unless
	// the caller is Withheld; "" if there is none.
	Presentation string
	// Network is the number that says where the call comes from; "" if nobody who is
	// trusted has said.
	Network string
	// Tel is the number of a tel URI that was asserted beside a SIP one; "" if none was.
	Tel      string
	Withheld bool    // the called party is shown nobody
	Privacy  Privacy // what was asked for

	way *way // by which the call has come; nil if it was not diverted
}

// Anonymous is a caller who is not shown (RFC 3323 section 4.1.1.3).
var Anonymous = dialog.Name{Display: "Anonymous", URI: sip.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}}

// Of is the caller as a request says it.
func Of(req *sip.Request, p Peer) Caller {
	var c Caller
	var diversion, history []string
	var asserted, anonymous bool
	remote := ""
	for _, h := range req.Headers() {
		switch name := h.Name(); {
		case name == "Privacy":
			c.Privacy |= readPrivacy(h.Value())
		case !p.Trusted:
		case name == "P-Asserted-Identity":
			asserted = true
			anonymous = c.assert(h.Value()) || anonymous
		case name == "Remote-Party-ID" && p.RemotePartyID && remote == "":
			remote = h.Value()
		case name == "Diversion":
			diversion = append(diversion, h.Value())
		case name == "History-Info":
			history = append(history, h.Value())
		}
	}
	if diversion != nil || history != nil {
		c.way = &way{diversion: diversion, history: history}
	}
	if !asserted && remote != "" {
		anonymous = c.assertRemote(remote, "calling")
	}
	from := req.From()
	if user := Number(from.Address); named(user, from.Address.Host) {
		c.Presentation, c.Display = user, from.DisplayName
	} else if c.Privacy.Has(None) && c.Network != "" {
		c.Presentation = c.Network
	} else {
		anonymous = true
	}
	c.Withheld = anonymous || c.Privacy.Has(ID) || c.Privacy.Has(User)
	return c
}

// Number is the user of a SIP URI or the number of a tel URI (RFC 3966), "" if there
// is none.
func Number(u sip.Uri) string {
	if u.Scheme != "tel" {
		return message.Unescape(u.User)
	}
	digits, _ := number.Clean(strings.TrimPrefix(u.String(), "tel:"))
	return digits
}

// named tells whether a user and host are somebody.
func named(user, host string) bool {
	return user != "" && !strings.EqualFold(user, "anonymous") && !strings.EqualFold(host, "anonymous.invalid")
}

// assert takes P-Asserted-Identity: one URI, or a SIP and a tel one (RFC 3325 section
// 9.1). It is true if what is asserted is that the caller is nobody.
func (c *Caller) assert(value string) (anonymous bool) {
	for one := range message.Values(value) {
		a, err := message.ParseAddress(one)
		if err != nil {
			continue
		}
		user := Number(a.URI)
		switch {
		case !named(user, a.URI.Host):
			anonymous = true
		case a.URI.Scheme == "tel" && c.Network != "" && c.Tel == "":
			c.Tel = user
		case c.Network == "":
			c.Network = user
		}
	}
	return anonymous
}

// assertRemote takes Remote-Party-ID (draft-ietf-sip-privacy-04) of the calling or
// called party.
func (c *Caller) assertRemote(value, of string) (anonymous bool) {
	a, err := message.ParseAddress(value)
	if err != nil {
		return false
	}
	if party, ok := message.Param(a.Params, "party"); ok && !strings.EqualFold(party, of) {
		return false
	}
	if privacy, ok := message.Param(a.Params, "privacy"); ok && !strings.EqualFold(privacy, "off") {
		c.Privacy |= ID
	}
	if user := Number(a.URI); named(user, a.URI.Host) {
		c.Network = user
		return false
	}
	return true
}
