package identity

import (
	"github.com/emiago/sipgo/sip"

	"strowger/sip/dialog"
	"strowger/sip/message"
)

// From is the From of an INVITE to anybody; host is that of the listener it leaves by.
func (c *Caller) From(host string) dialog.Name {
	if c.Withheld || c.Presentation == "" {
		return Anonymous
	}
	return dialog.Name{Display: c.Display, URI: sip.Uri{Scheme: "sip", User: message.Escape(c.Presentation), Host: host}}
}

// ToTrunk are the headers of an INVITE to a trunk.
func (c *Caller) ToTrunk(p Peer, host string) []sip.Header {
	if !p.Trusted {
		if c.Withheld {
			return []sip.Header{sip.NewHeader("Privacy", "id")}
		}
		return nil
	}
	headers := make([]sip.Header, 0, 4)
	if c.Network != "" {
		headers = append(headers, sip.NewHeader("P-Asserted-Identity", c.asserted(host)))
	}
	privacy := c.Privacy &^ unknown
	if c.Withheld {
		privacy = privacy&^None | ID
	}
	if privacy != 0 {
		headers = append(headers, sip.NewHeader("Privacy", privacy.String()))
	}
	if p.RemotePartyID && c.Network != "" {
		headers = append(headers, c.remoteParty(host, "calling"))
	}
	return c.path(headers, host)
}

// remoteParty is the Remote-Party-ID of the calling or called party.
func (c *Caller) remoteParty(host, party string) sip.Header {
	hidden := "off"
	if c.Withheld {
		hidden = "full"
	}
	return sip.NewHeader("Remote-Party-ID", uri(c.Network, host)+";party="+party+";screen=yes;privacy="+hidden)
}

// asserted is the value of P-Asserted-Identity.
func (c *Caller) asserted(host string) string {
	value := uri(c.Network, host)
	if c.Tel != "" {
		value += ", <tel:" + message.Escape(c.Tel) + ">"
	}
	return value
}

// ToSeat are the headers of an INVITE to a seat: by which numbers the call has come,
// as far as that is not private.
func (c *Caller) ToSeat(host string) []sip.Header {
	if c.way == nil || c.Withheld {
		return nil
	}
	var headers []sip.Header
	for _, value := range c.way.diversions(host) {
		if public(value) {
			headers = append(headers, sip.NewHeader("Diversion", value))
		}
	}
	return headers
}

// ToEmergency are the headers of an INVITE to emergency services, which are told the
// network number whatever privacy was asked for, and by whatever trunk.
func (c *Caller) ToEmergency(host string) []sip.Header {
	if c.Network == "" {
		return nil
	}
	return []sip.Header{sip.NewHeader("P-Asserted-Identity", c.asserted(host))}
}

// uri is a user at a host in angle brackets; user=phone says that it is a number of
// the public network (RFC 3261 section 19.1.1).
func uri(user, host string) string {
	phone := ">"
	if user[0] == '+' {
		phone = ";user=phone>"
	}
	return "<sip:" + message.Escape(user) + "@" + host + phone
}
