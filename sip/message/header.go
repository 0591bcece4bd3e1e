package message

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// maxCSeq is the largest sequence number of CSeq (RFC 3261 section 8.1.1.5).
const maxCSeq = 1<<31 - 1

// header adds one header under its canonical name. A bad one is added as text,
// for a refusal to copy.
func (p *parser) header(name, value string) {
	var h sip.Header
	var err error
	switch name {
	case "Via":
		p.seen |= seenVia
		p.list(name, value, readVia)
		return
	case "Contact":
		p.list(name, value, p.readContact)
		return
	case "Route", "Record-Route":
		p.list(name, value, routeReader(name))
		return
	case "From":
		f := new(sip.FromHeader)
		h, err = f, parseAddress(value, &f.DisplayName, &f.Address, &f.Params)
		p.once(onceFrom, name)
	case "To":
		t := new(sip.ToHeader)
		h, err = t, parseAddress(value, &t.DisplayName, &t.Address, &t.Params)
		p.once(onceTo, name)
	case "Call-ID":
		if value == "" || strings.ContainsAny(value, " \t") {
			err = syntax("bad Call-ID")
		}
		id := sip.CallIDHeader(value)
		h = &id
		p.once(onceCallID, name)
	case "CSeq":
		h, err = readCSeq(value)
		p.once(onceCSeq, name)
	case "Max-Forwards":
		n, ok := number(value, 255)
		if !ok {
			err = syntax("bad Max-Forwards")
		}
		hops := sip.MaxForwardsHeader(n)
		h = &hops
		p.once(onceMaxForwards, name)
	case "Content-Length":
		h, err = p.readLength(value)
		p.once(onceLength, name)
	case "Content-Type":
		ct := sip.ContentTypeHeader(value)
		h = &ct
		p.once(onceType, name)
	default:
		h = sip.NewHeader(name, value)
	}
	p.append(h, name, value, err)
}

func (p *parser) append(h sip.Header, name, value string, err error) {
	if err != nil {
		p.fail(&fault{Syntax, 400, name + ": " + err.Error()})
		h = sip.NewHeader(name, value)
	}
	p.data.AppendHeader(h)
}

func (p *parser) once(bit uint8, name string) {
	if p.seen&bit != 0 {
		p.fail(&fault{Duplicate, 400, "more than one " + name})
	}
	p.seen |= bit
}

// list adds one header for each value of a list.
func (p *parser) list(name, value string, read func(string) (sip.Header, error)) {
	for more := true; more; p.count++ {
		var one, rest string
		var err error
		var h sip.Header
		if one, rest, more, err = cut(value, ','); err != nil {
			one, more = value, false
		} else {
			h, err = read(one)
		}
		if p.count > MaxHeaders {
			p.fail(&fault{TooLarge, 513, "too many headers"})
			return
		}
		p.append(h, name, one, err)
		value = rest
	}
	p.count-- // the line itself was counted
}

func readVia(s string) (sip.Header, error) {
	v := new(sip.ViaHeader)
	return v, parseVia(s, v)
}

func (p *parser) readContact(s string) (sip.Header, error) {
	c := new(sip.ContactHeader)
	if s == "*" && (p.req == nil || p.req.Method == sip.REGISTER) {
		c.Address = sip.Uri{Wildcard: true, Host: "*"}
		return c, nil
	}
	return c, parseAddress(s, &c.DisplayName, &c.Address, &c.Params)
}

// routeReader reads one value of Route or Record-Route. sipgo's types hold the URI
// alone: a value that has more stays text, so that nothing of it is lost.
func routeReader(name string) func(string) (sip.Header, error) {
	return func(s string) (sip.Header, error) {
		var a Address
		err := parseAddress(s, &a.Name, &a.URI, &a.Params)
		switch {
		case err == nil && !strings.HasPrefix(s, "<"):
			return sip.NewHeader(name, s), syntax("a route needs angle brackets")
		case err != nil || a.Params != nil:
			return sip.NewHeader(name, s), err
		case name == "Route":
			return &sip.RouteHeader{Address: a.URI}, nil
		default:
			return &sip.RecordRouteHeader{Address: a.URI}, nil
		}
	}
}

func readCSeq(s string) (sip.Header, error) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return nil, syntax("no method")
	}
	n, ok := number(s[:i], maxCSeq)
	method := trim(s[i:])
	if !ok || !is(method, classToken) {
		return nil, syntax("bad number or method")
	}
	return &sip.CSeqHeader{SeqNo: uint32(n), MethodName: sip.RequestMethod(method)}, nil
}

func (p *parser) readLength(s string) (sip.Header, error) {
	n, ok := number(s, 1<<31-1)
	if !ok {
		return nil, syntax("bad length")
	}
	p.length = int(n)
	length := sip.ContentLengthHeader(n)
	return &length, nil
}
