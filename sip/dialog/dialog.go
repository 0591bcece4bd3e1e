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
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
	"strowger/sip/transport"
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

// Request builds the next request of the dialog, to leave by the flow with the
// given Via branch (12.2.1.1).
func (d *Dialog) Request(method sip.RequestMethod, flow transport.Flow, branch string) *sip.Request {
	d.localSeq++
	return d.build(method, d.localSeq, flow, branch)
}

// Ack builds the ACK of a 2xx to the INVITE with that CSeq (13.2.2.4).
func (d *Dialog) Ack(seq uint32, flow transport.Flow, branch string) *sip.Request {
	return d.build(sip.ACK, seq, flow, branch)
}

func (d *Dialog) build(method sip.RequestMethod, seq uint32, flow transport.Flow, branch string) *sip.Request {
	target, routes := d.Target, d.Routes
	if len(routes) > 0 && !loose(routes[0]) {
		// A strict router takes the request URI for its own (12.2.1.1).
		target, routes = routes[0], append(slices.Clone(routes[1:]), d.Target)
	}
	req := sip.NewRequest(method, requestURI(target))
	req.AppendHeader(Via(flow, branch))
	for _, r := range routes {
		req.AppendHeader(&sip.RouteHeader{Address: r})
	}
	forwards := sip.MaxForwardsHeader(MaxForwards)
	if d.Forwards > 0 && method == sip.INVITE {
		forwards = sip.MaxForwardsHeader(d.Forwards)
	}
	req.AppendHeader(&forwards)
	req.AppendHeader(sip.NewHeader("From", tagged(d.local, d.LocalTag)))
	req.AppendHeader(sip.NewHeader("To", tagged(d.remote, d.RemoteTag)))
	callID := sip.CallIDHeader(d.CallID)
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	if method == sip.INVITE || method == sip.UPDATE || method == sip.NOTIFY {
		req.AppendHeader(d.Contact())
	}
	req.AppendHeader(d.sessionHeader())
	return req
}

// Respond builds a response to a request of the peer, with our tag, and with our
// Contact where the method wants one.
func (d *Dialog) Respond(req *sip.Request, status int, reason string) *sip.Response {
	res := message.NewResponse(req, status, reason, d.LocalTag)
	if status > 100 && status < 300 && (req.Method == sip.INVITE || req.Method == sip.UPDATE || req.Method == sip.REFER) {
		res.AppendHeader(d.Contact())
	}
	d.sign(res)
	return res
}

// MaxForwards is what a request of ours starts with (8.1.1.6).
const MaxForwards = 70

// Via is the top Via of a request that leaves by the flow, asking for rport
// (RFC 3581).
func Via(flow transport.Flow, branch string) *sip.ViaHeader {
	v := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0",
		Transport: strings.ToUpper(string(flow.Proto)),
		Host:      Host(flow.Advertised.Addr()),
		Port:      int(flow.Advertised.Port()),
		Params:    make(sip.HeaderParams, 1, 2),
	}
	v.Params[0] = sip.HeaderKV{K: "branch", V: branch}
	if flow.Proto == transport.UDP {
		v.Params = append(v.Params, sip.HeaderKV{K: "rport"})
	}
	return v
}

// ContactFor is our Contact on a flow's listener, with a token as its user.
func ContactFor(flow transport.Flow, user string) sip.Uri {
	u := sip.Uri{Scheme: "sip", User: user, Host: Host(flow.Advertised.Addr()), Port: int(flow.Advertised.Port())}
	if flow.Proto != transport.UDP {
		u.UriParams = sip.HeaderParams{{K: "transport", V: string(flow.Proto)}}
	}
	return u
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

// secured is our Contact in a dialog with a URI: a sips one asks for the same of us,
// where the flow is such (8.1.1.8, 12.1.1). It has no transport parameter: sips says it.
func secured(contact, uri sip.Uri) sip.Uri {
	if v, _ := message.Param(contact.UriParams, "transport"); uri.Scheme == "sips" && v == string(transport.TLS) {
		contact.Scheme, contact.UriParams = "sips", nil
	}
	return contact
}

// Host writes an address as a URI or Via host: IPv6 in brackets.
func Host(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		return "[" + a.String() + "]"
	}
	return a.Unmap().String()
}

// requestURI is a URI without what a request URI may not have (19.1.1).
func requestURI(u sip.Uri) sip.Uri {
	u.Headers = nil
	if _, ok := message.Param(u.UriParams, "method"); ok {
		u.UriParams = slices.DeleteFunc(slices.Clone(u.UriParams), func(p sip.HeaderKV) bool { return strings.EqualFold(p.K, "method") })
	}
	return u
}

func loose(u sip.Uri) bool {
	for _, p := range u.UriParams {
		if strings.EqualFold(p.K, "lr") {
			return true
		}
	}
	return false
}

func tagged(name, tag string) string {
	if tag == "" {
		return name
	}
	return name + ";tag=" + tag
}
