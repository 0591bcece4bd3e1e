package hours

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of one rule.
const (
	maxText  = 200 // bytes
	maxSpans = 12  // times
	maxRange = 366 // days
)

// Years of dates and holidays: what is outside is taken for a slip of the pen.
const (
	firstYear = 2020
	lastYear  = 2099
)

// quote shows what was written on one line, shortened if it is long.
func quote(text string) string {
	if len(text) > maxText {
		text = text[:maxText] + "..."
	}
	return strconv.Quote(text)
}

// words splits a rule at spaces, in small letters.
func words(text string) ([]string, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("a rule has at most %d characters", maxText)
	}
	return strings.Fields(strings.ToLower(text)), nil
}

func parseWeek(text string) (rule, error) {
	w, err := words(text)
	if err != nil {
		return rule{}, err
	}
	if len(w) != 2 {
		return rule{}, errors.New("write days, one space and times, as in \"mon-fri 08:00-18:00\"")
	}
	days, err := parseDays(w[0])
	if err != nil {
		return rule{}, err
	}
	spans, err := parseSpans(w[1])
	return rule{week: days, spans: spans, why: strings.Join(w, " ")}, err
}

// parseDays reads "mon-fri,sun" into a bit for each time.Weekday. A range may pass
// the end of the week: "fri-mon".
func parseDays(text string) (days uint8, err error) {
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, err := parseDay(first)
		if err != nil {
			return 0, err
		}
		to := from
		if isRange {
			if to, err = parseDay(last); err != nil {
				return 0, err
			}
		}
		for days |= 1 << from; from != to; days |= 1 << from {
			from = (from + 1) % len(weekdays)
		}
	}
	return days, nil
}

func parseDay(text string) (int, error) {
	d := slices.Index(weekdays[:], text)
	if d < 0 {
		return 0, fmt.Errorf("no day is called %q: write mon, tue, wed, thu, fri, sat or sun", text)
	}
	return d, nil
}

// parseSpans reads "08:00-12:00,13:00-17:00".
func parseSpans(text string) (spans []span, err error) {
	for part := range strings.SplitSeq(text, ",") {
		if len(spans) == maxSpans {
			return nil, fmt.Errorf("a rule has at most %d times: write another rule", maxSpans)
		}
		s, err := parseSpan(part)
		if err != nil {
			return nil, err
		}
		spans = append(spans, s)
	}
	return spans, nil
}

func parseSpan(text string) (s span, err error) {
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return s, fmt.Errorf("%q is no time: write from when to when, as in 08:00-18:00", text)
	}
	if s.from, err = parseClock(from); err != nil {
		return s, err
	}
	if s.to, err = parseClock(to); err != nil {
		return s, err
	}
	switch {
	case s.from == minutesPerDay:
		return s, fmt.Errorf("%q begins at 24:00: write 00:00 of the next day", text)
	case s.from == s.to:
		return s, fmt.Errorf("%q ends when it begins: write 00:00-24:00 for a whole day", text)
	case s.to < s.from:
		s.to += minutesPerDay
	}
	return s, nil
}

// parseClock reads 00:00 to 24:00 as minutes.
func parseClock(text string) (int, error) {
	if text == "24:00" {
		return minutesPerDay, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is no time: write it as 08:00, from 00:00 to 24:00", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

// parseDates reads "2026-12-24", "2026-12-24..2027-01-02", either with times. verb
// begins the why.
func parseDates(text, verb string) (rule, error) {
	w, err := words(text)
	if err != nil {
		return rule{}, err
	}
	if len(w) != 1 && len(w) != 2 {
		return rule{}, errors.New("write a date, as in \"2026-12-24\", and times after one space, as in \"2026-12-24 12:00-24:00\"")
	}
	r := rule{why: verb + strings.Join(w, " ")}
	first, last, isRange := strings.Cut(w[0], "..")
	if r.from, err = parseDate(first); err != nil {
		return rule{}, err
	}
	r.to = r.from
	if isRange {
		if r.to, err = parseDate(last); err != nil {
			return rule{}, err
		}
	}
	switch {
	case r.to < r.from:
		return rule{}, fmt.Errorf("%s is before %s: write the earlier date first", last, first)
	case r.to-r.from >= maxRange:
		return rule{}, fmt.Errorf("a range has at most %d days: see whether the years are right", maxRange)
	case len(w) == 2:
		r.spans, err = parseSpans(w[1])
	}
	return r, err
}

func parseDate(text string) (day, error) {
	at, err := time.Parse(time.DateOnly, text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no date: write year, month and day, as in 2026-12-24", text)
	case at.Year() < firstYear || at.Year() > lastYear:
		return 0, fmt.Errorf("%s is not in the years %d to %d: see whether the year is right", text, firstYear, lastYear)
	}
	return date(at.Date()), nil
}
