package hours_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"strowger/dialplan/hours"
)

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"week mon-fri", `"mon-fri": write days, one space and times, as in "mon-fri 08:00-18:00"`},
		{"week", `"": write days, one space and times, as in "mon-fri 08:00-18:00"`},
		{"week mon, tue 08:00-18:00", `"mon, tue 08:00-18:00": write days, one space and times, as in "mon-fri 08:00-18:00"`},
		{"week mon-fry 08:00-18:00", `"mon-fry 08:00-18:00": no day is called "fry": write mon, tue, wed, thu, fri, sat or sun`},
		{"week mon-tue-fri 08:00-18:00", `"mon-tue-fri 08:00-18:00": no day is called "tue-fri": write mon, tue, wed, thu, fri, sat or sun`},
		{"week mon,,tue 08:00-18:00", `"mon,,tue 08:00-18:00": no day is called "": write mon, tue, wed, thu, fri, sat or sun`},
		{"week mon\n08:00-1\n", `"mon\n08:00-1\n": "1" is no time: write it as 08:00, from 00:00 to 24:00`},
		{"week mon 08:00", `"mon 08:00": "08:00" is no time: write from when to when, as in 08:00-18:00`},
		{"week mon 8:00-18:00", `"mon 8:00-18:00": "8:00" is no time: write it as 08:00, from 00:00 to 24:00`},
		{"week mon 08:00-18:60", `"mon 08:00-18:60": "18:60" is no time: write it as 08:00, from 00:00 to 24:00`},
		{"week mon 08:00-24:01", `"mon 08:00-24:01": "24:01" is no time: write it as 08:00, from 00:00 to 24:00`},
		{"week mon 24:00-06:00", `"mon 24:00-06:00": "24:00-06:00" begins at 24:00: write 00:00 of the next day`},
		{"week mon 08:00-08:00", `"mon 08:00-08:00": "08:00-08:00" ends when it begins: write 00:00-24:00 for a whole day`},
		{"week mon 01:00-02:00" + strings.Repeat(",01:00-02:00", 12), `"mon 01:00-02:00` + strings.Repeat(",01:00-02:00", 12) + `": a rule has at most 12 times: write another rule`},
		{"week " + strings.Repeat("x", 201), `"` + strings.Repeat("x", 200) + `...": a rule has at most 200 characters`},

		{"holidays uk", `no calendar of holidays is called "uk": known are uk-england-and-wales, uk-northern-ireland, uk-scotland`},

		{"closed", `"": write a date, as in "2026-12-24", and times after one space, as in "2026-12-24 12:00-24:00"`},
		{"closed 2026-12-24 to 2026-12-26", `"2026-12-24 to 2026-12-26": write a date, as in "2026-12-24", and times after one space, as in "2026-12-24 12:00-24:00"`},
		{"closed 24.12.2026", `"24.12.2026": "24.12.2026" is no date: write year, month and day, as in 2026-12-24`},
		{"closed 2026-02-29", `"2026-02-29": "2026-02-29" is no date: write year, month and day, as in 2026-12-24`},
		{"closed 2026-12-24..", `"2026-12-24..": "" is no date: write year, month and day, as in 2026-12-24`},
		{"closed 2206-12-24", `"2206-12-24": 2206-12-24 is not in the years 2020 to 2099: see whether the year is right`},
		{"closed 2019-12-31", `"2019-12-31": 2019-12-31 is not in the years 2020 to 2099: see whether the year is right`},
		{"closed 2026-12-24..2026-01-02", `"2026-12-24..2026-01-02": 2026-01-02 is before 2026-12-24: write the earlier date first`},
		{"closed 2026-01-01..2027-01-02", `"2026-01-01..2027-01-02": a range has at most 366 days: see whether the years are right`},
		{"closed 2026-12-24 noon", `"2026-12-24 noon": "noon" is no time: write from when to when, as in 08:00-18:00`},
		{"closed " + strings.Repeat("x", 201), `"` + strings.Repeat("x", 200) + `...": a rule has at most 200 characters`},

		{"open 2026-12-28", `"2026-12-28": say when it is open, as in "2026-12-28 10:00-14:00"`},
		{"open 28.12.2026 10:00-14:00", `"28.12.2026 10:00-14:00": "28.12.2026" is no date: write year, month and day, as in 2026-12-24`},
	} {
		t.Run(tt.line, func(t *testing.T) {
			h := build(t, "UTC")
			verb, text, _ := strings.Cut(tt.line, " ")
			if err := verbs[verb](h, text); err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestUnknownZones(t *testing.T) {
	for _, zone := range []string{"", "Local", "localtime", "Europe/Londen", "europe/london", "../etc/passwd", "Europe/../../etc"} {
		want := fmt.Sprintf("time zone %q is unknown: write an IANA name, as in \"Europe/London\"", zone)
		if _, err := hours.New(zone); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// What is one too many is refused, and what was there goes on.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		verb, text string
		most       int
		want       string
	}{
		{"week", "mon 08:00-18:00", hours.MaxRules, `"mon 08:00-18:00": 64 rules are the most: join days and times, as in "mon,wed 08:00-12:00,13:00-17:00"`},
		{"closed", "2026-12-24", hours.MaxDates, `"2026-12-24": 400 dates are the most: remove past ones, or write a range, as in "2026-12-24..2027-01-02"`},
		{"open", "2026-12-24 08:00-09:00", hours.MaxDates, `"2026-12-24 08:00-09:00": 400 dates are the most: remove past ones, or write a range, as in "2026-12-24..2027-01-02"`},
	} {
		h := build(t, "UTC")
		for range tt.most {
			if err := verbs[tt.verb](h, tt.text); err != nil {
				t.Fatal(err)
			}
		}
		if err := verbs[tt.verb](h, tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
	h := build(t, "UTC", "week mon 08:00-18:00")
	if h.AddWeek("mon 18:00-18:00") == nil || h.AddClosed("2026-11-23 25:00-26:00") == nil {
		t.Fatal("it was taken")
	}
	if open, why := h.Open(time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC)); !open {
		t.Errorf("it is closed: %s", why)
	}
}
