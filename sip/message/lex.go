package message

import "strings"

// Classes of bytes (RFC 3261 section 25.1).
const (
	classToken = 1 << iota // token
	classHost              // host name or IPv4 address
	classURI               // anything that may stand in a URI
	classDigit
)

var class = func() (t [256]uint8) {
	for c := range 256 {
		alpha := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9'
		if alpha || digit || strings.IndexByte("-.!%*_+`'~", byte(c)) >= 0 {
			t[c] |= classToken
		}
		if alpha || digit || c == '-' || c == '.' || c == '_' {
			t[c] |= classHost
		}
		if c > ' ' && c < 0x7f && strings.IndexByte(`<>"\^{|}`, byte(c)) < 0 {
			t[c] |= classURI
		}
		if digit {
			t[c] |= classDigit
		}
	}
	return t
}()

// is tells whether s is not empty and all its bytes are of the class.
func is(s string, mask uint8) bool {
	for i := range len(s) {
		if class[s[i]]&mask == 0 {
			return false
		}
	}
	return s != ""
}

// trim takes spaces and tabs off both ends.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// lower is strings.ToLower for ASCII; it allocates only if there is need.
func lower(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}

// cut splits s at the first sep outside quotes and angle brackets and trims both
// parts. It fails if a quote or bracket is left open.
func cut(s string, sep byte) (before, after string, found bool, err error) {
	if i := strings.IndexByte(s, sep); i < 0 || strings.IndexByte(s[:i], '"') < 0 && strings.IndexByte(s[:i], '<') < 0 {
		if i < 0 {
			i, err = len(s), balanced(s)
			return trim(s[:i]), "", false, err
		}
		return trim(s[:i]), trim(s[i+1:]), true, nil
	}
	quoted, bracket := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			bracket = true
		case c == '>':
			bracket = false
		case c == sep && !bracket:
			return trim(s[:i]), trim(s[i+1:]), true, nil
		}
	}
	if quoted || bracket {
		return "", "", false, syntax("a quote or bracket is not closed")
	}
	return trim(s), "", false, nil
}

// balanced fails if s ends inside a quoted string.
func balanced(s string) error {
	if strings.IndexByte(s, '"') < 0 {
		return nil
	}
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		}
	}
	if quoted {
		return syntax("a quote is not closed")
	}
	return nil
}

// number reads an unsigned decimal that is at most limit.
func number(s string, limit uint64) (uint64, bool) {
	if !is(s, classDigit) {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		n = n*10 + uint64(s[i]-'0')
		if n > limit {
			return 0, false
		}
	}
	return n, true
}
