package overload

import (
	"bytes"
	"net/netip"
	"strconv"
)

// Bounds of the look at a message. What lies beyond is not seen.
const (
	maxScan  = 8 << 10 // bytes
	maxLines = 128
	maxVias  = 16
)

// Head is what was seen of a message. Its slices are parts of the message.
type Head struct {
	Method []byte // nil for a response
	User   []byte // of the Request-URI; a URN as a whole
	Branch []byte // of the topmost Via
	ToTag  []byte

	vias                   [maxVias][]byte // whole lines, folded ones with their line ends
	viaCount               int
	from, to, callID, cseq []byte
}

var lineEnd = []byte("\r\n")

// Scan looks at a message that begins with its start line. It is false for what is
// no SIP message, or too long or too odd to be seen whole; such a message is not
// refused but left.
func (h *Head) Scan(data []byte) bool {
	*h = Head{}
	if len(data) > maxScan {
		data = data[:maxScan]
	}
	line, rest, ok := bytes.Cut(data, lineEnd)
	if !ok || !h.startLine(line) {
		return false
	}
	for range maxLines {
		if bytes.HasPrefix(rest, lineEnd) {
			return h.complete()
		}
		if line, rest, ok = cutLine(rest); !ok || !h.header(line) {
			return false
		}
	}
	return false
}

// complete tells whether all that a refusal copies was seen, and looks into it.
func (h *Head) complete() bool {
	if h.viaCount == 0 || h.from == nil || h.to == nil || h.callID == nil || h.cseq == nil {
		return false
	}
	h.Branch = param(firstValue(h.vias[0]), "branch")
	h.ToTag = param(h.to, "tag")
	return true
}

func (h *Head) startLine(line []byte) bool {
	if len(line) > 8 && bytes.EqualFold(line[:8], []byte("SIP/2.0 ")) {
		return true
	}
	method, rest, ok := bytes.Cut(line, []byte(" "))
	uri, version, ok2 := bytes.Cut(rest, []byte(" "))
	if !ok || !ok2 || len(method) == 0 || !bytes.EqualFold(version, []byte("SIP/2.0")) {
		return false
	}
	h.Method, h.User = method, user(uri)
	return true
}

// user is the part of a URI between its scheme and the host; a URN as a whole.
func user(uri []byte) []byte {
	if len(uri) > 4 && bytes.EqualFold(uri[:4], []byte("urn:")) {
		return uri
	}
	_, rest, ok := bytes.Cut(uri, []byte(":"))
	if !ok {
		return nil
	}
	name, _, _ := bytes.Cut(rest, []byte("@")) // of tel: all
	return name
}

// cutLine cuts off a header with the lines that it is folded over.
func cutLine(data []byte) (line, rest []byte, ok bool) {
	for end := 0; ; {
		i := bytes.Index(data[end:], lineEnd)
		if i < 0 {
			return nil, nil, false
		}
		end += i + len(lineEnd)
		if end == len(data) || data[end] != ' ' && data[end] != '\t' {
			return data[:end-len(lineEnd)], data[end:], true
		}
	}
}

func (h *Head) header(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !ok || len(name) == 0 || name[0] == ' ' || name[0] == '\t' {
		return false
	}
	switch {
	case named(name, "Via", 'v'):
		if h.viaCount == maxVias {
			return false
		}
		h.vias[h.viaCount] = line
		h.viaCount++
		return true
	case named(name, "From", 'f'):
		return once(&h.from, line)
	case named(name, "To", 't'):
		return once(&h.to, line)
	case named(name, "Call-ID", 'i'):
		return once(&h.callID, line)
	case named(name, "CSeq", 0):
		return once(&h.cseq, line)
	}
	return true
}

// named compares the name of a header with its long and its compact form.
func named(name []byte, long string, compact byte) bool {
	if len(name) == 1 {
		return name[0]|0x20 == compact
	}
	return len(name) == len(long) && bytes.EqualFold(name, []byte(long))
}

// once keeps a header that may stand once.
func once(at *[]byte, line []byte) bool {
	if *at != nil {
		return false
	}
	*at = line
	return true
}

// firstValue is the part of a list up to its first comma outside quotes.
func firstValue(line []byte) []byte { return line[:scanTo(line, ',')] }

// scanTo is the place of the first c outside quotes and angle brackets, or the end.
func scanTo(b []byte, c byte) int {
	quoted, bracket := false, false
	for i := 0; i < len(b); i++ {
		switch {
		case quoted && b[i] == '\\':
			i++
		case b[i] == '"':
			quoted = !quoted
		case quoted:
		case b[i] == '<':
			bracket = true
		case b[i] == '>':
			bracket = false
		case b[i] == c && !bracket:
			return i
		}
	}
	return len(b)
}

// param is the value of a parameter of a header, nil if there is none; one without a
// value is empty.
func param(line []byte, name string) []byte {
	for {
		i := scanTo(line, ';')
		if i == len(line) {
			return nil
		}
		line = line[i+1:]
		one := line[:scanTo(line, ';')]
		key, value, _ := bytes.Cut(one, []byte("="))
		if key = bytes.TrimSpace(key); len(key) == len(name) && bytes.EqualFold(key, []byte(name)) {
			if value = bytes.TrimSpace(value); value == nil {
				value = []byte{}
			}
			return value
		}
	}
}

const cookie = "z9hG4bK"

// token is the branch behind its cookie.
func (h *Head) token() []byte { return bytes.TrimPrefix(h.Branch, []byte(cookie)) }

// defaultPort is where a response goes if a Via names no port.
const defaultPort = 5060

// ReplyTo is where the response to a request goes that came from source by UDP (RFC
// 3261 section 18.2.2, RFC 3581).
func (h *Head) ReplyTo(source netip.AddrPort) netip.AddrPort {
	via := firstValue(h.vias[0])
	if param(via, "rport") != nil {
		return source
	}
	return netip.AddrPortFrom(source.Addr(), sentByPort(via))
}

// sentByPort is the port of a Via's sent-by: SIP/2.0/UDP host:port;params.
func sentByPort(via []byte) uint16 {
	via = via[:scanTo(via, ';')]
	i := bytes.LastIndexByte(via, ':')
	if i < 0 || bytes.IndexByte(via[i:], ']') >= 0 { // of an IPv6 address
		return defaultPort
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(via[i+1:])), 10, 16)
	if err != nil || n == 0 {
		return defaultPort
	}
	return uint16(n)
}
