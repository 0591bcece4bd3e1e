package message

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
)

// NewResponse builds a response by RFC 3261 section 8.2.6: Via, From, To, Call-ID
// and CSeq of the request, its Record-Route in what may make a dialog, its
// Timestamp in a 100, its Session-ID turned round (RFC 7989). A reason of "" is the standard one. toTag is added to a To
// that has no tag; "" adds none. The response shares headers with the request.
func NewResponse(req *sip.Request, status int, reason, toTag string) *sip.Response {
	if reason == "" {
		reason = cause.Phrase(status)
	}
	res := sip.NewResponse(status, reason)
	dialog := status > 100 && status < 300 && req.Method != sip.REGISTER
	var to, from, id, seq bool // a refused request may have them twice
	once := func(done *bool, h sip.Header) {
		if !*done {
			*done = true
			res.AppendHeader(h)
		}
	}
	for _, h := range req.Headers() {
		switch h.Name() {
		case "Via":
			res.AppendHeader(h)
		case "From":
			once(&from, h)
		case "To":
			once(&to, withTag(h, toTag))
		case "Call-ID":
			once(&id, h)
		case "CSeq":
			once(&seq, h)
		case "Record-Route":
			if dialog {
				res.AppendHeader(h)
			}
		case "Session-ID":
			if local, remote, ok := readSessionID(h.Value()); ok {
				res.AppendHeader(SessionIDHeader(remote, local))
			}
		case "Timestamp":
			if status == 100 {
				res.AppendHeader(h)
			}
		}
	}
	return res
}

// withTag returns the To header with a tag, as a copy if it had none.
func withTag(h sip.Header, tag string) sip.Header {
	to, ok := h.(*sip.ToHeader)
	if !ok || tag == "" || Tag(to.Params) != "" {
		return h
	}
	c := *to
	c.Params = append(make(sip.HeaderParams, 0, len(to.Params)+1), to.Params...)
	c.Params.Add("tag", tag)
	return &c
}

// Append writes a message behind dst, with the Content-Length of its body as the
// last header whatever the message says. No value can add a header of its own: a
// line end within one is written as a space.
func Append(dst []byte, msg sip.Message) []byte {
	w := writer{dst}
	start := len(w.b)
	switch m := msg.(type) {
	case *sip.Request:
		w.str(string(m.Method))
		w.str(" ")
		w.uri(&m.Recipient)
		w.str(" SIP/2.0")
	case *sip.Response:
		w.str("SIP/2.0 ")
		w.num(m.StatusCode)
		w.str(" ")
		w.str(m.Reason)
	}
	w.endLine(start)
	for _, h := range headersOf(msg) {
		if _, ok := h.(*sip.ContentLengthHeader); ok || strings.EqualFold(h.Name(), "Content-Length") {
			continue
		}
		start = len(w.b)
		w.header(h)
		w.endLine(start)
	}
	w.str("Content-Length: ")
	w.num(len(msg.Body()))
	w.str("\r\n\r\n")
	return append(w.b, msg.Body()...)
}

// writer appends to a slice. sipgo's own writers quote a quoted value again and
// allocate for each part.
type writer struct{ b []byte }

func (w *writer) str(s string) { w.b = append(w.b, s...) }
func (w *writer) num(n int)    { w.b = strconv.AppendInt(w.b, int64(n), 10) }

// endLine ends the line that begins at start, which may hold no line end itself.
func (w *writer) endLine(start int) {
	line := w.b[start:]
	if bytes.IndexByte(line, '\n') >= 0 || bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, 0) >= 0 {
		for i, c := range line {
			if c == '\n' || c == '\r' || c == 0 && (i == 0 || line[i-1] != '\\') {
				line[i] = ' '
			}
		}
	}
	w.str("\r\n")
}

func (w *writer) header(h sip.Header) {
	w.str(h.Name())
	w.str(": ")
	switch h := h.(type) {
	case *sip.ViaHeader:
		w.via(h)
	case *sip.FromHeader:
		w.address(h.DisplayName, &h.Address, h.Params)
	case *sip.ToHeader:
		w.address(h.DisplayName, &h.Address, h.Params)
	case *sip.ContactHeader:
		if h.Address.Wildcard {
			w.str("*")
			return
		}
		w.address(h.DisplayName, &h.Address, h.Params)
	case *sip.ReferredByHeader:
		w.address(h.DisplayName, &h.Address, h.Params)
	case *sip.RouteHeader:
		w.address("", &h.Address, nil)
	case *sip.RecordRouteHeader:
		w.address("", &h.Address, nil)
	case *sip.ReferToHeader:
		w.address("", &h.Address, nil)
	case *sip.CSeqHeader:
		w.num(int(h.SeqNo))
		w.str(" ")
		w.str(string(h.MethodName))
	default:
		w.str(h.Value())
	}
}

func (w *writer) via(h *sip.ViaHeader) {
	w.str(h.ProtocolName)
	w.str("/")
	w.str(h.ProtocolVersion)
	w.str("/")
	w.str(h.Transport)
	w.str(" ")
	w.host(h.Host, h.Port)
	w.params(';', ';', h.Params)
}

func (w *writer) address(name string, u *sip.Uri, params sip.HeaderParams) {
	if name != "" {
		if hasInnerQuote(name) { // of no message: a name that nobody has escaped
			name = Quote(name)
		}
		w.str(`"`)
		w.str(name)
		w.str(`" `)
	}
	w.str("<")
	w.uri(u)
	w.str(">")
	w.params(';', ';', params)
}

func (w *writer) uri(u *sip.Uri) {
	if u.Raw() != "" || u.HierarhicalSlashes {
		w.str(u.String())
		return
	}
	if u.Scheme == "" {
		w.str("sip")
	}
	w.str(u.Scheme)
	w.str(":")
	if u.User != "" {
		w.user(u.User)
		if u.Password != "" {
			w.str(":")
			w.user(u.Password)
		}
		w.str("@")
	}
	w.host(u.Host, u.Port)
	w.params(';', ';', u.UriParams)
	w.params('?', '&', u.Headers)
}

// user writes the user of a URI; what would end it is escaped.
func (w *writer) user(s string) {
	for i := range len(s) {
		c := s[i]
		if class[c]&classURI == 0 || c == '@' || c == ':' || c == '%' && !escapesValid(s[i:min(i+3, len(s))]) {
			const hex = "0123456789ABCDEF"
			w.b = append(w.b, '%', hex[c>>4], hex[c&15])
			continue
		}
		w.b = append(w.b, c)
	}
}

// host writes a host, with brackets if it is an IPv6 address, and a port but 0.
func (w *writer) host(host string, port int) {
	if strings.IndexByte(host, ':') >= 0 && host[0] != '[' {
		w.str("[")
		w.str(host)
		w.str("]")
	} else {
		w.str(host)
	}
	if port > 0 {
		w.str(":")
		w.num(port)
	}
}

// params writes parameters. A value that is no token and not quoted is quoted.
func (w *writer) params(lead, sep byte, params sip.HeaderParams) {
	for i, p := range params {
		if i > 0 {
			lead = sep
		}
		w.b = append(w.b, lead)
		w.str(p.K)
		if p.V == "" {
			continue
		}
		w.str("=")
		if p.V[0] != '"' && strings.ContainsAny(p.V, " \t;,\"") {
			w.str(`"`)
			w.str(Quote(p.V))
			w.str(`"`)
		} else {
			w.str(p.V)
		}
	}
}

// URI is a sip URI without parameters for an address; user may be "".
func URI(user string, addr netip.AddrPort) sip.Uri {
	host := addr.Addr().String()
	if addr.Addr().Is6() {
		host = "[" + host + "]"
	}
	return sip.Uri{Scheme: "sip", User: user, Host: host, Port: int(addr.Port())}
}
