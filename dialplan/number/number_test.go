package number_test

import (
	"strings"
	"testing"

	"strowger/dialplan"
	"strowger/dialplan/number"
)

func TestE164(t *testing.T) {
	uk := dialplan.UnitedKingdom()
	for written, want := range map[string]string{
		"+448081570001":         "+448081570001",
		"00448081570001":        "+448081570001",
		"08081570001":           "+448081570001",
		"+44 (0) 808 157-0001":  "+448081570001",
		"0044 0808 157 0001":    "+448081570001",
		"0808.157.0001":         "+448081570001",
		"+1 202 555 0123":       "+12025550123",
		"0012025550123":         "+12025550123",
		"+6834000":              "+6834000",
		"08001111":              "+448001111",
		"+448081570001;npdi":    "+448081570001",
		"8081570001":            "",
		"448081570001":          "",
		"999":                   "",
		"0999":                  "",
		"+44999":                "",
		"+":                     "",
		"":                      "",
		"00":                    "",
		"0":                     "",
		"+0448081570001":        "",
		"++448081570001":        "",
		"+4480815+70001":        "",
		"+123456789012345":      "+123456789012345",
		"+1234567890123456":     "",
		"*43":                   "",
		"08081570001#":          "",
		"alice":                 "",
		"+44\xff8081570001":     "",
		";0808":                 "",
		strings.Repeat("0", 65): "",
	} {
		if got, ok := number.E164(uk, written); got != want || ok != (want != "") {
			t.Errorf("E164(%q) = %q, %v; want %q", written, got, ok, want)
		}
	}
}

// TestE164Elsewhere has a country without a national prefix and with one of other length.
func TestE164Elsewhere(t *testing.T) {
	spain := dialplan.Numbering{Country: "34", International: "00", Outside: "0"}
	hungary := dialplan.Numbering{Country: "36", National: "06", International: "00"}
	for _, c := range []struct {
		n             dialplan.Numbering
		written, want string
	}{
		{spain, "+34910000000", "+34910000000"},
		{spain, "910000000", ""},
		{hungary, "0612345678", "+3612345678"},
		{hungary, "003612345678", "+3612345678"},
		{hungary, "12345678", ""},
		{dialplan.Numbering{}, "+3612345678", "+3612345678"},
		{dialplan.Numbering{}, "0612345678", ""},
	} {
		if got, _ := number.E164(c.n, c.written); got != c.want {
			t.Errorf("E164(%q) = %q, want %q", c.written, got, c.want)
		}
	}
}

func TestRead(t *testing.T) {
	uk := dialplan.UnitedKingdom()
	for called, want := range map[string]number.Dialled{
		"901632960123":     {Outside: "+441632960123"},
		"9+441632960123":   {Outside: "+441632960123"},
		"9-01632 960123":   {Outside: "+441632960123"},
		"01632960123":      {OnNet: "+441632960123"},
		"9101":             {Outside: "101"},
		"9118500":          {Outside: "118500"},
		"101":              {},
		"9":                {},
		"92345":            {},
		"":                 {},
		"9alice":           {},
		"+441632960123":    {OnNet: "+441632960123"},
		"9900441632960123": {},
	} {
		if got := number.Read(uk, called); got != want {
			t.Errorf("Read(%q) = %+v, want %+v", called, got, want)
		}
	}
	// Where 0 gets a line, what starts with 0 has two readings.
	germany := dialplan.Numbering{Country: "49", National: "0", International: "00", Outside: "0"}
	want := number.Dialled{OnNet: "+301234567", Outside: "+49301234567"}
	if got := number.Read(germany, "00301234567"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestClean(t *testing.T) {
	longest := strings.Repeat("1", 64)
	for written, want := range map[string]string{
		longest: longest, longest + "1": "",
		"*43": "*43", "9 999": "9999", "(0)1/2.3-4": "01234", "#1": "#1", " ": "", "1\n2": "", "a": "", "\u0661": "",
	} {
		if got, ok := number.Clean(written); got != want || ok != (want != "") {
			t.Errorf("Clean(%q) = %q, %v; want %q", written, got, ok, want)
		}
	}
}

func FuzzE164(f *testing.F) {
	for _, s := range []string{"+448081570001", "00448081570001", "08081570001", "9+448081570001", "*43", "+44 (0)", "", "9"} {
		f.Add(s)
	}
	uk := dialplan.UnitedKingdom()
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := number.E164(uk, s)
		if ok != number.Valid(got) {
			t.Fatalf("E164(%q) = %q, %v", s, got, ok)
		}
		if again, _ := number.E164(uk, got); again != got {
			t.Fatalf("E164(%q) = %q, of which it makes %q", s, got, again)
		}
		read := number.Read(uk, s)
		if read.OnNet != got {
			t.Fatalf("Read(%q) = %+v, E164 is %q", s, read, got)
		}
		if ok && number.Read(uk, "9"+got).Outside != got {
			t.Fatalf("9%s is not %s behind the outside prefix", got, got)
		}
	})
}

func BenchmarkE164(b *testing.B) {
	uk := dialplan.UnitedKingdom()
	b.ReportAllocs()
	for b.Loop() {
		number.E164(uk, "00448081570001")
	}
}
