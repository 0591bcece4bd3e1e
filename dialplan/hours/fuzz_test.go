package hours_test

import (
	"strings"
	"testing"
	"time"

	"strowger/dialplan/hours"
)

// FuzzRule: no text makes a rule fail otherwise than by one line, nor hours with
// the rule answer otherwise than by one; and a rule is read again as it is shown.
func FuzzRule(f *testing.F) {
	for _, text := range []string{
		"mon-fri 08:00-18:00", "mon,wed 08:00-12:00,13:00-17:00", "fri-mon 22:00-06:00", "sun 00:00-24:00",
		"2026-12-24", "2026-12-24 12:00-24:00", "2026-12-24..2027-01-02", "2026-12-28 10:00-14:00",
		"MON  00:00-00:01", "mon\n08:00-18:00", "2026-12-24.. 1", "\xff",
	} {
		f.Add(text, int64(1798106400))
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		for verb, add := range map[string]func(*hours.Hours, string) error{
			"": (*hours.Hours).AddWeek, "closed ": (*hours.Hours).AddClosed, "open ": (*hours.Hours).AddOpen,
		} {
			h := build(t, "Europe/London")
			err := add(h, text)
			if err != nil && strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("the error has several lines: %v", err)
			}
			_, why := h.Open(time.Unix(unix, 0))
			if why == "" || strings.ContainsAny(why, "\r\n") {
				t.Fatalf("why %q", why)
			}
			if err != nil || strings.HasPrefix(why, "no rule for ") {
				continue
			}
			if err := add(h, strings.TrimPrefix(why, verb)); err != nil {
				t.Fatalf("it is shown as %q, which is refused: %v", why, err)
			}
		}
	})
}
