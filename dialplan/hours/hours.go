// Package hours tells whether a line is open at a moment, from opening hours that
// an administrator writes, and why.
//
// # What is written
//
//	AddWeek("mon-fri 08:00-18:00")              each week; also "mon,wed 08:00-12:00,13:00-17:00"
//	AddWeek("fri-mon 22:00-06:00")              over midnight, into the next day
//	AddHolidays("uk-scotland")                  no day of this calendar opens
//	AddClosed("2026-12-24")                     nor does this one
//	AddClosed("2026-12-24..2027-01-02")         nor any of these
//	AddClosed("2026-12-24 12:00-24:00")         closed at these times
//	AddOpen("2026-12-28 10:00-14:00")           open at these times all the same
//
// # Decisions
//
//   - AddOpen beats AddClosed, which beats holidays, which beat the week. Hours
//     without a rule are never open.
//   - An end is no part of the time: at 18:00 "08:00-18:00" is closed. An end at or
//     before the beginning is in the next day.
//   - Weekly times belong to the day on which they begin. A closed day or a holiday
//     takes away what begins on it, to its end on the next day, and leaves what
//     began on the day before. AddClosed with times closes just these times, and
//     whatever began.
//   - Times are what a clock on a wall in the zone shows, to the minute. A minute
//     that the clock skips in spring never comes: 01:30-02:30 then opens at 02:00,
//     when the clock jumps there from 01:00. A minute that it shows twice in autumn
//     counts twice: 01:30-02:30 opens at the first 01:30, closes when the clock goes
//     back to 01:00, and opens again from the second 01:30 to 02:30.
//   - A calendar has the bank holidays that are published, 2020 to 2099. For one on a
//     Saturday or Sunday that is a weekday in its place; the Saturday or Sunday is
//     as ever, and AddClosed closes it.
//   - Open is pure: it depends on the hours and the moment alone. New looks up the
//     zone, on the machine if that has zones, else in the program.
//   - Open looks at each rule and date in turn: tens of nanoseconds with a few, some
//     microseconds with as many as the limits allow.
package hours

import (
	"errors"
	"fmt"
	"time"

	// A node may run where no zones are installed, as in a bare container.
	_ "time/tzdata"
)

// Limits of one Hours.
const (
	MaxRules = 64  // of the week
	MaxDates = 400 // closed and opened, each
)

const minutesPerDay = 24 * 60

// Hours are opening hours in one time zone. They do not change after building and
// may then be used by several goroutines. New makes them; the zero Hours are none.
type Hours struct {
	zone           *time.Location
	week           []rule
	closed, opened []rule
	holidays       []calendar
}

// New returns hours in a zone that are never open. zone is an IANA name
// ("Europe/London"); the error says what to write instead.
func New(zone string) (*Hours, error) {
	// "Local" is each machine's own. Names in small letters are files beside the
	// zones on some machines: localtime, right/Europe/London.
	if zone == "" || zone == "Local" || zone[0] < 'A' || zone[0] > 'Z' {
		return nil, unknownZone(zone)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, unknownZone(zone)
	}
	return &Hours{zone: loc}, nil
}

func unknownZone(zone string) error {
	return fmt.Errorf("time zone %s is unknown: write an IANA name, as in \"Europe/London\"", quote(zone))
}

// AddWeek opens at times of each week: days, a space, times. The error quotes the
// rule and says what to write; the hours are then as before.
func (h *Hours) AddWeek(text string) error {
	r, err := parseWeek(text)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", quote(text), err)
	case len(h.week) == MaxRules:
		return fmt.Errorf("%s: %d rules are the most: join days and times, as in \"mon,wed 08:00-12:00,13:00-17:00\"", quote(text), MaxRules)
	}
	h.week = append(h.week, r)
	return nil
}

// AddClosed closes a day, each day of a range, or times of these: a date, ".." and
// the last date of a range, a space and times. The error is like AddWeek's.
func (h *Hours) AddClosed(text string) error {
	r, err := parseDates(text, "closed ")
	if err != nil {
		return fmt.Errorf("%s: %w", quote(text), err)
	}
	return add(&h.closed, r, text)
}

// AddOpen opens at times of a day or of each day of a range, whatever the rest
// says. It is written as for AddClosed, with times.
func (h *Hours) AddOpen(text string) error {
	r, err := parseDates(text, "open ")
	if err == nil && len(r.spans) == 0 {
		err = errors.New("say when it is open, as in \"2026-12-28 10:00-14:00\"")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", quote(text), err)
	}
	return add(&h.opened, r, text)
}

func add(dates *[]rule, r rule, text string) error {
	if len(*dates) == MaxDates {
		return fmt.Errorf("%s: %d dates are the most: remove past ones, or write a range, as in \"2026-12-24..2027-01-02\"", quote(text), MaxDates)
	}
	*dates = append(*dates, r)
	return nil
}

// Open tells whether the hours are open at a moment, and why, in one short line:
// the rule, date or holiday that decides, or that there is none.
func (h *Hours) Open(at time.Time) (open bool, why string) {
	today, minute := h.wall(at)
	if why = covering(h.opened, today, minute); why != "" {
		return true, why
	}
	if why = covering(h.closed, today, minute); why != "" {
		return false, why
	}
	shut := h.shut(today)
	if why = begun(h.week, today, minute); why != "" && shut == "" {
		return true, why
	}
	if why = begun(h.week, today-1, minute+minutesPerDay); why != "" {
		before := h.shut(today - 1)
		if before == "" {
			return true, why
		}
		if shut == "" {
			shut = before
		}
	}
	if shut == "" {
		shut = noRule(today, minute)
	}
	return false, shut
}

// wall is what calendar and clock show in the zone.
func (h *Hours) wall(at time.Time) (today day, minute int) {
	at = at.In(h.zone)
	_, offset := at.Zone()
	seconds := at.Unix() + int64(offset)
	today = day(seconds / secondsPerDay)
	rest := seconds % secondsPerDay
	if rest < 0 {
		today, rest = today-1, rest+secondsPerDay
	}
	return today, int(rest / 60)
}

// shut says why nothing of the week begins on a day; "" if it may.
func (h *Hours) shut(d day) (why string) {
	for i := range h.closed {
		if r := &h.closed[i]; len(r.spans) == 0 && r.on(d) {
			return r.why
		}
	}
	for _, c := range h.holidays {
		if why = c.days()[d]; why != "" {
			return why
		}
	}
	return ""
}

// noRule is the reason when nothing is written about a moment.
func noRule(d day, minute int) string {
	hour, minute := minute/60, minute%60
	why := append(make([]byte, 0, 32), "no rule for "...)
	why = append(why, weekdays[d.weekday()]...)
	why = append(why, ' ', '0'+byte(hour/10), '0'+byte(hour%10), ':', '0'+byte(minute/10), '0'+byte(minute%10))
	return string(why)
}
