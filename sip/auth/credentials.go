package auth

import (
	"errors"
	"strconv"
	"strings"
)

// credentials is a parsed Authorization or Proxy-Authorization header. Strings are
// unquoted.
type credentials struct {
	username, realm, nonce, uri string

	response  string // lower-case hex
	algorithm string // lower case; md5Name if not given
	qop       bool   // qop=auth; cnonce and nc are given
	cnonce    string
	ncText    string // as it is hashed
	nc        uint32
}

var (
	errScheme = errors.New("the scheme is not Digest")
	errSyntax = errors.New("the header breaks the grammar of RFC 7616")
	errLimit  = errors.New("the header is longer than a digest needs")
	errTwice  = errors.New("a parameter is given twice")
	errLacks  = errors.New("a parameter is missing")
	errValue  = errors.New("a parameter has a value that cannot be")
	errTarget = errors.New("the digest is for another user than the request")
)

// parse reads one header value. It is strict: what two readers could understand
// differently is refused.
func parse(header string) (credentials, error) {
	if len(header) > MaxHeader {
		return credentials{}, errLimit
	}
	rest := strings.TrimLeft(header, " \t")
	const scheme = "digest"
	if len(rest) <= len(scheme) || !strings.EqualFold(rest[:len(scheme)], scheme) || !blank(rest[len(scheme)]) {
		return credentials{}, errScheme
	}
	rest = strings.Trim(rest[len(scheme):], " \t")
	var p params
	for more := true; more; {
		name, value, tail, err := cutParam(rest)
		if err != nil {
			return credentials{}, err
		}
		if err := p.set(name, value); err != nil {
			return credentials{}, err
		}
		rest, more = strings.CutPrefix(tail, ",")
		rest = strings.TrimLeft(rest, " \t")
	}
	if rest != "" {
		return credentials{}, errSyntax
	}
	return p.credentials()
}

// The parameters we read. Others are skipped (RFC 7616 section 3.4).
const (
	username = iota
	realm
	nonceParam
	uriParam
	response
	algorithm
	qop
	cnonce
	ncParam
	userhash
	paramCount
)

var paramNames = [paramCount]string{
	"username", "realm", "nonce", "uri", "response", "algorithm", "qop", "cnonce", "nc", "userhash",
}

// params are the values of the parameters we read, and which were given.
type params struct {
	value [paramCount]string
	given [paramCount]bool
	all   int
}

func (p *params) set(name, value string) error {
	if p.all++; p.all > maxParams {
		return errLimit
	}
	for i, known := range paramNames {
		if !strings.EqualFold(name, known) {
			continue
		}
		if p.given[i] {
			return errTwice
		}
		p.value[i], p.given[i] = value, true
	}
	return nil
}

func (p *params) credentials() (credentials, error) {
	for i := username; i <= response; i++ {
		if !p.given[i] {
			return credentials{}, errLacks
		}
	}
	if strings.EqualFold(p.value[userhash], "true") {
		return credentials{}, errValue // never offered
	}
	c := credentials{
		username: p.value[username], realm: p.value[realm], nonce: p.value[nonceParam], uri: p.value[uriParam],
		response: strings.ToLower(p.value[response]), algorithm: strings.ToLower(p.value[algorithm]),
		cnonce: p.value[cnonce], ncText: p.value[ncParam], qop: p.given[qop],
	}
	if !p.given[algorithm] {
		c.algorithm = md5Name
	}
	if c.username == "" || c.uri == "" || !isHex(c.response) {
		return credentials{}, errValue
	}
	if !c.qop {
		c.nc = 1 // good for one use
		return c, nil
	}
	if !p.given[cnonce] || !p.given[ncParam] {
		return credentials{}, errLacks
	}
	nc, err := strconv.ParseUint(c.ncText, 16, 32)
	if err != nil || len(c.ncText) != 8 || nc == 0 || !strings.EqualFold(p.value[qop], "auth") || c.cnonce == "" {
		return credentials{}, errValue
	}
	c.nc = uint32(nc)
	return c, nil
}

// cutParam takes name=value from the front of s. The rest begins with what follows
// the value and blanks behind it.
func cutParam(s string) (name, value, rest string, err error) {
	n := tokenLength(s)
	name, rest = s[:n], strings.TrimLeft(s[n:], " \t")
	rest, ok := strings.CutPrefix(rest, "=")
	if n == 0 || !ok {
		return "", "", "", errSyntax
	}
	rest = strings.TrimLeft(rest, " \t")
	if strings.HasPrefix(rest, `"`) {
		value, rest, err = cutQuoted(rest)
	} else if n = tokenLength(rest); n > 0 {
		value, rest = rest[:n], rest[n:]
	} else {
		err = errSyntax
	}
	return name, value, strings.TrimLeft(rest, " \t"), err
}

// cutQuoted takes a quoted string from the front of s, which begins with a quote.
func cutQuoted(s string) (value, rest string, err error) {
	plain := true
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && plain:
			return s[1:i], s[i+1:], nil
		case c == '"':
			return unquotePairs(s[1:i]), s[i+1:], nil
		case c == '\\' && i+1 < len(s) && s[i+1] >= ' ' && s[i+1] < 0x7f:
			plain = false
			i++
		case c == '\\', c < ' ' && c != '\t', c == 0x7f:
			return "", "", errSyntax
		}
	}
	return "", "", errSyntax
}

func unquotePairs(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// tokenLength is the length of the token (RFC 3261 section 25.1) that s begins with.
func tokenLength(s string) int {
	for i := range len(s) {
		c := s[i]
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && strings.IndexByte("-.!%*_+`'~", c) < 0 {
			return i
		}
	}
	return len(s)
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
