package hours_test

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"strowger/dialplan/hours"
)

// The days of each calendar are those that GOV.UK published, none more, none less.
func TestHolidaysArePublished(t *testing.T) {
	f, err := os.Open("testdata/published.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	published := make(map[string]string)
	for s := bufio.NewScanner(f); s.Scan(); {
		words := strings.SplitN(s.Text(), " ", 3)
		published[words[0]+" "+words[1]] = "holiday: " + words[2]
	}
	// 1 January 2023 was a Sunday: the Act replaces it by 3 January and leaves the
	// 2nd in place; GOV.UK moved both on. The days are the same.
	published["uk-scotland 2023-01-02"] = "holiday: 2nd January"
	published["uk-scotland 2023-01-03"] = "holiday: New Year's Day, substitute day"

	found := 0
	for _, name := range hours.Calendars() {
		h := build(t, "Europe/London", "week mon-sun 00:00-24:00", "holidays "+name)
		for at := time.Date(2020, time.January, 1, 12, 0, 0, 0, time.UTC); at.Year() < 2029; at = at.AddDate(0, 0, 1) {
			want, holiday := published[name+" "+at.Format(time.DateOnly)]
			open, why := h.Open(at)
			if open == holiday || holiday && why != want {
				t.Errorf("%s, %s: open %v, %q; want %q", name, at.Format(time.DateOnly), open, why, want)
			}
			if holiday {
				found++
			}
		}
	}
	if found != len(published) || found < 250 {
		t.Errorf("%d of %d published days were compared", found, len(published))
	}
}

// The year has as many holidays as ever in the years that nobody has published yet.
func TestHolidaysToCome(t *testing.T) {
	for name, want := range map[string]int{"uk-england-and-wales": 8, "uk-scotland": 9, "uk-northern-ireland": 10} {
		h := build(t, "Europe/London", "week mon-sun 00:00-24:00", "holidays "+name)
		for year := 2029; year <= 2099; year++ {
			n := 0
			for at := time.Date(year, time.January, 1, 12, 0, 0, 0, time.UTC); at.Year() == year; at = at.AddDate(0, 0, 1) {
				open, _ := h.Open(at)
				if open {
					continue
				}
				n++
				if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
					t.Errorf("%s: %s is a %s", name, at.Format(time.DateOnly), at.Weekday())
				}
			}
			if n != want {
				t.Errorf("%s: %d has %d holidays, want %d", name, year, n, want)
			}
		}
	}
}

func TestEasterToCome(t *testing.T) {
	h := build(t, "Europe/London", "week mon-sun 00:00-24:00", "holidays uk-england-and-wales")
	for _, monday := range []string{"2029-04-02", "2030-04-22", "2038-04-26", "2049-04-19", "2076-04-20", "2099-04-13"} {
		at := moment(t, monday+"T12:00:00Z")
		if _, why := h.Open(at); why != "holiday: Easter Monday" {
			t.Errorf("%s: %s", monday, why)
		}
	}
}

func TestCalendars(t *testing.T) {
	names := hours.Calendars()
	if !slices.IsSorted(names) || len(names) != 3 {
		t.Errorf("calendars %q", names)
	}
	names[0] = "none"
	if hours.Calendars()[0] == "none" {
		t.Error("a caller can change the names")
	}
}
