package spell

import "time"

type english struct{}

// Number is "one hundred and twenty one thousand three hundred and four".
func (e english) Number(n int) []string {
	if names, ok := large(e, n); ok {
		return names
	}
	if n == 0 {
		return []string{"digit-0"}
	}
	var names []string
	if n >= 1000 {
		names = append(e.below1000(n/1000), "thousand")
	}
	rest := n % 1000
	if n >= 1000 && rest > 0 && rest < 100 {
		names = append(names, "and")
	}
	return append(names, e.below1000(rest)...)
}

// below1000 is nothing for 0.
func (e english) below1000(n int) []string {
	var names []string
	if n >= 100 {
		names = append(names, numbered("digit", n/100), "hundred")
		if n %= 100; n > 0 {
			names = append(names, "and")
		}
	}
	if n > 20 {
		names = append(names, numbered("number", n/10*10))
		n %= 10
	}
	switch {
	case n == 0:
		return names
	case n < 10:
		return append(names, numbered("digit", n))
	default:
		return append(names, numbered("number", n))
	}
}

// Minutes is "one minute", "five minutes".
func (e english) Minutes(n int) []string {
	return append(e.Number(n), one(n, "minute", "minutes"))
}

// Money is "twelve pounds and fifty pence"; "no pounds" is not said.
func (e english) Money(pence int) []string {
	if pence < 0 {
		return append([]string{"minus"}, e.Money(opposite(pence))...)
	}
	var names []string
	if pounds := pence / 100; pounds > 0 {
		names = append(e.Number(pounds), one(pounds, "pound", "pounds"))
		if pence %= 100; pence == 0 {
			return names
		}
		names = append(names, "and")
	}
	return append(append(names, e.Number(pence)...), one(pence, "penny", "pence"))
}

func one(n int, singular, plural string) string {
	if n == 1 {
		return singular
	}
	return plural
}

// Date is "Tuesday the third of March twenty twenty six".
func (e english) Date(weekday time.Weekday, day int, month time.Month, year int) []string {
	names := []string{numbered("weekday", int(weekday)), numbered("day", day), numbered("month", int(month))}
	if year == 0 {
		return names
	}
	return append(names, e.year(year)...)
}

// year is said by its halves, but for those from 2000 to 2009 and odd ones.
func (e english) year(y int) []string {
	high, low := y/100, y%100
	switch {
	case y < 1100 || y > 9999 || high%10 == 0 && low < 10:
		return e.Number(y)
	case low == 0:
		return append(e.Number(high), "hundred")
	case low < 10:
		return append(e.Number(high), "oh", numbered("digit", low))
	}
	return append(e.Number(high), e.Number(low)...)
}

// Time is "two thirty p m", "two o'clock p m", "midnight".
func (e english) Time(hour, minute int) []string {
	if minute == 0 && hour%12 == 0 {
		return []string{numbered("hour", hour)} // midnight, midday
	}
	half := "am"
	if hour >= 12 {
		half = "pm"
	}
	if hour %= 12; hour == 0 {
		hour = 12
	}
	names := e.Number(hour)
	switch {
	case minute == 0:
		names = append(names, "oclock")
	case minute < 10:
		names = append(names, "oh", numbered("digit", minute))
	default:
		names = append(names, e.Number(minute)...)
	}
	return append(names, half)
}
