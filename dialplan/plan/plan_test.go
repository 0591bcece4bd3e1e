package plan_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"strowger/dialplan"
	"strowger/dialplan/plan"
)

// demo is the shipped plan, checked against the demo's inventory.
func demo(tb testing.TB) *plan.Table {
	tb.Helper()
	const file = "../../configs/demo.plan.hcl"
	src, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return table(tb, file, src)
}

func table(tb testing.TB, name string, src []byte) *plan.Table {
	tb.Helper()
	p, faults := plan.Parse(name, src)
	if err := faults.Err(); err != nil {
		tb.Fatal(err)
	}
	tab, faults := p.Check(inventory())
	if err := faults.Err(); err != nil {
		tb.Fatal(err)
	}
	return tab
}

func inventory() plan.Inventory {
	return plan.Inventory{
		Numbering: dialplan.UnitedKingdom(),
		HasSeat:   func(s string) bool { return s >= "1001" && s <= "1020" && len(s) == 4 },
		Trunks:    []string{"carrier"},
		Prompts:   []string{"announcement", "demo-menu", "goodbye", "unavailable", "welcome"},
	}
}

// say is a decision in one line.
func say(d dialplan.Decision) string { return d.Called + ": " + plan.Describe(d.Step) }

func TestDemoFromTrunk(t *testing.T) {
	const all = "ring 1001 1002 1003 1004 1005 for 30s"
	tab := demo(t)
	for called, want := range map[string]string{
		"+448081570001":      "+448081570001: " + all,
		"00448081570001":     "+448081570001: " + all,
		"08081570001":        "+448081570001: " + all,
		"+44 (0)808 1570001": "+448081570001: " + all,
		"+448081570007":      "+448081570007: " + all,
		"08081570002":        "+448081570002: ring 1002 for 30s",
		"08081570003":        "+448081570003: echo",
		"08081570004":        "+448081570004: play announcement",
		"+448081570005":      "+448081570005: flow menu",
		"+448081570006":      "+448081570006: reject 404 Number not in plan",
		"1001":               "1001: reject 404 Number not in plan",
		"*43":                "*43: reject 404 Number not in plan",
		"9+448081570003":     "9+448081570003: reject 404 Number not in plan",
		"9448081570003":      "9448081570003: reject 404 Number not in plan",
		"901632960001":       "901632960001: reject 404 Number not in plan",
		"":                   ": reject 404 Number not in plan",
	} {
		if got := say(tab.Decide(dialplan.Question{Origin: dialplan.FromTrunk, Trunk: "carrier", Called: called})); got != want {
			t.Errorf("trunk calls %q\n got %s\nwant %s", called, got, want)
		}
	}
}

func TestDemoFromSeat(t *testing.T) {
	tab := demo(t)
	for called, want := range map[string]string{
		"1002":              "1002: ring 1002 for 30s",
		"1021":              "1021: reject 404 No seat 1021",
		"10020":             "10020: reject 404 Number not in plan",
		"*43":               "*43: echo",
		"*44":               "*44: play announcement",
		"*45":               "*45: play own-number",
		"+448081570003":     "+448081570003: echo",
		"00448081570003":    "+448081570003: echo",
		"08081570003":       "+448081570003: echo",
		"9+448081570003":    "+448081570003: echo",
		"900448081570003":   "+448081570003: echo",
		"908081570003":      "+448081570003: echo",
		"9 0808 157 0003":   "+448081570003: echo",
		"901632960123":      "+441632960123: trunk carrier to +441632960123 for 3m0s",
		"9+12025550123":     "+12025550123: trunk carrier to +12025550123 for 3m0s",
		"90012025550123":    "+12025550123: trunk carrier to +12025550123 for 3m0s",
		"9101":              "101: trunk carrier to 101 for 3m0s",
		"91632960123":       "91632960123: reject 484 Number is incomplete or not written as a national or international one",
		"01632960123":       "01632960123: reject 404 Number not in plan",
		"sip:1002":          "sip:1002: reject 404 Number not in plan",
		"1002;phone=x":      "1002: ring 1002 for 30s",
		"9" + long("1", 70): "9" + long("1", 70) + ": reject 404 Number not in plan",
	} {
		d := tab.Decide(dialplan.Question{Origin: dialplan.FromSeat, Seat: "1001", Called: called, Presentation: "+441632960101"})
		if got := say(d); got != want {
			t.Errorf("seat dials %q\n got %s\nwant %s", called, got, want)
		}
		if out, ok := d.Step.(dialplan.Trunk); ok && out.Presentation != "+441632960101" {
			t.Errorf("seat dials %q: presents %q", called, out.Presentation)
		}
		if len(d.Why) == 0 {
			t.Errorf("seat dials %q: no reason given", called)
		}
	}
}

func long(s string, n int) string { return strings.Repeat(s, n) }

func TestSeatWithoutPresentation(t *testing.T) {
	d := demo(t).Decide(dialplan.Question{Origin: dialplan.FromSeat, Seat: "1001", Called: "901632960123"})
	if got, want := say(d), "+441632960123: reject 403 Seat has no presentation number"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNoOrigin(t *testing.T) {
	d := demo(t).Decide(dialplan.Question{Called: "+448081570003"})
	if got, want := say(d), "+448081570003: reject 403 Nobody may call from there"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMostSpecificWins(t *testing.T) {
	tab := table(t, "x", []byte(`
dial "1." {
  reject { reason = "1." }
}
dial "1XXX" {
  reject { reason = "1XXX" }
}
dial "1ZXX" {
  reject { reason = "1ZXX" }
}
dial "1NXX" {
  reject { reason = "1NXX" }
}
dial "1X55" {
  reject { reason = "1X55" }
}
dial "12XX" {
  reject { reason = "12XX" }
}
dial "1234" {
  reject { reason = "1234" }
}
number "+4480XXXXXXXX" {
  reject { reason = "a range" }
}
`))
	for called, want := range map[string]string{
		"1234": "1234", "1235": "12XX", "1355": "1NXX", "1155": "1ZXX", "1055": "1X55", "1056": "1XXX",
		"12": "1.", "12345": "1.", "1": "Number not in plan", "08012345678": "a range",
	} {
		d := tab.Decide(dialplan.Question{Origin: dialplan.FromSeat, Called: called})
		if got := d.Step.(dialplan.Reject).Reason; got != want {
			t.Errorf("%s matched %s, want %s", called, got, want)
		}
	}
}

// TestClasses dials every digit and sign at a class.
func TestClasses(t *testing.T) {
	tab := table(t, "x", []byte(`
dial "1X" {
  echo {}
}
dial "2Z" {
  echo {}
}
dial "3N" {
  echo {}
}
`))
	for class, want := range map[string]string{"1": "0123456789", "2": "123456789", "3": "23456789"} {
		var matched []rune
		for _, c := range "#*+0123456789" {
			if tab.Decide(dialplan.Question{Origin: dialplan.FromSeat, Called: class + string(c)}).Step == (dialplan.Echo{}) {
				matched = append(matched, c)
			}
		}
		if string(matched) != want {
			t.Errorf("behind %s match %s, want %s", class, string(matched), want)
		}
	}
}

// TestLongest has the longest of everything that is bounded.
func TestLongest(t *testing.T) {
	digits := long("1", 32)
	tab := table(t, "x", fmt.Appendf(nil, "dial %q {\n  reject { reason = %q }\n}\n", digits, long("r", 100)))
	d := tab.Decide(dialplan.Question{Origin: dialplan.FromSeat, Called: digits})
	if got := d.Step.(dialplan.Reject).Reason; got != long("r", 100) {
		t.Errorf("refused with %q", got)
	}
}

// TestSeatNumbers: a plan may name seats of 2 to 15 digits.
func TestSeatNumbers(t *testing.T) {
	for number, good := range map[string]bool{"1": false, "12": true, long("1", 15): true, long("1", 16): false, "1a": false} {
		_, faults := plan.Parse("x", fmt.Appendf(nil, "dial \"1\" {\n  ring { seats = [%q] }\n}\n", number))
		if (faults.Err() == nil) != good {
			t.Errorf("seat %q: %v", number, faults.Err())
		}
	}
}

// large is a plan of 100,000 numbers.
func large() []byte {
	var text strings.Builder
	for block := range 100 {
		text.WriteString("number ")
		for n := range 1000 {
			fmt.Fprintf(&text, "\"+44808%02d%05d\" ", 15+block/50, block%50*1000+n)
		}
		text.WriteString("{\n  echo {}\n}\n")
	}
	text.WriteString("dial \"9.\" {\n  trunk { trunks = [\"carrier\"] }\n}\ndial \"10XX\" {\n  ring { seats = [called] }\n}\n")
	return []byte(text.String())
}

func BenchmarkDecide(b *testing.B) {
	tab := table(b, "large", large())
	for _, q := range []dialplan.Question{
		{Origin: dialplan.FromTrunk, Trunk: "carrier", Called: "00448081607777"},
		{Origin: dialplan.FromSeat, Seat: "1001", Called: "908081607777"},
		{Origin: dialplan.FromSeat, Seat: "1001", Called: "1002"},
		{Origin: dialplan.FromSeat, Seat: "1001", Called: "901632960123", Presentation: "+441632960101"},
		{Origin: dialplan.FromTrunk, Trunk: "carrier", Called: "nonsense"},
	} {
		b.Run(q.Called, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tab.Decide(q)
			}
		})
	}
}

func BenchmarkParseAndCheck(b *testing.B) {
	src := large()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		table(b, "large", src)
	}
}
