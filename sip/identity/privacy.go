package identity

import "strings"

// Privacy is what a caller asks to be kept (RFC 3323 section 4.2), a set.
type Privacy uint8

// The members of the set.
const (
	ID       Privacy = 1 << iota // the asserted identity
	User                         // everything that says who the user is
	Header                       // Via, Contact and the like
	Session                      // addresses in SDP
	History                      // History-Info (RFC 7044)
	Critical                     // rather no call than less privacy
	None                         // nothing at all
	unknown                      // something that this switch does not know
)

// words are the priv-values, by bit.
var words = [...]string{"id", "user", "header", "session", "history", "critical", "none"}

// Has tells whether all of want is asked for.
func (p Privacy) Has(want Privacy) bool { return p&want == want }

// Impossible tells whether the caller wants no call, because something is asked for
// that this switch does not know (RFC 3323 section 5).
func (p Privacy) Impossible() bool { return p.Has(Critical | unknown) }

// readPrivacy reads the value of a Privacy header. Some write commas for semicolons.
func readPrivacy(value string) Privacy {
	var p Privacy
	for rest := value; rest != ""; {
		word := rest
		if end := strings.IndexAny(rest, ";,"); end >= 0 {
			word, rest = rest[:end], rest[end+1:]
		} else {
			rest = ""
		}
		if word = strings.Trim(word, " \t"); word == "" {
			continue
		}
		p |= member(word)
	}
	return p
}

func member(word string) Privacy {
	for i, w := range words {
		if strings.EqualFold(w, word) {
			return 1 << i
		}
	}
	return unknown
}

// String is the value of a Privacy header, "" of the empty set.
func (p Privacy) String() string {
	if p == ID { // as most are: nothing to build
		return "id"
	}
	var b strings.Builder
	for i, w := range words {
		if p.Has(1 << i) {
			if b.Len() > 0 {
				b.WriteByte(';')
			}
			b.WriteString(w)
		}
	}
	return b.String()
}
