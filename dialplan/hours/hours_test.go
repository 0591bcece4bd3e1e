package hours_test

import (
	"strings"
	"testing"
	"time"

	"strowger/dialplan/hours"
)

// build makes hours of lines: a verb (week, holidays, closed, open) and its text.
func build(tb testing.TB, zone string, lines ...string) *hours.Hours {
	tb.Helper()
	h, err := hours.New(zone)
	if err != nil {
		tb.Fatal(err)
	}
	for _, line := range lines {
		verb, text, _ := strings.Cut(line, " ")
		if err := verbs[verb](h, text); err != nil {
			tb.Fatal(err)
		}
	}
	return h
}

var verbs = map[string]func(*hours.Hours, string) error{
	"week":     (*hours.Hours).AddWeek,
	"holidays": (*hours.Hours).AddHolidays,
	"closed":   (*hours.Hours).AddClosed,
	"open":     (*hours.Hours).AddOpen,
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestOpen(t *testing.T) {
	office := []string{"week mon-fri 08:00-18:00", "week sat 09:00-13:00"}
	night := []string{"week fri-mon 22:00-06:00"}
	benefits := append(office[:2:2], "holidays uk-england-and-wales", "closed 2026-12-24 12:00-24:00", "open 2026-12-28 10:00-14:00")
	for _, tt := range []struct {
		name  string
		lines []string
		at    string
		open  bool
		why   string
	}{
		{"nothing is written", nil, "2026-11-23T10:00:00Z", false, "no rule for mon 10:00"},
		{"before", office, "2026-11-23T07:59:59Z", false, "no rule for mon 07:59"},
		{"at the beginning", office, "2026-11-23T08:00:00Z", true, "mon-fri 08:00-18:00"},
		{"the last second", office, "2026-11-23T17:59:59.999Z", true, "mon-fri 08:00-18:00"},
		{"at the end", office, "2026-11-23T18:00:00Z", false, "no rule for mon 18:00"},
		{"the second rule", office, "2026-11-28T12:59:00Z", true, "sat 09:00-13:00"},
		{"a day without a rule", office, "2026-11-29T03:00:00Z", false, "no rule for sun 03:00"},
		{"the zone's clock, in summer", office, "2026-07-01T07:00:00Z", true, "mon-fri 08:00-18:00"},
		{"the zone's clock, whatever the moment's", office, "2026-07-01T12:00:00+05:00", true, "mon-fri 08:00-18:00"},
		{"the zone's day", office, "2026-06-28T23:30:00Z", false, "no rule for mon 00:30"},
		{"the first rule that covers", []string{"week mon 09:00-12:00", "week mon 08:00-18:00"}, "2026-11-23T10:00:00Z", true, "mon 09:00-12:00"},

		{"between two times", []string{"week mon,wed 08:00-12:00,13:00-17:00"}, "2026-11-25T12:30:00Z", false, "no rule for wed 12:30"},
		{"the second of two times", []string{"week mon,wed 08:00-12:00,13:00-17:00"}, "2026-11-25T13:00:00Z", true, "mon,wed 08:00-12:00,13:00-17:00"},
		{"a day between listed ones", []string{"week mon,wed 08:00-12:00"}, "2026-11-24T10:00:00Z", false, "no rule for tue 10:00"},
		{"letters and spaces", []string{"week  Mon-FRI   08:00-18:00 "}, "2026-11-24T10:00:00Z", true, "mon-fri 08:00-18:00"},
		{"before 1970", office, "1969-12-31T08:00:00+01:00", true, "mon-fri 08:00-18:00"},

		{"a whole day begins", []string{"week sun 00:00-24:00"}, "2026-11-29T00:00:00Z", true, "sun 00:00-24:00"},
		{"a whole day lasts", []string{"week sun 00:00-24:00"}, "2026-11-29T23:59:59Z", true, "sun 00:00-24:00"},
		{"a whole day ends", []string{"week sun 00:00-24:00"}, "2026-11-30T00:00:00Z", false, "no rule for mon 00:00"},
		{"until 00:00 is until 24:00", []string{"week sun 20:00-00:00"}, "2026-11-29T23:59:00Z", true, "sun 20:00-00:00"},

		{"a night begins", night, "2026-11-27T22:00:00Z", true, "fri-mon 22:00-06:00"},
		{"not before the first night", night, "2026-11-27T05:00:00Z", false, "no rule for fri 05:00"},
		{"through the week's end", night, "2026-11-29T05:59:00Z", true, "fri-mon 22:00-06:00"},
		{"the last night's morning", night, "2026-12-01T05:59:00Z", true, "fri-mon 22:00-06:00"},
		{"the last night ends", night, "2026-12-01T06:00:00Z", false, "no rule for tue 06:00"},

		{"holiday", benefits, "2026-12-25T10:00:00Z", false, "holiday: Christmas Day"},
		{"holiday, outside of the week's times", benefits, "2026-12-25T03:00:00Z", false, "holiday: Christmas Day"},
		{"its Saturday is an ordinary day", benefits, "2026-12-26T10:00:00Z", true, "sat 09:00-13:00"},
		{"open on a holiday", benefits, "2026-12-28T10:00:00Z", true, "open 2026-12-28 10:00-14:00"},
		{"the holiday after that", benefits, "2026-12-28T14:00:00Z", false, "holiday: Boxing Day, substitute day"},
		{"not yet closed at noon", benefits, "2026-12-24T11:59:00Z", true, "mon-fri 08:00-18:00"},
		{"closed at noon", benefits, "2026-12-24T12:00:00Z", false, "closed 2026-12-24 12:00-24:00"},
		{"no holiday of this jurisdiction", []string{"week mon-fri 08:00-18:00", "holidays uk-scotland"}, "2026-04-06T10:00:00Z", true, "mon-fri 08:00-18:00"},
		{"holidays of two", []string{"week mon-fri 08:00-18:00", "holidays uk-scotland", "holidays uk-northern-ireland"}, "2026-04-06T10:00:00Z", false, "holiday: Easter Monday"},

		{"closed beats a holiday", []string{"week mon-sun 00:00-24:00", "holidays uk-scotland", "closed 2026-12-25"}, "2026-12-25T10:00:00Z", false, "closed 2026-12-25"},
		{"open beats closed", []string{"closed 2026-12-25", "open 2026-12-25 09:00-10:00"}, "2026-12-25T09:00:00Z", true, "open 2026-12-25 09:00-10:00"},
		{"open beats closed with times", []string{"closed 2026-12-25 08:00-12:00", "open 2026-12-25 09:00-10:00"}, "2026-12-25T09:00:00Z", true, "open 2026-12-25 09:00-10:00"},
		{"a range begins", []string{"week mon-sun 00:00-24:00", "closed 2026-12-24..2027-01-02"}, "2026-12-24T00:00:00Z", false, "closed 2026-12-24..2027-01-02"},
		{"not before a range", []string{"week mon-sun 00:00-24:00", "closed 2026-12-24..2027-01-02"}, "2026-12-23T23:59:00Z", true, "mon-sun 00:00-24:00"},
		{"a range ends", []string{"week mon-sun 00:00-24:00", "closed 2026-12-24..2027-01-02"}, "2027-01-02T23:59:00Z", false, "closed 2026-12-24..2027-01-02"},
		{"after a range", []string{"week mon-sun 00:00-24:00", "closed 2026-12-24..2027-01-02"}, "2027-01-03T00:00:00Z", true, "mon-sun 00:00-24:00"},
		{"a range of mornings", []string{"week mon-sun 00:00-24:00", "closed 2026-12-24..2026-12-26 08:00-12:00"}, "2026-12-25T12:00:00Z", true, "mon-sun 00:00-24:00"},
		{"open over midnight", []string{"closed 2026-12-31..2027-01-01", "open 2026-12-31 22:00-02:00"}, "2027-01-01T01:59:00Z", true, "open 2026-12-31 22:00-02:00"},
		{"closed over midnight", []string{"week mon-sun 00:00-24:00", "closed 2026-12-31 22:00-02:00"}, "2027-01-01T01:59:00Z", false, "closed 2026-12-31 22:00-02:00"},

		{"a closed day leaves the night before", []string{"week mon-sun 22:00-06:00", "closed 2026-12-24"}, "2026-12-24T05:59:00Z", true, "mon-sun 22:00-06:00"},
		{"a closed day takes its night", []string{"week mon-sun 22:00-06:00", "closed 2026-12-24"}, "2026-12-25T05:59:00Z", false, "closed 2026-12-24"},
		{"a closed day, without a rule", []string{"week mon-sun 22:00-06:00", "closed 2026-12-24"}, "2026-12-24T12:00:00Z", false, "closed 2026-12-24"},
		{"a holiday takes its night", []string{"week mon-sun 22:00-06:00", "holidays uk-scotland"}, "2026-12-26T05:59:00Z", false, "holiday: Christmas Day"},
		{"the night of a closed day, on the next", []string{"week mon-sun 22:00-06:00", "holidays uk-scotland", "closed 2026-12-24"}, "2026-12-25T05:59:00Z", false, "holiday: Christmas Day"},
		{"times are closed whatever began", []string{"week mon-sun 22:00-06:00", "closed 2026-12-24 02:00-03:00"}, "2026-12-24T02:30:00Z", false, "closed 2026-12-24 02:00-03:00"},
		{"closed until midnight, then the night", []string{"week mon-sun 22:00-06:00", "closed 2026-12-24 12:00-24:00"}, "2026-12-25T00:00:00Z", true, "mon-sun 22:00-06:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t, "Europe/London", tt.lines...)
			if open, why := h.Open(moment(t, tt.at)); open != tt.open || why != tt.why {
				t.Errorf("open %v, %q; want %v, %q", open, why, tt.open, tt.why)
			}
		})
	}
}

// On the days when the clock changes, times are what it shows.
func TestOpenWhenTheClockChanges(t *testing.T) {
	for _, tt := range []struct {
		name, zone, rule string
		at               string
		open             bool
	}{
		{"spring: before the jump", "Europe/London", "week sun 01:30-02:30", "2026-03-29T00:59:00Z", false},
		{"spring: the jump is into it", "Europe/London", "week sun 01:30-02:30", "2026-03-29T01:00:00Z", true},
		{"spring: to its end", "Europe/London", "week sun 01:30-02:30", "2026-03-29T01:29:00Z", true},
		{"spring: its end", "Europe/London", "week sun 01:30-02:30", "2026-03-29T01:30:00Z", false},
		{"spring: within the skipped hour", "Europe/London", "week sun 01:00-02:00", "2026-03-29T01:00:00Z", false},
		{"spring: a night is an hour shorter", "Europe/London", "week sat 22:00-06:00", "2026-03-29T04:59:00Z", true},
		{"spring: a night's end", "Europe/London", "week sat 22:00-06:00", "2026-03-29T05:00:00Z", false},
		{"spring: the day's end", "Europe/London", "week sun 00:00-24:00", "2026-03-29T23:00:00Z", false},
		{"autumn: the first time", "Europe/London", "week sun 01:30-02:30", "2026-10-25T00:30:00Z", true},
		{"autumn: the clock goes back", "Europe/London", "week sun 01:30-02:30", "2026-10-25T01:00:00Z", false},
		{"autumn: the second time", "Europe/London", "week sun 01:30-02:30", "2026-10-25T01:30:00Z", true},
		{"autumn: its end", "Europe/London", "week sun 01:30-02:30", "2026-10-25T02:30:00Z", false},
		{"autumn: a night is an hour longer", "Europe/London", "week sat 22:00-06:00", "2026-10-25T05:59:00Z", true},
		{"autumn: the day's end", "Europe/London", "week sun 00:00-24:00", "2026-10-25T23:59:00Z", true},
		{"a day that begins at 01:00", "Asia/Beirut", "week sun 00:00-24:00", "2026-03-28T22:00:00Z", true},
		{"before a day that begins at 01:00", "Asia/Beirut", "week sun 00:00-24:00", "2026-03-28T21:59:00Z", false},
		{"half an hour of summer", "Australia/Lord_Howe", "week sun 02:00-03:00", "2026-04-04T15:45:00Z", true},
		{"no summer", "UTC", "week sun 01:30-02:30", "2026-03-29T01:29:00Z", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t, tt.zone, tt.rule)
			if open, why := h.Open(moment(t, tt.at)); open != tt.open {
				t.Errorf("open %v: %s", open, why)
			}
		})
	}
}

func TestOpenAllocates(t *testing.T) {
	h := build(t, "Europe/London", "week mon-fri 08:00-18:00", "holidays uk-scotland", "closed 2026-12-24", "open 2026-12-26 10:00-14:00")
	for _, tt := range []struct {
		at   string
		most float64
	}{
		{"2026-12-23T10:00:00Z", 0},
		{"2026-12-24T10:00:00Z", 0},
		{"2026-12-25T10:00:00Z", 0},
		{"2026-12-26T10:00:00Z", 0},
		{"2026-12-27T10:00:00Z", 1}, // the reason that no rule gives
	} {
		at := moment(t, tt.at)
		if n := testing.AllocsPerRun(100, func() { h.Open(at) }); n > tt.most {
			t.Errorf("at %s it allocates %v times, want at most %v", tt.at, n, tt.most)
		}
	}
}
