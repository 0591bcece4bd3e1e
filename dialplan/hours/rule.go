package hours

import "time"

const secondsPerDay = 24 * 60 * 60

// day is a day of the calendar: how many after 1 January 1970.
type day int64

func date(year int, month time.Month, of int) day {
	return day(time.Date(year, month, of, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

func (d day) weekday() time.Weekday { return time.Weekday(((d+4)%7 + 7) % 7) }

// weekdays are the names that rules use, in the order of time.Weekday.
var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// span is a time of a day, in minutes after its midnight: from inclusive, below
// 24 h; to exclusive, at most 24 h later.
type span struct{ from, to int }

// rule is times of some days: of weekdays, or of all from one date to another.
type rule struct {
	week     uint8 // a bit for each time.Weekday; 0 in a rule of dates
	from, to day   // inclusive; of no meaning in a rule of weekdays
	spans    []span
	why      string // as written
}

func (r *rule) on(d day) bool {
	if r.week != 0 {
		return r.week&(1<<d.weekday()) != 0
	}
	return r.from <= d && d <= r.to
}

// covering returns the why of the first rule that covers a minute of a day, whether
// it began on this day or the one before; "" if none does.
func covering(rules []rule, d day, minute int) string {
	if why := begun(rules, d, minute); why != "" {
		return why
	}
	return begun(rules, d-1, minute+minutesPerDay)
}

// begun returns the why of the first rule that began on a day and covers a minute
// counted from that day's midnight; "" if none does.
func begun(rules []rule, d day, minute int) string {
	for i := range rules {
		r := &rules[i]
		if !r.on(d) {
			continue
		}
		for _, s := range r.spans {
			if s.from <= minute && minute < s.to {
				return r.why
			}
		}
	}
	return ""
}
