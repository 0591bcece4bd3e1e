package message

import (
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// lister is what both kinds of message have beyond sip.Message.
type lister interface {
	Headers() []sip.Header
}

func headersOf(msg sip.Message) []sip.Header {
	if l, ok := msg.(lister); ok {
		return l.Headers()
	}
	return nil
}

// first returns the first header of a name, or nil.
func first(l lister, name string) sip.Header {
	for _, h := range l.Headers() {
		if strings.EqualFold(h.Name(), name) {
			return h
		}
	}
	return nil
}

// Header returns the value of the first header of a name in any case, or "".
func Header(msg sip.Message, name string) string {
	for _, h := range headersOf(msg) {
		if strings.EqualFold(h.Name(), name) {
			return h.Value()
		}
	}
	return ""
}

// Headers returns the values of all headers of a name in any case, one a line.
func Headers(msg sip.Message, name string) []string {
	var values []string
	for _, h := range headersOf(msg) {
		if strings.EqualFold(h.Name(), name) {
			values = append(values, h.Value())
		}
	}
	return values
}

// List returns the values of a header that is a list, from one line or several.
// Commas within quotes and angle brackets do not count; empty values are left out.
func List(msg sip.Message, name string) []string {
	var values []string
	for _, line := range Headers(msg, name) {
		for one := range Values(line) {
			values = append(values, one)
		}
	}
	return values
}

// Values are the values of one line of a header that is a list, as List has them.
func Values(line string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for more := true; more; {
			var one string
			var err error
			if one, line, more, err = cut(line, ','); err == nil && one != "" && !yield(one) {
				return
			}
		}
	}
}

// Options returns the tokens of Supported, Require, Proxy-Require or Allow-Events
// in lower case.
func Options(msg sip.Message, name string) []string {
	options := List(msg, name)
	for i := range options {
		options[i] = lower(options[i])
	}
	return options
}

// HasOption tells whether a list of tokens, such as Supported, has one in any case.
func HasOption(msg sip.Message, name, option string) bool {
	for _, o := range List(msg, name) {
		if strings.EqualFold(o, option) {
			return true
		}
	}
	return false
}

// Param returns a parameter by its name in any case, without quotes and quoted
// pairs. A parameter without a value is "", true.
func Param(params sip.HeaderParams, name string) (string, bool) {
	for _, p := range params {
		if strings.EqualFold(p.K, name) {
			return unquote(p.V), true
		}
	}
	return "", false
}

// unquote takes off the quotes of a quoted string and resolves its quoted pairs.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	return unescapeQuoted(s[1 : len(s)-1])
}

func unescapeQuoted(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

// Quote returns s as a quoted string of SIP, for a parameter or display name
// (without the quotes, as sipgo's DisplayName wants it). Control characters are
// left out.
func Quote(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c >= ' ' && c != 0x7f:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// IsToken tells whether s is a token (RFC 3261 section 25.1).
func IsToken(s string) bool { return is(s, classToken) }

// Tag is the tag of From or To, or "".
func Tag(params sip.HeaderParams) string {
	tag, _ := Param(params, "tag")
	return tag
}

// FromTag is the tag of the From header, or "".
func FromTag(msg sip.Message) string {
	if h := msg.From(); h != nil {
		return Tag(h.Params)
	}
	return ""
}

// ToTag is the tag of the To header, or "".
func ToTag(msg sip.Message) string {
	if h := msg.To(); h != nil {
		return Tag(h.Params)
	}
	return ""
}

// ViaBranch is the branch of the topmost Via, or "".
func ViaBranch(msg sip.Message) string {
	if h := msg.Via(); h != nil {
		branch, _ := Param(h.Params, "branch")
		return branch
	}
	return ""
}

// Contacts returns all contacts in order. The "*" of a REGISTER has
// Address.Wildcard set.
func Contacts(msg sip.Message) []*sip.ContactHeader {
	var contacts []*sip.ContactHeader
	for _, h := range headersOf(msg) {
		if c, ok := h.(*sip.ContactHeader); ok {
			contacts = append(contacts, c)
		}
	}
	return contacts
}

// Contact returns the first contact, or nil. (The method of sipgo's messages
// returns the last.)
func Contact(msg sip.Message) *sip.ContactHeader {
	for _, h := range headersOf(msg) {
		if c, ok := h.(*sip.ContactHeader); ok {
			return c
		}
	}
	return nil
}

// RecordRoutes appends the URIs of all Record-Route headers, in order, to routes.
func RecordRoutes(routes []sip.Uri, msg sip.Message) []sip.Uri {
	for _, h := range headersOf(msg) {
		if h.Name() != "Record-Route" {
			continue
		}
		if rr, ok := h.(*sip.RecordRouteHeader); ok {
			routes = append(routes, rr.Address)
		} else if a, err := ParseAddress(h.Value()); err == nil { // with parameters of its own
			routes = append(routes, a.URI)
		}
	}
	return routes
}

// Expires is the value of the Expires header in seconds; one beyond 32 bits is
// the largest. It is not ok if there is none or it is no number.
func Expires(msg sip.Message) (seconds uint32, ok bool) { return delta(Header(msg, "Expires")) }

// ContactExpires is the expires parameter of a contact, as Expires.
func ContactExpires(c *sip.ContactHeader) (seconds uint32, ok bool) {
	v, _ := Param(c.Params, "expires")
	return delta(v)
}

// delta reads delta-seconds (RFC 3261 section 25.1).
func delta(s string) (uint32, bool) {
	s = trim(s)
	if n, ok := number(s, math.MaxUint32); ok {
		return uint32(n), true
	}
	return math.MaxUint32, is(s, classDigit)
}

// ContactQ is the q parameter of a contact, 0 to 1; 1 if there is none or it is
// no number of that range.
func ContactQ(c *sip.ContactHeader) float64 {
	v, ok := Param(c.Params, "q")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(v, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1
	}
	return q
}
