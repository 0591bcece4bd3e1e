package message

import (
	"errors"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// known are the mandatory headers, then others that may stand only once. Via alone
// may repeat. Max-Forwards may be absent, as before RFC 3261.
var known = [...]string{"Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type"}

const mandatory = 5 // of known

// readers is sipgo's parser of header lines, with our readers of Via and addresses.
// Headers without a reader stay text.
var readers = func() sip.HeadersParser {
	theirs := sip.DefaultHeadersParser()
	return sip.HeadersParser{
		"call-id": theirs["call-id"], "cseq": theirs["cseq"], "max-forwards": theirs["max-forwards"],
		"content-length": theirs["content-length"], "content-type": readContentType,
		"via": readVia, "from": readFrom, "to": readTo, "contact": readContact,
		"route": readRoute, "record-route": readRoute,
	}
}()

// headers adds the header of a line under its canonical name, or one for each value
// if it is a list.
func (p *parser) headers(name, value string) {
	switch name {
	case "Via", "Contact", "Route", "Record-Route":
		for more := true; more; {
			one, rest, found, err := cut(value, ',')
			if err != nil {
				one = value // which no reader takes
			}
			p.header(name, one)
			value, more = rest, found
		}
	default:
		p.header(name, value)
	}
}

// header adds one header. A bad one is added as text, for a refusal to copy.
func (p *parser) header(name, value string) {
	if p.count++; p.count > MaxHeaders {
		p.fail(&fault{TooLarge, 513, "too many headers"})
		return
	}
	if i := slices.Index(known[:], name); i >= 0 {
		if i > 0 && p.seen&(1<<i) != 0 {
			p.fail(&fault{Duplicate, 400, "more than one " + name})
		}
		p.seen |= 1 << i
	}
	p.line = append(append(append(p.line[:0], name...), ':'), value...)
	var err error
	if p.made, err = readers.ParseHeader(p.made[:0], p.line); err == nil {
		err = p.check(p.made[0])
	}
	if err != nil {
		reason := "bad value" // sipgo's errors quote it, however long it is
		if f, ok := errors.AsType[*fault](err); ok {
			reason = f.reason
		}
		p.fail(syntax(name + ": " + reason))
		p.made = append(p.made[:0], p.salvaged(name, value))
	}
	p.data.AppendHeader(p.made[0])
}

// salvaged is a bad header as text, or as the sent-by of the topmost Via, without
// which a refusal cannot be sent.
func (p *parser) salvaged(name, value string) sip.Header {
	if i := strings.IndexAny(value, ";,"); i > 0 && name == "Via" && first(p.data, name) == nil {
		if h := new(sip.ViaHeader); parseVia(trim(value[:i]), h) == nil {
			return h
		}
	}
	return sip.NewHeader(name, value)
}

// check refuses what sipgo's readers let pass.
func (p *parser) check(h sip.Header) error {
	switch h := h.(type) {
	case *sip.CallIDHeader:
		if strings.ContainsAny(string(*h), " \t") {
			return syntax("a space in it")
		}
	case *sip.CSeqHeader:
		h.MethodName = sip.RequestMethod(trim(string(h.MethodName)))
		if !is(string(h.MethodName), classToken) {
			return syntax("bad method")
		}
	case *sip.MaxForwardsHeader:
		if *h > 255 {
			return syntax("beyond 255")
		}
	case *sip.ContactHeader:
		if h.Address.Wildcard && p.req != nil && p.req.Method != sip.REGISTER {
			return syntax("* outside REGISTER")
		}
	}
	return nil
}

func readVia(_ []byte, s string) (sip.Header, error) {
	h := new(sip.ViaHeader)
	return h, parseVia(s, h)
}

func readFrom(_ []byte, s string) (sip.Header, error) {
	h := new(sip.FromHeader)
	return h, parseAddress(s, &h.DisplayName, &h.Address, &h.Params)
}

func readTo(_ []byte, s string) (sip.Header, error) {
	h := new(sip.ToHeader)
	return h, parseAddress(s, &h.DisplayName, &h.Address, &h.Params)
}

func readContact(_ []byte, s string) (sip.Header, error) {
	if s == "*" {
		return &sip.ContactHeader{Address: sip.Uri{Wildcard: true, Host: "*"}}, nil
	}
	h := new(sip.ContactHeader)
	return h, parseAddress(s, &h.DisplayName, &h.Address, &h.Params)
}

// readRoute reads one value of Route or Record-Route. sipgo's types hold the URI
// alone: a value that has more stays text, so that nothing of it is lost.
func readRoute(name []byte, s string) (sip.Header, error) {
	a, err := ParseAddress(s)
	switch {
	case err == nil && !strings.HasPrefix(s, "<"):
		return nil, syntax("a route needs angle brackets")
	case a.Params != nil:
		return sip.NewHeader(canonical(string(name)), s), err
	case string(name) == "route":
		return &sip.RouteHeader{Address: a.URI}, err
	default:
		return &sip.RecordRouteHeader{Address: a.URI}, err
	}
}

// readContentType takes an empty one too, which some phones send without a body.
func readContentType(_ []byte, s string) (sip.Header, error) {
	h := sip.ContentTypeHeader(s)
	return &h, nil
}
