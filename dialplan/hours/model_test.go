package hours_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strowger/dialplan/hours"
)

const (
	day  = 24 * 60 // in minutes
	days = 9       // of a model
)

// model is what is open of each minute of a few days, by the clock on the wall, from
// 00:00 of the first.
type model struct {
	first  time.Time
	open   [days * day]bool
	shut   [days]bool // by a closed day or a holiday
	opened [days * day]bool
	closed [days * day]bool
}

// clock is the begin and the length of a time.
type clock struct{ from, length int }

func (c clock) String() string {
	to := (c.from + c.length) % day
	if to == 0 {
		to = day
	}
	return fmt.Sprintf("%02d:%02d-%02d:%02d", c.from/60, c.from%60, to/60, to%60)
}

func (c clock) paint(minutes []bool, on int) {
	for i := on*day + c.from; i < min(on*day+c.from+c.length, len(minutes)); i++ {
		minutes[i] = true
	}
}

// is tells what a clock on the wall that shows a moment finds open.
func (m *model) is(wall time.Time) bool {
	y, mon, d := wall.Date()
	midnight := time.Date(y, mon, d, 0, 0, 0, 0, time.UTC)
	i := int(midnight.Sub(m.first).Hours())/24*day + wall.Hour()*60 + wall.Minute()
	return m.opened[i] || m.open[i] && !m.closed[i]
}

var clocks = rapid.Custom(func(t *rapid.T) clock {
	// Ends of hours are where the clock changes.
	step := rapid.SampledFrom([]int{1, 30, 60}).Draw(t, "step")
	from := rapid.IntRange(0, (day-1)/step).Draw(t, "from") * step
	length := rapid.IntRange(1, (day-1)/step).Draw(t, "length") * step
	if from == 0 && rapid.Bool().Draw(t, "whole") {
		length = day
	}
	return clock{from, length}
})

// TestOpenAgainstMinutes: hours agree with a model that paints each minute, over
// days on which the clock changes and days with holidays.
func TestOpenAgainstMinutes(t *testing.T) {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		m, lines := draw(t)
		h, err := hours.New(zone.String())
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			verb, text, _ := strings.Cut(line, " ")
			if err := verbs[verb](h, text); err != nil {
				t.Fatal(err)
			}
		}
		// The first day has no yesterday in the model.
		at := time.Date(m.first.Year(), m.first.Month(), m.first.Day()+1, 0, 0, 0, 0, zone)
		end := time.Date(m.first.Year(), m.first.Month(), m.first.Day()+days, 0, 0, 0, 0, zone)
		for ; at.Before(end); at = at.Add(time.Minute) {
			if open, why := h.Open(at.UTC()); open != m.is(at) || why == "" {
				t.Fatalf("at %v: open %v, %q", at, open, why)
			}
		}
	})
}

// draw makes hours, as lines and as a model.
func draw(t *rapid.T) (*model, []string) {
	m := &model{first: rapid.SampledFrom([]time.Time{
		time.Date(2026, time.March, 25, 0, 0, 0, 0, time.UTC),
		time.Date(2026, time.October, 20, 0, 0, 0, 0, time.UTC),
		time.Date(2026, time.December, 22, 0, 0, 0, 0, time.UTC),
		time.Date(2027, time.March, 24, 0, 0, 0, 0, time.UTC), // Easter and the clock
	}).Draw(t, "first")}
	var lines []string
	on := rapid.IntRange(0, days-1)
	date := func(i int) string { return m.first.AddDate(0, 0, i).Format(time.DateOnly) }

	if rapid.Bool().Draw(t, "holidays") {
		lines = append(lines, "holidays uk-england-and-wales")
		for i := range days {
			switch date(i) {
			case "2026-12-25", "2026-12-28", "2027-03-26", "2027-03-29":
				m.shut[i] = true
			}
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "closed") {
		first := on.Draw(t, "from")
		last := rapid.IntRange(first, days-1).Draw(t, "to")
		line := "closed " + date(first) + ".." + date(last)
		if rapid.Bool().Draw(t, "times") {
			c := clocks.Draw(t, "clock")
			line += " " + c.String()
			for i := first; i <= last; i++ {
				c.paint(m.closed[:], i)
			}
		} else {
			for i := first; i <= last; i++ {
				m.shut[i] = true
			}
		}
		lines = append(lines, line)
	}
	for range rapid.IntRange(0, 2).Draw(t, "opened") {
		i, c := on.Draw(t, "on"), clocks.Draw(t, "clock")
		c.paint(m.opened[:], i)
		lines = append(lines, "open "+date(i)+" "+c.String())
	}
	for range rapid.IntRange(0, 3).Draw(t, "week") {
		lines = append(lines, drawWeek(t, m))
	}
	return m, lines
}

// drawWeek comes last: what begins on a day that is shut is not painted.
func drawWeek(t *rapid.T, m *model) string {
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	from, n := rapid.IntRange(0, 6).Draw(t, "weekday"), rapid.IntRange(0, 6).Draw(t, "more")
	text := names[from]
	if n > 0 {
		text += "-" + names[(from+n)%7]
	}
	var spans []string
	for _, c := range rapid.SliceOfN(clocks, 1, 3).Draw(t, "clocks") {
		spans = append(spans, c.String())
		for i := range days {
			weekday := int(m.first.AddDate(0, 0, i).Weekday())
			if (weekday-from+7)%7 <= n && !m.shut[i] {
				c.paint(m.open[:], i)
			}
		}
	}
	return "week " + text + " " + strings.Join(spans, ",")
}
