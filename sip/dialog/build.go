package dialog

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

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
