// Package dialog is the state of one SIP dialog (RFC 3261 section 12): its
// identifiers, the CSeq of both sides, the route set and the remote target.
//
// # Contract
//
// A Dialog is plain data owned by its leg. It builds requests and checks those
// of the peer; it sends nothing, reads no clock and keeps no message. Tags and
// branches are given to it, so that a test can choose them.
//
// # Decisions
//
//   - The route set is fixed by the response or request that makes the dialog and
//     never changes; the remote target follows re-INVITE and UPDATE (12.2).
//   - Which socket a request leaves by is for the leg to find out; the dialog only says
//     what the next hop's URI is, which a strict router's request URI does not change.
//   - We are a user agent on both sides and never insert Record-Route.
//   - What is taken from a message is copied: a substring would keep the whole
//     message for as long as the dialog lasts.
//   - Addresses that requests only repeat (From, To, our Contact) are kept as text: a
//     dialog rests most of its time, and text is small and soon written.
package dialog

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
)

// Name is a From or To: a display name and a URI.
type Name struct {
	Display string // "" for none
	URI     sip.Uri
}

// text is the name as a header has it.
func (n Name) text() string { return message.Address{Name: n.Display, URI: n.URI}.String() }

// named reads a text of ours.
func named(text string) Name {
	a, _ := message.ParseAddress(text)
	return Name{Display: a.Name, URI: a.URI}
}

// Dialog is one dialog, or one that an INVITE may yet make.
type Dialog struct {
	CallID    string
	LocalTag  string
	RemoteTag string    // "" until a response or request gives it
	Target    sip.Uri   // remote target: where requests are addressed
	Routes    []sip.Uri // route set, nearest first
	Forwards  uint32    // Max-Forwards of our INVITE, which goes on what another began; 0 means MaxForwards

	local, remote string // the names of both, as headers have them; see Name.text
	contact       string // ours, the same
	session       sessionID
	localSeq      uint32 // of the last request we sent
	remoteSeq     uint32 // of the last request that came
	heard         bool   // remoteSeq holds a value
}

// NewClient returns the dialog that an INVITE of ours begins.
func NewClient(callID, localTag string, local, remote Name, target, contact sip.Uri) *Dialog {
	return &Dialog{
		CallID: callID, LocalTag: localTag, local: local.text(), remote: remote.text(),
		Target: cloned(target), contact: Name{URI: secured(contact, target)}.text(),
	}
}

// Sent returns the dialog that an INVITE began which another has sent for us. Its
// Contact is not ours to know: no request that needs one is built of it.
func Sent(invite *sip.Request) *Dialog {
	from, to := invite.From(), invite.To()
	return &Dialog{
		CallID:   invite.CallID().Value(),
		LocalTag: message.Tag(from.Params),
		local:    Name{Display: from.DisplayName, URI: from.Address}.text(),
		remote:   Name{Display: to.DisplayName, URI: to.Address}.text(),
		Target:   invite.Recipient,
		session:  sessionOf(invite),
		localSeq: invite.CSeq().SeqNo,
	}
}

// Late returns the dialog of a 2xx to an INVITE of ours that nobody remembers.
func Late(res *sip.Response) *Dialog {
	from, to := res.From(), res.To()
	d := &Dialog{
		CallID:   res.CallID().Value(),
		LocalTag: message.Tag(from.Params),
		local:    Name{Display: from.DisplayName, URI: from.Address}.text(),
		remote:   Name{Display: to.DisplayName, URI: to.Address}.text(),
		Target:   to.Address,
		localSeq: res.CSeq().SeqNo,
	}
	d.Confirm(res)
	return d
}

// NewServer returns the dialog that an INVITE from the peer begins (12.1.1).
func NewServer(invite *sip.Request, localTag string, contact sip.Uri) *Dialog {
	from, to := invite.From(), invite.To()
	d := &Dialog{
		CallID:    strings.Clone(invite.CallID().Value()),
		LocalTag:  localTag,
		RemoteTag: strings.Clone(message.Tag(from.Params)),
		local:     Name{Display: to.DisplayName, URI: to.Address}.text(),
		remote:    Name{Display: from.DisplayName, URI: from.Address}.text(),
		remoteSeq: invite.CSeq().SeqNo,
		heard:     true,
	}
	d.Hear(invite)
	if c := message.Contact(invite); c != nil {
		d.Target = cloned(c.Address)
	} else { // of a peer of RFC 2543, who need not give one
		d.Target = cloned(from.Address)
	}
	d.Routes = clonedAll(message.RecordRoutes(nil, invite))
	// The next hop of our requests is that of 12.1.1: the route, else the contact.
	d.contact = Name{URI: secured(secured(contact, invite.Recipient), d.NextHop())}.text()
	return d
}

// Confirm completes a client dialog from a response with a To tag (12.1.2): the
// tag, the route set and the remote target. A provisional response makes it an
// early dialog, which a response with another tag turns into that of its sender.
func (d *Dialog) Confirm(res *sip.Response) {
	tag := message.Tag(res.To().Params)
	if tag != d.RemoteTag { // another user agent counts by itself
		d.remoteSeq, d.heard = 0, false
	}
	d.RemoteTag = strings.Clone(tag)
	d.Routes = clonedAll(message.RecordRoutes(d.Routes[:0], res))
	slices.Reverse(d.Routes)
	d.Retarget(res)
}

// Fork is a copy of a client dialog for a response with another To tag.
func (d *Dialog) Fork(res *sip.Response) *Dialog {
	f := *d
	f.Routes = nil
	f.Confirm(res)
	return &f
}

// Retarget takes the remote target from the Contact of a re-INVITE, an UPDATE or
// a 2xx to one of ours (12.2).
func (d *Dialog) Retarget(msg sip.Message) {
	if c := message.Contact(msg); c != nil && !c.Address.Wildcard {
		d.Target = cloned(c.Address)
	}
}

// Matches tells whether a request from the peer belongs to this dialog. A peer
// that has not confirmed yet may leave out nothing: both tags count.
func (d *Dialog) Matches(req *sip.Request) bool {
	return req.CallID().Value() == d.CallID &&
		message.Tag(req.To().Params) == d.LocalTag &&
		message.Tag(req.From().Params) == d.RemoteTag
}

// Order checks the CSeq of a request from the peer (12.2.2): one that is not
// above the last is out of order and gets 500. ACK and CANCEL carry the number
// of their INVITE and are not to be given here.
func (d *Dialog) Order(req *sip.Request) error {
	seq := req.CSeq().SeqNo
	if d.heard && seq <= d.remoteSeq {
		return cause.New(500, "CSeq out of order", cause.Peer)
	}
	d.remoteSeq, d.heard = seq, true
	return nil
}

// RemoteSeq is the CSeq of the last request from the peer.
func (d *Dialog) RemoteSeq() uint32 { return d.remoteSeq }

// LocalSeq is the CSeq of our last request.
func (d *Dialog) LocalSeq() uint32 { return d.localSeq }

// Local is our name in the dialog: From of our requests.
func (d *Dialog) Local() Name { return named(d.local) }

// Remote is the peer's: To of our requests.
func (d *Dialog) Remote() Name { return named(d.remote) }

// Contact is the header that tells where we take requests of the dialog.
func (d *Dialog) Contact() sip.Header { return sip.NewHeader("Contact", d.contact) }

// NextHop is the URI that the next request is sent to.
func (d *Dialog) NextHop() sip.Uri {
	if len(d.Routes) > 0 {
		return d.Routes[0]
	}
	return d.Target
}

// cloned is a URI that shares no memory with the message it came in.
func cloned(u sip.Uri) sip.Uri {
	u.Scheme, u.User, u.Password, u.Host = scheme(u.Scheme), strings.Clone(u.User), strings.Clone(u.Password), strings.Clone(u.Host)
	u.UriParams, u.Headers = clonedParams(u.UriParams), clonedParams(u.Headers)
	return u
}

// clonedAll clones URIs in place.
func clonedAll(uris []sip.Uri) []sip.Uri {
	for i, u := range uris {
		uris[i] = cloned(u)
	}
	return uris
}

// scheme is a copy of a URI's scheme, which is nearly always the same.
func scheme(s string) string {
	switch s {
	case "sip":
		return "sip"
	case "sips":
		return "sips"
	default:
		return strings.Clone(s)
	}
}

func clonedParams(from sip.HeaderParams) sip.HeaderParams {
	if from == nil {
		return nil
	}
	to := make(sip.HeaderParams, len(from))
	for i, p := range from {
		to[i] = sip.HeaderKV{K: strings.Clone(p.K), V: strings.Clone(p.V)}
	}
	return to
}
