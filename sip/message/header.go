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

// reader makes a header of its value.
type reader func(value string) (sip.Header, error)

// readers are sipgo's, and our own of Via and addresses, by canonical name. Headers
// without a reader stay text.
var readers = func() map[string]reader {
	all := map[string]reader{
		"Content-Type": readContentType, "Via": readVia, "From": readFrom, "To": readTo, "Contact": readContact,
		"Route": readRoute, "Record-Route": readRecordRoute,
	}
	for _, name := range []string{"Call-ID", "CSeq", "Max-Forwards", "Content-Length"} {
		theirs := sip.DefaultHeadersParser()[strings.ToLower(name)]
		all[name] = func(value string) (sip.Header, error) { return theirs(nil, value) }
	}
	return all
}()

// read makes a header of its canonical name and value.
func read(name, value string) (sip.Header, error) {
	if reader := readers[name]; reader != nil {
		return reader(value)
	}
	return sip.NewHeader(name, value), nil
}

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
	h, err := read(name, value)
	if err == nil {
		err = p.check(h)
	}
	if err != nil {
		reason := "bad value" // sipgo's errors quote it, however long it is
		if f, ok := errors.AsType[*fault](err); ok {
			reason = f.reason
		}
		p.fail(syntax(name + ": " + reason))
		h = p.salvaged(name, value)
	}
	p.data.AppendHeader(h)
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

func readVia(s string) (sip.Header, error) {
	h := new(sip.ViaHeader)
	return h, parseVia(s, h)
}

func readFrom(s string) (sip.Header, error) {
	h := new(sip.FromHeader)
	return h, parseAddress(s, &h.DisplayName, &h.Address, &h.Params)
}

func readTo(s string) (sip.Header, error) {
	h := new(sip.ToHeader)
	return h, parseAddress(s, &h.DisplayName, &h.Address, &h.Params)
}

func readContact(s string) (sip.Header, error) {
	if s == "*" {
		return &sip.ContactHeader{Address: sip.Uri{Wildcard: true, Host: "*"}}, nil
	}
	h := new(sip.ContactHeader)
	return h, parseAddress(s, &h.DisplayName, &h.Address, &h.Params)
}

// readRoute reads one value of Route. sipgo's type holds the URI alone: a value that
// has more stays text, so that nothing of it is lost.
func readRoute(s string) (sip.Header, error) {
	a, err := route(s)
	if a.Params != nil {
		return sip.NewHeader("Route", s), err
	}
	return &sip.RouteHeader{Address: a.URI}, err
}

// readRecordRoute is readRoute for Record-Route.
func readRecordRoute(s string) (sip.Header, error) {
	a, err := route(s)
	if a.Params != nil {
		return sip.NewHeader("Record-Route", s), err
	}
	return &sip.RecordRouteHeader{Address: a.URI}, err
}

func route(s string) (Address, error) {
	if a, err := ParseAddress(s); err != nil || strings.HasPrefix(s, "<") {
		return a, err
	}
	return Address{}, syntax("a route needs angle brackets")
}

// readContentType takes an empty one too, which some phones send without a body.
func readContentType(s string) (sip.Header, error) {
	h := sip.ContentTypeHeader(s)
	return &h, nil
}
