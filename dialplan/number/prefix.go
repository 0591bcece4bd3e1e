package number

import (
	"strings"

	"strowger/dialplan"
)

// Showing is what a caller has dialled about the own number, for one call.
type Showing uint8

// The ways.
const (
	AsEver   Showing = iota // nothing was dialled
	Withheld                // Numbering.Withhold was
	Released                // Numbering.Release was
)

// Prefix takes from what a seat dialled the prefix that withholds or shows the
// caller's number, before or behind the outside prefix. sure is false if it may as
// well be the beginning of a number inside, which then has precedence.
func Prefix(n dialplan.Numbering, dialled string) (rest string, s Showing, sure bool) {
	if rest, s = showing(n, dialled); s != AsEver {
		return rest, s, n.Outside == ""
	}
	if behind, ok := strings.CutPrefix(dialled, n.Outside); ok && n.Outside != "" {
		if rest, s = showing(n, behind); s != AsEver {
			return n.Outside + rest, s, true
		}
	}
	return dialled, AsEver, true
}

// showing takes the prefix from the beginning of a number.
func showing(n dialplan.Numbering, dialled string) (rest string, s Showing) {
	for _, p := range [...]struct {
		digits string
		means  Showing
	}{{n.Release, Released}, {n.Withhold, Withheld}} {
		if rest, ok := strings.CutPrefix(dialled, p.digits); ok && p.digits != "" && rest != "" {
			return rest, p.means
		}
	}
	return dialled, AsEver
}
