// Package privacy finds a person's telephone number in what the switch keeps, however
// it is written there, and puts another word in its place. Pure.
//
// # Contract
//
// A number is a run of digits, with or without a plus before it, that no letter or
// digit touches. A Subject knows the ways to write its number: as it is stored, and, of
// a number with a country code, nationally or with what is dialled for a line before
// it. A number of fewer than 7 digits, such as that of a seat, is known by exactly its
// digits.
package privacy

import (
	"bytes"
	"strings"
)

// Limits of a number.
const (
	minSignificant = 7 // digits by which a longer number is known by its end
	maxPrefix      = 6 // digits that may stand before these: 00, a country code, a line
	maxDigits      = 32
)

// Subject is a person's number.
type Subject struct {
	digits string // all of them
	end    string // by which it is known; "" if by all
}

// New is the subject of a number of a country whose code is given; false if it is no
// number.
func New(number, country string) (Subject, bool) {
	digits := strings.TrimPrefix(number, "+")
	if digits == "" || len(digits) > maxDigits || strings.Trim(digits, "0123456789") != "" {
		return Subject{}, false
	}
	s := Subject{digits: digits}
	end := strings.TrimPrefix(digits, "0")
	if strings.HasPrefix(number, "+") {
		end = strings.TrimPrefix(digits, country)
	}
	if len(end) >= minSignificant {
		s.end = end
	}
	return s, true
}

// Is tells whether a whole text is the number.
func (s Subject) Is(text string) bool {
	digits := strings.TrimPrefix(text, "+")
	return digits != "" && strings.Trim(digits, "0123456789") == "" && s.is([]byte(digits))
}

func (s Subject) is(run []byte) bool {
	if string(run) == s.digits {
		return true
	}
	return s.end != "" && len(run) <= len(s.end)+maxPrefix && bytes.HasSuffix(run, []byte(s.end))
}

// In tells whether a text has the number.
func (s Subject) In(text []byte) bool {
	found := false
	s.each(text, func(_, _ int) { found = true })
	return found
}

// Replace returns the text with a word in the place of the number, and whether it was
// there. In JSON, only what stands in strings may be replaced: see ReplaceJSON.
func (s Subject) Replace(text []byte, word string) ([]byte, bool) {
	var out []byte
	done := 0
	s.each(text, func(from, to int) {
		out = append(append(out, text[done:from]...), word...)
		done = to
	})
	if done == 0 {
		return text, false
	}
	return append(out, text[done:]...), true
}

// ReplaceJSON is Replace in the strings of a JSON text; word must need no escape.
func (s Subject) ReplaceJSON(text []byte, word string) ([]byte, bool) {
	var out []byte
	changed := false
	for len(text) > 0 {
		open := bytes.IndexByte(text, '"')
		if open < 0 {
			break
		}
		end := open + 1
		for end < len(text) && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end, len(text))
		inside, is := s.Replace(text[open+1:end], word)
		out = append(append(out, text[:open+1]...), inside...)
		changed = changed || is
		text = text[end:]
		if len(text) > 0 { // the closing quote
			out, text = append(out, text[0]), text[1:]
		}
	}
	return append(out, text...), changed
}

// each shows where the number stands.
func (s Subject) each(text []byte, visit func(from, to int)) {
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		from := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		if i < len(text) && isLetter(text[i]) || from > 0 && isLetter(text[from-1]) || !s.is(text[from:i]) {
			continue
		}
		if from > 0 && text[from-1] == '+' {
			from--
		}
		visit(from, i)
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
