package dialog

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// sessionID are the two halves of Session-ID (RFC 7989) in a dialog: they are the
// same in every dialog between the two parties, whatever stands between them.
type sessionID struct {
	own    string     // the party's of this dialog; "" before it was heard
	peer   string     // whom the party talks to; "" if that is not known
	header sip.Header // what both make; nil if it has to be made anew
}

// SessionID is the UUID of the dialog's party: its own, or one that stands for it; ""
// before it was heard.
func (d *Dialog) SessionID() string { return d.session.own }

// Hear learns the party's UUID from its message. A party that has none is given one.
func (d *Dialog) Hear(msg sip.Message) {
	local, _, ok := message.SessionID(msg)
	switch {
	case ok && local != d.session.own:
		d.session.own, d.session.header = strings.Clone(local), nil
	case d.session.own == "":
		d.session.own, d.session.header = made(d.LocalTag), nil
	}
}

// Meet makes the parties of two dialogs those that talk to each other.
func (d *Dialog) Meet(other *Dialog) {
	d.meet(other.session.own)
	other.meet(d.session.own)
}

// Expect makes the party talk to one whose dialog is of another call yet; "" changes
// nothing.
func (d *Dialog) Expect(peer string) {
	if peer != "" {
		d.meet(peer)
	}
}

// MeetSwitch makes the party talk to the switch itself.
func (d *Dialog) MeetSwitch() { d.meet(made("switch " + d.LocalTag)) }

func (d *Dialog) meet(peer string) {
	if d.session.peer != peer {
		d.session.peer, d.session.header = peer, nil
	}
}

// made is a UUID (RFC 9562, version 8). It must not lead back to the seed, which the
// other party may not know.
func made(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return hex.EncodeToString(sum[:16])
}

// Rest lets go of what is soon made again, when nothing is under way: the dialog may
// go on for hours.
func (d *Dialog) Rest() { d.session.header = nil }

// sessionHeader is the Session-ID of a message to the party.
func (d *Dialog) sessionHeader() sip.Header {
	if d.session.header == nil {
		d.session.header = message.SessionIDHeader(d.session.peer, d.session.own)
	}
	return d.session.header
}

// sessionOf is that of a dialog whose INVITE another has sent for us.
func sessionOf(invite *sip.Request) sessionID {
	peer, own, _ := message.SessionID(invite)
	return sessionID{own: strings.Clone(own), peer: strings.Clone(peer)}
}

// sign says in a response who talks to whom.
func (d *Dialog) sign(res *sip.Response) {
	if res.GetHeader("Session-ID") != nil {
		res.ReplaceHeader(d.sessionHeader())
	} else {
		res.AppendHeader(d.sessionHeader())
	}
}

// Trying is the 100 to the peer's INVITE, without a tag.
func (d *Dialog) Trying(invite *sip.Request) *sip.Response {
	res := message.NewResponse(invite, 100, "", "")
	d.sign(res)
	return res
}
