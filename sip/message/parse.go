package message

import (
	"bytes"
	"errors"
	"strings"

	"github.com/emiago/sipgo/sip"
)

var headEnd = []byte("\r\n\r\n")

// Parse reads one datagram, or one message cut from a stream by a Framer. Line
// ends before the message and bytes after its body are ignored (RFC 3261 sections
// 7.5 and 18.3). The error is a *ParseError. Data is not kept.
func Parse(data []byte) (sip.Message, error) {
	for bytes.HasPrefix(data, headEnd[:2]) {
		data = data[2:]
	}
	end := bytes.Index(data, headEnd)
	if end < 0 {
		return nil, &ParseError{Kind: unfinished(data), Reason: "no end of headers"}
	}
	if end > MaxHead {
		return nil, &ParseError{Kind: TooLarge, Reason: "headers too large"}
	}
	var p parser
	p.parse(string(data[:end+2]), data[end+4:])
	if p.err != nil {
		return nil, p.refusal()
	}
	return p.msg, nil
}

// unfinished tells a message without an end from what is no message at all.
func unfinished(data []byte) Kind {
	line, _, _ := bytes.Cut(data, headEnd[:2])
	if bytes.HasPrefix(line, []byte("SIP/")) || bytes.Contains(line, []byte(" SIP/")) {
		return Truncated
	}
	return NotSIP
}

// parser reads one message. After a fault it goes on, so that a refusal can be
// built, and keeps the first one.
type parser struct {
	msg   sip.Message
	req   *sip.Request // nil for a response
	data  *sip.MessageData
	err   *fault
	seen  uint8 // the headers of known that came, by index
	count int   // headers so far
}

func (p *parser) fail(f *fault) {
	if p.err == nil {
		p.err = f
	}
}

func (p *parser) parse(head string, body []byte) {
	line, head, _ := strings.Cut(head, "\r\n")
	p.startLine(line)
	if p.msg == nil {
		return
	}
	for head != "" && p.count <= MaxHeaders {
		line, head = nextLine(head)
		name, value, ok := strings.Cut(line, ":")
		name = trim(name)
		switch {
		case len(line) > MaxLine:
			p.fail(&fault{TooLarge, 513, "header line too long"})
		case !clean(line):
			p.fail(&fault{Control, 400, "control character in header"})
		case !ok || !is(name, classToken):
			p.fail(syntax("bad header name"))
		default:
			p.headers(canonical(name), trim(value))
			continue
		}
		p.count++
	}
	p.body(body)
	p.validate()
}

// nextLine cuts off the next header, unfolded (RFC 3261 section 7.3.1).
func nextLine(head string) (line, rest string) {
	line, rest, _ = strings.Cut(head, "\r\n")
	if rest == "" || rest[0] != ' ' && rest[0] != '\t' {
		return line, rest
	}
	parts := []string{trim(line)}
	for rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
		line, rest, _ = strings.Cut(rest, "\r\n")
		parts = append(parts, trim(line))
	}
	return strings.Join(parts, " "), rest
}

// clean tells whether a line holds no control character but in a quoted pair.
// Neither CR nor LF may be quoted.
func clean(line string) bool {
	for i := range len(line) {
		c := line[i]
		if c >= ' ' && c != 0x7f || c == '\t' {
			continue
		}
		if c == '\r' || c == '\n' || i == 0 || line[i-1] != '\\' {
			return false
		}
	}
	return true
}

// startLine makes the message; p.msg stays nil if the line is none of SIP's.
func (p *parser) startLine(line string) {
	if len(line) > 4 && strings.EqualFold(line[:4], "SIP/") {
		p.statusLine(line)
		return
	}
	trimmed := trim(line)
	i := strings.LastIndexByte(trimmed, ' ')
	method, _, _ := strings.Cut(line, " ")
	version := trimmed[i+1:]
	if len(version) < 5 || !strings.EqualFold(version[:4], "SIP/") || !is(method, classToken) {
		p.fail(&fault{NotSIP, 0, "no request or status line"})
		return
	}
	p.req = sip.NewRequest(sip.RequestMethod(method), sip.Uri{})
	p.msg, p.data = p.req, &p.req.MessageData
	switch {
	case len(line) > MaxLine:
		p.fail(&fault{TooLarge, 513, "request line too long"})
	case i <= len(method) || trimmed != line:
		p.fail(&fault{StartLine, 400, "bad request line"})
	case version[4:] != "2.0":
		p.fail(&fault{Version, 505, "this is another version than SIP/2.0"})
	default:
		p.requestURI(line[len(method)+1 : i])
	}
}

func (p *parser) requestURI(s string) {
	var f *fault
	switch err := parseURI(s, &p.req.Recipient); {
	case errors.As(err, &f) && f.status == 416:
		p.fail(&fault{StartLine, 416, f.reason})
	case err != nil || p.req.Recipient.Headers != nil:
		p.fail(&fault{StartLine, 400, "bad request URI"})
	}
}

func (p *parser) statusLine(line string) {
	version, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(rest, " ")
	status, ok := number(code, 699)
	if !ok || len(code) != 3 || status < 100 || len(line) > MaxLine || !clean(reason) {
		p.fail(&fault{StartLine, 0, "bad status line"})
		return
	}
	res := sip.NewResponse(int(status), reason)
	p.msg, p.data = res, &res.MessageData
	if !strings.EqualFold(version, "SIP/2.0") {
		p.fail(&fault{Version, 0, "another version than SIP/2.0"})
	}
}

// body takes as much as Content-Length says, or all if it says nothing.
func (p *parser) body(data []byte) {
	length := len(data)
	if l := p.data.ContentLength(); l != nil {
		length = int(*l)
	}
	switch {
	case length > MaxBody:
		p.fail(&fault{TooLarge, 413, "body too large"})
	case length > len(data):
		p.fail(&fault{Truncated, 400, "the body is shorter than Content-Length"})
	case length > 0:
		p.msg.SetBody(bytes.Clone(data[:length]))
	}
}

// validate checks what concerns the message as a whole (RFC 3261 section 8.1.1).
func (p *parser) validate() {
	for i, name := range known[:mandatory] {
		if p.seen&(1<<i) == 0 {
			p.fail(&fault{Missing, 400, "no " + name + " header"})
		}
	}
	if p.err == nil && p.req != nil && p.req.CSeq().MethodName != p.req.Method {
		p.fail(&fault{Mismatch, 400, "the method of CSeq is not the request's"})
	}
}

// refusal is the ParseError of the first fault. It can be answered if it is that
// of a request other than ACK that tells where the answer goes and to what; From, To
// and Call-ID may be absent (RFC 4475 section 3.3.1).
func (p *parser) refusal() *ParseError {
	e := &ParseError{Kind: p.err.kind, Reason: p.err.reason}
	const needed = 1 | 1<<(mandatory-1) // Via and CSeq
	if p.req == nil || p.req.Method == sip.ACK || p.err.status == 0 || p.seen&needed != needed {
		return e
	}
	via, ok := first(p.data, "Via").(*sip.ViaHeader)
	if ok && via.Host != "" {
		e.Status, e.Request = p.err.status, p.req
	}
	return e
}
