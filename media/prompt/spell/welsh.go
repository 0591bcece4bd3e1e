package spell

import "time"

type welsh struct{}

// gender of what is counted: two, three and four have a form for each.
type gender string

const (
	masculine gender = ""
	feminine  gender = "f"
)

// Number is "cant dau ddeg tri", "cant ac un", "dwy fil dau ddeg chwech".
func (w welsh) Number(n int) []string { return w.number(n, masculine) }

func (w welsh) number(n int, g gender) []string {
	if names, ok := large(w, n); ok {
		return names
	}
	if n == 0 {
		return []string{"digit-0"}
	}
	names := w.thousands(n / 1000)
	rest := n % 1000
	if rest >= 100 {
		names = append(names, numbered("number", rest/100*100))
		rest %= 100
	}
	return append(names, w.below100(rest, g, len(names) > 0)...)
}

// below100 is nothing for 0. Behind a hundred or a thousand, what has no tens is
// joined by "a" or "ac", which mutates it.
func (w welsh) below100(n int, g gender, behind bool) []string {
	if behind && n > 0 && n <= 10 {
		return []string{w.unit("and", n, g)}
	}
	names, n := w.tens(n)
	if n > 0 {
		names = append(names, w.unit("digit", n, g))
	}
	return names
}

// tens are those of a number below 100, and what is left of it: ten itself is "deg",
// and "un deg" before a unit.
func (w welsh) tens(n int) (names []string, rest int) {
	switch {
	case n < 10:
		return nil, n
	case n > 10 && n < 20:
		return []string{"teen"}, n - 10
	}
	return []string{numbered("number", n/10*10)}, n % 10
}

func (w welsh) unit(series string, n int, g gender) string {
	if n >= 2 && n <= 4 {
		return numbered(series, n) + string(g)
	}
	return numbered(series, n)
}

// thousands are feminine: mil, dwy fil, un deg tair mil, can mil.
func (w welsh) thousands(n int) []string {
	var names []string
	switch {
	case n == 0:
		return nil
	case n%100 == 0: // can mil
		return []string{numbered("number", n*1000)}
	case n >= 100:
		names = append(names, numbered("number", n/100*100))
		n %= 100
	case n == 1:
		return []string{"number-1000"}
	}
	if n == 10 {
		return append(names, "number-10000")
	}
	tens, n := w.tens(n)
	names = append(names, tens...)
	switch n {
	case 0:
		return append(names, "number-1000")
	case 1:
		return append(names, "thousand-1") // un fil
	}
	return append(names, numbered("number", n*1000))
}

// counted is a number of feminine things: one prompt up to ten, then "o" and the
// plural.
func (w welsh) counted(n int, things string) []string {
	switch {
	case n < 0:
		return append([]string{"minus"}, w.counted(opposite(n), things)...)
	case n >= 1 && n <= 10:
		return []string{numbered(things, n)}
	}
	return append(w.number(n, feminine), "of-"+things)
}

// Minutes is "pum munud", "dau ddeg o funudau".
func (w welsh) Minutes(n int) []string { return w.counted(n, "minutes") }

// Money is "dwy bunt pum deg o geiniogau".
func (w welsh) Money(pence int) []string {
	if pence < 0 {
		return append([]string{"minus"}, w.Money(opposite(pence))...)
	}
	if pence < 100 {
		return w.counted(pence, "pence")
	}
	names := w.counted(pence/100, "pounds")
	if pence %= 100; pence > 0 {
		names = append(names, w.counted(pence, "pence")...)
	}
	return names
}

// Date is "dydd Mawrth y trydydd o Fawrth dwy fil dau ddeg chwech".
func (w welsh) Date(weekday time.Weekday, day int, month time.Month, year int) []string {
	names := []string{numbered("weekday", int(weekday)), numbered("day", day), numbered("month", int(month))}
	if year == 0 {
		return names
	}
	return append(names, w.Number(year)...)
}

// Time is "tri o'r gloch y prynhawn", "hanner awr wedi tri y prynhawn".
func (w welsh) Time(hour, minute int) []string {
	part := "evening"
	switch {
	case hour < 12:
		part = "morning"
	case hour < 18:
		part = "afternoon"
	}
	if hour %= 12; hour == 0 {
		hour = 12
	}
	name := numbered("digit", hour)
	switch {
	case hour == 10:
		name = "number-10"
	case hour > 10:
		name = numbered("hour", hour)
	}
	switch minute {
	case 0:
		return []string{name, "oclock", part}
	case 15:
		return []string{"quarter-past", name, part}
	case 30:
		return []string{"half-past", name, part}
	}
	return append(w.counted(minute, "minutes"), "past", name, part)
}
