package hours_test

import (
	"fmt"
	"testing"
	"time"

	"strowger/dialplan/hours"
)

func BenchmarkOpen(b *testing.B) {
	usual := build(b, "Europe/London", "week mon-fri 08:00-18:00", "week sat 09:00-13:00", "holidays uk-england-and-wales", "closed 2026-12-24")
	most := build(b, "Europe/London", "holidays uk-england-and-wales")
	for i := range hours.MaxRules {
		if err := most.AddWeek(fmt.Sprintf("mon-sun 20:%02d-21:00", i%60)); err != nil {
			b.Fatal(err)
		}
	}
	for i := range hours.MaxDates {
		date := time.Date(2027, time.January, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if err := most.AddClosed(date); err != nil {
			b.Fatal(err)
		}
		if err := most.AddOpen(date + " 10:00-14:00"); err != nil {
			b.Fatal(err)
		}
	}
	at := time.Date(2026, time.November, 23, 10, 0, 0, 0, time.UTC)
	for name, h := range map[string]*hours.Hours{"usual": usual, "most": most} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.Open(at)
			}
		})
	}
}
