package message

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Address is the value of a From, Refer-To, P-Asserted-Identity or like header.
type Address struct {
	Name   string // display name as between the quotes, still escaped; "" if none
	URI    sip.Uri
	Params sip.HeaderParams
}

// String writes the address as a header has it, with the URI in angle brackets.
func (a Address) String() string {
	w := writer{make([]byte, 0, 64)}
	w.address(a.Name, &a.URI, a.Params)
	return string(w.b)
}

// ParseAddress reads one name-addr or addr-spec with header parameters (RFC 3261
// section 20.10).
func ParseAddress(s string) (Address, error) {
	var a Address
	err := parseAddress(s, &a.Name, &a.URI, &a.Params)
	return a, err
}

func parseAddress(s string, name *string, u *sip.Uri, params *sip.HeaderParams) error {
	s = trim(s)
	var rest string
	if open := openBracket(s); open >= 0 {
		n, err := displayName(trim(s[:open]))
		if err != nil {
			return err
		}
		end := strings.IndexByte(s[open:], '>')
		if end < 0 {
			return syntax("bad address: no closing bracket")
		}
		*name = n
		if err := parseURI(s[open+1:open+end], u); err != nil {
			return err
		}
		rest = trim(s[open+end+1:])
	} else {
		end := strings.IndexByte(s, ';')
		if end < 0 {
			end = len(s)
		}
		spec := trim(s[:end])
		if strings.ContainsAny(spec, "?,") {
			return syntax("bad address: a URI with ? or , needs angle brackets")
		}
		if err := parseURI(spec, u); err != nil {
			return err
		}
		rest = s[end:]
	}
	if rest == "" {
		return nil
	}
	if rest[0] != ';' {
		return syntax("bad address: text after the URI")
	}
	return parseParams(rest[1:], params)
}

// openBracket is where the URI's bracket opens; -1 if it has none.
func openBracket(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			return i
		case c == ';':
			return -1
		}
	}
	return -1
}

// displayName checks what stands before the bracket: one quoted string, or words.
func displayName(s string) (string, error) {
	if strings.HasPrefix(s, `"`) {
		if len(s) < 2 || s[len(s)-1] != '"' || hasInnerQuote(s[1:len(s)-1]) {
			return "", syntax("bad display name")
		}
		return s[1 : len(s)-1], nil
	}
	if strings.ContainsAny(s, `",;:<>\`) {
		return "", syntax("bad display name")
	}
	return s, nil
}

// hasInnerQuote tells whether s, from inside quotes, holds a quote that is not
// escaped or ends in the middle of an escape.
func hasInnerQuote(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			if i == len(s) {
				return true
			}
		case '"':
			return true
		}
	}
	return false
}

// ParseParams reads the parameters of a header's value, without the semicolon before
// the first.
func ParseParams(s string) (sip.HeaderParams, error) {
	var params sip.HeaderParams
	err := parseParams(s, &params)
	return params, err
}

// parseParams reads name[=value] (";" name[=value])*. Names become lower case.
func parseParams(s string, params *sip.HeaderParams) error {
	if *params == nil {
		*params = make(sip.HeaderParams, 0, strings.Count(s, ";")+2)
	}
	for {
		p, rest, more, err := cut(s, ';')
		if err != nil {
			return err
		}
		if p == "" && !more && len(*params) > 0 {
			return nil // some phones end a list with a semicolon
		}
		k, v, _ := strings.Cut(p, "=")
		k, v = trim(k), trim(v)
		if !is(k, classToken|classURI) || strings.IndexByte(k, ',') >= 0 {
			return syntax("bad parameter")
		}
		if !validValue(v) {
			return syntax("bad value of parameter " + k)
		}
		*params = append(*params, sip.HeaderKV{K: lower(k), V: v})
		if !more {
			return nil
		}
		s = rest
	}
}

func validValue(v string) bool {
	if strings.HasPrefix(v, `"`) {
		return len(v) > 1 && v[len(v)-1] == '"' && !hasInnerQuote(v[1:len(v)-1])
	}
	return !strings.ContainsAny(v, " \t\"<>,")
}

// parseVia reads one value of a Via header (RFC 3261 section 20.42).
func parseVia(s string, v *sip.ViaHeader) error {
	name, rest, ok1 := strings.Cut(s, "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	rest = trim(rest)
	gap := strings.IndexAny(rest, " \t")
	if !ok1 || !ok2 || gap < 0 {
		return syntax("bad Via")
	}
	v.ProtocolName, v.ProtocolVersion, v.Transport = trim(name), trim(version), rest[:gap]
	if !is(v.ProtocolName, classToken) || !is(v.ProtocolVersion, classToken) || !is(v.Transport, classToken) {
		return syntax("bad Via: bad protocol")
	}
	rest = trim(rest[gap:])
	sentBy, params, hasParams := strings.Cut(rest, ";")
	var err error
	if v.Host, v.Port, err = hostPort(trim(sentBy)); err != nil {
		return syntax("bad Via: " + err.Error())
	}
	if !hasParams {
		return nil
	}
	if err := parseParams(params, &v.Params); err != nil {
		return syntax("bad Via: " + err.Error())
	}
	return nil
}
