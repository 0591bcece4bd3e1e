// Package spell says numbers, dates, times, money and waiting times as lists of
// prompts, in English and in Welsh.
//
// # Contract
//
// Everything is a pure function from a value to the names of prompts, in the order of
// speaking. Every name is one of the built-in voice of the language; who records a
// voice of their own records the same names (voices/en.txt and cy.txt say the words).
//
// # Decisions
//
//   - Welsh counts in tens (un deg dau, dau ddeg), as schools and telephones do.
//     Ordinals of dates are the traditional ones, which have no decimal form, and so
//     are eleven and twelve o'clock.
//   - Mutations and genders are in the words of the prompts and in their choice, never
//     in sound that is cut: "a thri" is one prompt, "dwy fil" another. Phrases are
//     such that what follows them does not mutate ("yr amser aros yw" and not "tua").
//   - With a noun, Welsh numbers up to ten take the singular, one prompt each; above
//     they take "o" and the plural (dau ddeg tair o funudau).
//   - English times are by twelve hours, with a.m. and p.m.
package spell

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// MaxNumber is the largest number that is said as a number; a larger one is said
// digit by digit.
const MaxNumber = 999_999

// Language says values in one language. Numbers below 0 have "minus" before them.
type Language interface {
	// Number is a cardinal.
	Number(n int) []string
	// Minutes is how long something takes.
	Minutes(n int) []string
	// Money is an amount of pounds sterling, in pence.
	Money(pence int) []string
	// Date is weekday, day and month, and the year unless it is 0.
	Date(weekday time.Weekday, day int, month time.Month, year int) []string
	// Time is a time of day; hour is 0 to 23.
	Time(hour, minute int) []string
}

// In returns the language of a code of ISO 639-1, English for one that is not here.
func In(code string) Language {
	if code == "cy" {
		return welsh{}
	}
	return english{}
}

// Digits says a number digit by digit; what is none of 0 to 9, *, # and + is left out.
func Digits(number string) []string {
	names := make([]string, 0, len(number))
	for _, d := range number {
		switch {
		case d >= '0' && d <= '9':
			names = append(names, "digit-"+string(d))
		case d == '+':
			names = append(names, "digit-plus")
		case d == '*':
			names = append(names, "digit-star")
		case d == '#':
			names = append(names, "digit-hash")
		}
	}
	return names
}

// Position is a caller's place in a queue, 1 for who is next.
func Position(l Language, n int) []string {
	if n <= 1 {
		return []string{"position-next"}
	}
	return append(append([]string{"position-is"}, l.Number(n)...), "position-end")
}

// Wait is how long a caller may have to wait, in whole minutes.
func Wait(l Language, minutes int) []string {
	return append([]string{"wait-is"}, l.Minutes(max(minutes, 1))...)
}

// ErrValue says that a word has a value that cannot be said.
var ErrValue = errors.New("cannot be said")

// Kinds are what Words can say, for help and errors.
const Kinds = "number:42, digits:0123, position:3, wait:5, minutes:5, money:12.50, date:2026-03-01, date:today, time:14:30, time:now"

// Words are the prompts of a word: the name of one, or KIND:VALUE as in Kinds, at a
// time for "now" and "today".
func Words(l Language, now time.Time, word string) ([]string, error) {
	kind, value, ok := strings.Cut(word, ":")
	if !ok {
		return []string{word}, nil
	}
	switch kind {
	case "digits":
		if names := Digits(value); len(names) > 0 {
			return names, nil
		}
	case "money":
		return money(l, word, value)
	case "date", "time":
		return moment(l, now, word, kind, value)
	case "number", "position", "wait", "minutes":
		if n, err := strconv.Atoi(value); err == nil {
			return count(l, kind, n), nil
		}
	}
	return nil, fmt.Errorf("%q %w; write one such as %s", word, ErrValue, Kinds)
}

func count(l Language, kind string, n int) []string {
	switch kind {
	case "position":
		return Position(l, n)
	case "wait":
		return Wait(l, n)
	case "minutes":
		return l.Minutes(n)
	default:
		return l.Number(n)
	}
}

func money(l Language, word, value string) ([]string, error) {
	pounds, pence, ok := strings.Cut(value, ".")
	n, err := strconv.Atoi(pounds)
	p := 0
	if ok && err == nil {
		p, err = strconv.Atoi(pence)
	}
	if err != nil || ok && len(pence) != 2 || p < 0 || n < 0 || n > MaxNumber {
		return nil, fmt.Errorf("%q %w; write pounds and pence: money:12.50", word, ErrValue)
	}
	return l.Money(100*n + p), nil
}

func moment(l Language, now time.Time, word, kind, value string) ([]string, error) {
	at, layout, example := now, "15:04", "time:14:30"
	if kind == "date" {
		layout, example = time.DateOnly, "date:2026-03-01"
	}
	if value != "now" && value != "today" {
		var err error
		if at, err = time.Parse(layout, value); err != nil {
			return nil, fmt.Errorf("%q %w; write it: %s", word, ErrValue, example)
		}
	}
	if kind == "date" {
		return l.Date(at.Weekday(), at.Day(), at.Month(), at.Year()), nil
	}
	return l.Time(at.Hour(), at.Minute()), nil
}

// numbered is the name of one of a series of prompts.
func numbered(series string, n int) string { return series + "-" + strconv.Itoa(n) }

// large says a number that is too large, or below 0, by another one; false for others.
func large(l Language, n int) ([]string, bool) {
	switch {
	case n < 0:
		digits := strings.TrimPrefix(strconv.Itoa(n), "-")
		if -n > MaxNumber || -n < 0 {
			return append([]string{"minus"}, Digits(digits)...), true
		}
		return append([]string{"minus"}, l.Number(-n)...), true
	case n > MaxNumber:
		return Digits(strconv.Itoa(n)), true
	}
	return nil, false
}

// opposite is -n, but for the least number, which has none.
func opposite(n int) int { return -max(n, -math.MaxInt) }
