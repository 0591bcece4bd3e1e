package message

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// ParseURI reads a URI (RFC 3261 section 19.1.1). Of a scheme other than sip and
// sips only the scheme is looked at; Raw gives the rest.
func ParseURI(s string) (sip.Uri, error) {
	var u sip.Uri
	err := parseURI(s, &u)
	return u, err
}

func parseURI(s string, u *sip.Uri) error {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !is(scheme, classToken) || !is(rest, classURI) || !escapesValid(rest) {
		return syntax("bad URI")
	}
	if u.Scheme = lower(scheme); u.Scheme != "sip" && u.Scheme != "sips" {
		if err := sip.ParseUri(s, u); err != nil { // a scheme with a digit, dot or dash
			return &fault{Syntax, 416, "unsupported URI scheme"}
		}
		return nil
	}
	if user, host, ok := strings.Cut(rest, "@"); ok {
		u.User, u.Password, _ = strings.Cut(user, ":")
		if u.User == "" {
			return syntax("bad URI: no user before @")
		}
		rest = host
	}
	end := strings.IndexAny(rest, ";?")
	if end < 0 {
		end = len(rest)
	}
	host, port, err := hostPort(rest[:end])
	if err != nil {
		return err
	}
	if strings.IndexByte(host, ':') >= 0 {
		host = rest[:strings.IndexByte(rest, ']')+1] // sipgo keeps the brackets
	}
	u.Host, u.Port = host, port
	rest, headers, hasHeaders := strings.Cut(rest[end:], "?")
	if rest != "" {
		if err := parseParams(rest[1:], &u.UriParams); err != nil {
			return err
		}
	}
	if !hasHeaders {
		return nil
	}
	return parseURIHeaders(headers, u)
}

func parseURIHeaders(s string, u *sip.Uri) error {
	for h := range strings.SplitSeq(s, "&") {
		k, v, _ := strings.Cut(h, "=")
		if k == "" {
			return syntax("bad URI: header without a name")
		}
		u.Headers = append(u.Headers, sip.HeaderKV{K: k, V: v})
	}
	return nil
}

// hostPort reads host [":" port]; spaces may stand round the colon. The host of
// an IPv6 address is returned without brackets.
func hostPort(s string) (host string, port int, err error) {
	var rest string
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", 0, syntax("bad host: no closing bracket")
		}
		host, rest = s[1:end], trim(s[end+1:])
		// RFC 3261 writes one colon too many before an IPv4 address (RFC 5118 section 4.10).
		if a, err := netip.ParseAddr(strings.Replace(host, ":::", "::", 1)); err != nil || !a.Is6() || a.Zone() != "" ||
			strings.Contains(host, ":::") && !strings.Contains(host, ".") {
			return "", 0, syntax("bad host: no IPv6 address")
		}
	} else {
		end := strings.IndexByte(s, ':')
		if end < 0 {
			end = len(s)
		}
		host, rest = trim(s[:end]), s[end:]
		if !is(host, classHost) {
			return "", 0, syntax("bad host")
		}
	}
	if rest == "" {
		return host, 0, nil
	}
	n, ok := number(trim(rest[1:]), 65535)
	if rest[0] != ':' || !ok || n == 0 {
		return "", 0, syntax("bad port")
	}
	return host, int(n), nil
}

// escapesValid tells whether each % begins an escape.
func escapesValid(s string) bool {
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return true
		}
		if len(s) < i+3 || hexDigit(s[i+1]) < 0 || hexDigit(s[i+2]) < 0 {
			return false
		}
		s = s[i+3:]
	}
}

func hexDigit(c byte) int {
	if c >= 'A' && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}

// Unescape resolves the %HH escapes of a URI part, such as a user.
func Unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0 {
			b = append(b, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// Escape writes a user, or a number of a tel URI, as it may stand in a URI: what may
// not is escaped (RFC 3261 section 19.1.2).
func Escape(s string) string {
	const also = "-_.!~*'()&=+$,;?/"
	plain := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(also, c) >= 0
	}
	i := 0
	for i < len(s) && plain(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	b := append(make([]byte, 0, len(s)+8), s[:i]...)
	for ; i < len(s); i++ {
		if plain(s[i]) {
			b = append(b, s[i])
		} else {
			const hex = "0123456789ABCDEF"
			b = append(b, '%', hex[s[i]>>4], hex[s[i]&15])
		}
	}
	return string(b)
}

// URIEqual compares two URIs by RFC 3261 section 19.1.4.
func URIEqual(a, b *sip.Uri) bool {
	if !strings.EqualFold(a.Scheme, b.Scheme) || a.Wildcard != b.Wildcard {
		return false
	}
	if a.Raw() != "" || b.Raw() != "" {
		return a.Raw() == b.Raw()
	}
	return Unescape(a.User) == Unescape(b.User) && Unescape(a.Password) == Unescape(b.Password) &&
		strings.EqualFold(a.Host, b.Host) && a.Port == b.Port &&
		uriParamsEqual(a.UriParams, b.UriParams) && uriParamsEqual(b.UriParams, a.UriParams) &&
		uriHeadersEqual(a.Headers, b.Headers)
}

// uriParamsEqual tells whether each parameter of a agrees with b: one that is not
// in b does, unless it is one of the five that change where a request goes.
func uriParamsEqual(a, b sip.HeaderParams) bool {
	for _, p := range a {
		v, ok := Param(b, p.K)
		switch {
		case ok && !strings.EqualFold(Unescape(unquote(p.V)), Unescape(v)):
			return false
		case !ok && isTargetParam(lower(p.K)):
			return false
		}
	}
	return true
}

func isTargetParam(name string) bool {
	switch name {
	case "user", "ttl", "method", "maddr", "transport":
		return true
	}
	return false
}

func uriHeadersEqual(a, b sip.HeaderParams) bool {
	if len(a) != len(b) {
		return false
	}
	for _, h := range a {
		if v, ok := Param(b, h.K); !ok || Unescape(v) != Unescape(h.V) {
			return false
		}
	}
	return true
}
