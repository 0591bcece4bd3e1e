// Package number turns what people and carriers write into one form: E.164 with
// "+". It is pure, keeps no table of the world's numbers and never judges
// whether a number is in use.
//
// # Decisions
//
//   - The rules are a dialplan.Numbering, written once for a tenant. A library
//     with the metadata of every country costs 15 us a number; a whole routing
//     decision may cost 5.
//   - What is not clearly E.164, international or national is refused: guessing
//     sends calls astray.
package number

import (
	"strings"

	"strowger/dialplan"
)

// Digits of an E.164 number with its country code. Fifteen is ITU-T E.164
// section 6.2.1; the shortest in use have seven (Niue, Saint Helena).
const (
	MinDigits = 7
	MaxDigits = 15
)

// maxWritten bounds what is looked at, in bytes.
const maxWritten = 64

// Clean removes what people write for the eye (space, "-", ".", "/", brackets)
// and parameters after ";". It reports false if anything is left that no phone
// dials: only digits, "*", "#" and "+" are.
func Clean(written string) (string, bool) {
	if len(written) > maxWritten {
		return "", false
	}
	written, _, _ = strings.Cut(written, ";")
	if plain(written) {
		return written, written != ""
	}
	out := make([]byte, 0, len(written))
	for i := range len(written) {
		switch c := written[i]; {
		case dialled(c):
			out = append(out, c)
		case strings.IndexByte(" -./()", c) >= 0:
		default:
			return "", false
		}
	}
	return string(out), len(out) > 0
}

// E164 returns the number with "+" and country code. It takes "+44 1632 960001",
// "0044...", "01632..." and "+44 (0)1632...".
func E164(n dialplan.Numbering, written string) (string, bool) {
	s, ok := Clean(written)
	if !ok {
		return "", false
	}
	return n164(n, s)
}

// n164 is E164 of a cleaned number.
func n164(n dialplan.Numbering, s string) (string, bool) {
	var digits string
	switch {
	case s[0] == '+':
		digits = s[1:]
	case n.International != "" && strings.HasPrefix(s, n.International):
		digits = s[len(n.International):]
	case n.National != "" && strings.HasPrefix(s, n.National):
		digits = n.Country + s[len(n.National):]
	default:
		return "", false
	}
	if twice := n.Country + n.National; n.National != "" && strings.HasPrefix(digits, twice) {
		// +44 (0)1632: what is dialled before a national number is no part of it.
		digits = n.Country + digits[len(twice):]
		if strings.HasPrefix(digits, twice) {
			return "", false
		}
	}
	if !valid(digits) {
		return "", false
	}
	if s[0] == '+' && s[1:] == digits { // spares a copy
		return s, true
	}
	return "+" + digits, true
}

// Dialled are the readings of what a seat dialled, at most two: as it stands, and
// behind the outside prefix. A reading is E.164, or a short national number, which
// must stand behind the outside prefix if there is one.
type Dialled struct {
	OnNet   string // E.164 of the digits as they stand; "" if they are none
	Outside string // E.164 or short number behind the outside prefix; "" if it is none
}

// Read returns the readings of what a seat dialled.
func Read(n dialplan.Numbering, called string) Dialled {
	s, ok := Clean(called)
	if !ok {
		return Dialled{}
	}
	var d Dialled
	d.OnNet, _ = n164(n, s)
	rest, ok := strings.CutPrefix(s, n.Outside)
	if !ok || rest == "" {
		return d
	}
	if d.Outside, ok = n164(n, rest); !ok && isShort(n, rest) {
		d.Outside = rest
	}
	return d
}

// Short is a short national number, which has no E.164 form; false if it is none.
func Short(n dialplan.Numbering, written string) (string, bool) {
	s, ok := Clean(written)
	return s, ok && isShort(n, s)
}

func isShort(n dialplan.Numbering, s string) bool {
	return InRange(n.Short, s)
}

// InRange tells whether a number is one of the patterns, in which X is any digit.
func InRange(patterns []string, s string) bool {
	for _, p := range patterns {
		if matches(p, s) {
			return true
		}
	}
	return false
}

func matches(pattern, s string) bool {
	if len(pattern) != len(s) {
		return false
	}
	for i := range len(s) {
		if pattern[i] != s[i] && (pattern[i] != 'X' || !digit(s[i])) {
			return false
		}
	}
	return true
}

// valid tells whether the digits are a country code and number.
func valid(digits string) bool {
	if len(digits) < MinDigits || len(digits) > MaxDigits || digits[0] == '0' {
		return false
	}
	for i := range len(digits) {
		if !digit(digits[i]) {
			return false
		}
	}
	return true
}

// Valid tells whether s is E.164 with "+".
func Valid(s string) bool { return len(s) > 0 && s[0] == '+' && valid(s[1:]) }

func plain(s string) bool {
	for i := range len(s) {
		if !dialled(s[i]) {
			return false
		}
	}
	return true
}

func dialled(c byte) bool { return digit(c) || c == '*' || c == '#' || c == '+' }

func digit(c byte) bool { return c >= '0' && c <= '9' }
