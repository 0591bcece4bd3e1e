package hours

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bank holidays of the United Kingdom: schedule 1 of the Banking and Financial
// Dealings Act 1971, common law (Good Friday and Christmas Day where the Act has
// them not), the yearly proclamations (New Year's Day and early May) and what a
// proclamation added or moved once. They are the days that GOV.UK publishes at
// gov.uk/bank-holidays, compared for 2020 to 2028. A holiday on a Saturday or Sunday
// is replaced by a weekday, as published: the Saturday or Sunday itself is an
// ordinary day, which AddClosed closes.
//
// A proclamation to come is not known here: AddClosed closes its day until a
// release has it.

// jurisdiction is a set of those that have bank holidays of their own.
type jurisdiction uint8

const (
	englandAndWales jurisdiction = 1 << iota
	scotland
	northernIreland

	notScotland = englandAndWales | northernIreland
	everywhere  = notScotland | scotland
)

// observances are the holidays of each year. Where a weekend moves two holidays,
// they keep this order.
var observances = []struct {
	where jurisdiction
	name  string
	on    func(year int) day
}{
	{everywhere, "New Year's Day", fixed(time.January, 1)},
	{scotland, "2nd January", fixed(time.January, 2)},
	{northernIreland, "St Patrick's Day", fixed(time.March, 17)},
	{everywhere, "Good Friday", afterEaster(-2)},
	{notScotland, "Easter Monday", afterEaster(1)},
	{everywhere, "Early May bank holiday", firstMonday(time.May)},
	{everywhere, "Spring bank holiday", lastMonday(time.May)},
	{northernIreland, "Battle of the Boyne (Orangemen's Day)", fixed(time.July, 12)},
	{scotland, "Summer bank holiday", firstMonday(time.August)},
	{notScotland, "Summer bank holiday", lastMonday(time.August)},
	{scotland, "St Andrew's Day", fixed(time.November, 30)},
	{everywhere, "Christmas Day", fixed(time.December, 25)},
	{everywhere, "Boxing Day", fixed(time.December, 26)},
}

// proclaimed are the holidays of one year: new ones, and those in place of another.
var proclaimed = []struct {
	where   jurisdiction
	name    string
	on      day
	instead day // 0: of none
}{
	{everywhere, "Early May bank holiday (VE day)", date(2020, time.May, 8), date(2020, time.May, 4)},
	{everywhere, "Spring bank holiday", date(2022, time.June, 2), date(2022, time.May, 30)},
	{everywhere, "Platinum Jubilee bank holiday", date(2022, time.June, 3), 0},
	{everywhere, "Bank Holiday for the State Funeral of Queen Elizabeth II", date(2022, time.September, 19), 0},
	{everywhere, "Bank holiday for the coronation of King Charles III", date(2023, time.May, 8), 0},
	{scotland, "World Cup bank holiday", date(2026, time.June, 15), 0},
}

// calendar is the holidays that ship under a name: the why of each day.
type calendar struct {
	name string
	days func() map[day]string
}

// calendars are made when first used.
var calendars = []calendar{
	{"uk-england-and-wales", sync.OnceValue(func() map[day]string { return holidaysOf(englandAndWales) })},
	{"uk-northern-ireland", sync.OnceValue(func() map[day]string { return holidaysOf(northernIreland) })},
	{"uk-scotland", sync.OnceValue(func() map[day]string { return holidaysOf(scotland) })},
}

// Calendars names the calendars of holidays that AddHolidays knows, in order. Each
// has the years 2020 to 2099.
func Calendars() []string {
	names := make([]string, len(calendars))
	for i, c := range calendars {
		names[i] = c.name
	}
	return names
}

// AddHolidays closes on each day of a calendar of Calendars. To add it again
// changes nothing. The error lists what is known.
func (h *Hours) AddHolidays(name string) error {
	is := func(c calendar) bool { return c.name == name }
	i := slices.IndexFunc(calendars, is)
	if i < 0 {
		return fmt.Errorf("no calendar of holidays is called %s: known are %s", quote(name), strings.Join(Calendars(), ", "))
	}
	if !slices.ContainsFunc(h.holidays, is) {
		h.holidays = append(h.holidays, calendars[i])
	}
	return nil
}

// holidaysOf makes the calendar of one jurisdiction.
func holidaysOf(where jurisdiction) map[day]string {
	days := make(map[day]string)
	for year := firstYear; year <= lastYear; year++ {
		addYear(days, where, year)
	}
	for _, p := range proclaimed {
		if p.where&where == 0 {
			continue
		}
		delete(days, p.instead)
		days[p.on] = "holiday: " + p.name
	}
	return days
}

// addYear adds a year's observances. Those on weekdays come first, for what a
// weekend moves goes to the next weekday that is not taken: with Christmas Day on a
// Sunday, Boxing Day stays on Monday and Tuesday is for Christmas Day.
func addYear(days map[day]string, where jurisdiction, year int) {
	for _, moved := range []bool{false, true} {
		for _, o := range observances {
			on := o.on(year)
			if o.where&where == 0 || on.weekend() != moved {
				continue
			}
			why := "holiday: " + o.name
			if moved {
				why += ", substitute day"
				for on.weekend() || days[on] != "" {
					on++
				}
			}
			days[on] = why
		}
	}
}

func (d day) weekend() bool { return d.weekday() == time.Saturday || d.weekday() == time.Sunday }

func fixed(month time.Month, of int) func(year int) day {
	return func(year int) day { return date(year, month, of) }
}

func firstMonday(month time.Month) func(year int) day {
	return func(year int) day {
		first := date(year, month, 1)
		return first + (8-day(first.weekday()))%7
	}
}

func lastMonday(month time.Month) func(year int) day {
	return func(year int) day {
		last := date(year, month+1, 0)
		return last - (day(last.weekday())+6)%7
	}
}

func afterEaster(days day) func(year int) day {
	return func(year int) day { return easter(year) + days }
}

// easter is Easter Sunday of the Gregorian calendar, by the anonymous computus that
// Nature printed in 1876 (in Meeus, Astronomical Algorithms, chapter 8).
func easter(year int) day {
	golden, century, of := year%19, year/100, year%100
	moved := (century - (century+8)/25 + 1) / 3
	epact := (19*golden + century - century/4 - moved + 15) % 30
	sunday := (32 + 2*(century%4) + 2*(of/4) - epact - of%4) % 7
	late := (golden + 11*epact + 22*sunday) / 451
	n := epact + sunday - 7*late + 114
	return date(year, time.Month(n/31), n%31+1)
}
