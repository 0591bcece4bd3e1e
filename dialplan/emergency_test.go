package dialplan_test

import (
	"slices"
	"strings"
	"testing"

	"strowger/dialplan"
)

func emergency(tb testing.TB, n dialplan.Numbering, numbers ...string) dialplan.Emergency {
	tb.Helper()
	e, err := dialplan.NewEmergency(n, numbers)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func TestEmergencyMatch(t *testing.T) {
	e := emergency(t, dialplan.UnitedKingdom(), "999", "112", "18000", "101")
	for called, want := range map[string]string{
		"999": "999", "112": "112", "18000": "18000", "101": "101",
		"9999": "999", "9112": "112", "918000": "18000", "9101": "101",
		"9-999": "999", "9 999": "999", "9 1 1 2": "112", "(9)99.9": "999", "9-1-8-0-0-0": "18000",
		"+44999": "999", "0044999": "999", "9+44999": "999", "90044112": "112", "+44-999": "999",
		"999;phone-context=+44": "999", "999#": "999", "9999#;user=phone": "999",
		"urn:service:sos": "999", "urn:service:sos.police": "999", "URN:service:SOS": "999",
		"": "", "99": "", "99999": "", "0999": "", "9990": "", "*999": "", "1999": "", "9118": "", "+999": "",
		"+449991234567": "", "09991234567": "", "urn:service:sosx": "", "urn:service": "",
		"999@x": "", "nine": "", "9\u06619": "", strings.Repeat("9 ", 100): "",
	} {
		if got, ok := e.Match(called); got != want || ok != (want != "") {
			t.Errorf("Match(%q) = %q, %v; want %q", called, got, ok, want)
		}
	}
}

func TestEmergencyMatchAlways(t *testing.T) {
	for name, n := range map[string]dialplan.Numbering{
		"none": {}, "uk": dialplan.UnitedKingdom(), "zero": {Country: "49", National: "0", International: "00", Outside: "0"},
	} {
		e := emergency(t, n)
		for _, number := range dialplan.AlwaysEmergency {
			for _, form := range []string{number, n.Outside + number} {
				if got, ok := e.Match(form); !ok || got != number {
					t.Errorf("%s: Match(%q) = %q, %v", name, form, got, ok)
				}
			}
		}
		if got := e.Numbers(); !slices.Equal(got, dialplan.AlwaysEmergency[:]) {
			t.Errorf("%s: numbers are %v", name, got)
		}
	}
}

func TestEmergencyZero(t *testing.T) {
	var e dialplan.Emergency
	for _, called := range []string{"999", "urn:service:sos", ""} {
		if got, ok := e.Match(called); ok {
			t.Errorf("Match(%q) = %q", called, got)
		}
	}
}

func TestEmergencyShortened(t *testing.T) {
	for _, numbers := range [][]string{
		{"999"},
		{"101"},
		{"999", "112"},
		{"999", "112", "18000", "1"},
		{"999", "112", "18000", "+112"},
		{"999", "112", "18000", "1180001"},
		slices.Repeat([]string{"999", "112", "18000"}, 20),
	} {
		if _, err := dialplan.NewEmergency(dialplan.UnitedKingdom(), numbers); err == nil {
			t.Errorf("%v is taken as good", numbers)
		}
	}
	_, err := dialplan.NewEmergency(dialplan.UnitedKingdom(), []string{"112"})
	want := "the list of emergency numbers may be extended, never shortened; add \"999\"\n" +
		"the list of emergency numbers may be extended, never shortened; add \"18000\""
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestEmergencyFaults(t *testing.T) {
	e := emergency(t, dialplan.UnitedKingdom())
	good := dialplan.Place{Seat: "1001", SiteNumber: "+441632960100"}
	if got := e.Faults("demo", []dialplan.Place{good}, []string{"carrier"}); got != nil {
		t.Errorf("faults of what is right: %q", got)
	}
	got := e.Faults("demo", []dialplan.Place{good, {Seat: "1002"}, {Seat: "9112", SiteNumber: "+441632960100"}}, nil)
	want := []string{
		`tenant "demo" has no emergency trunk; write in its block: emergency { trunks = ["NAME"] }`,
		`seat 1002 of tenant "demo" has no site number, emergency services could not ring back; set site_number`,
		`seat 9112 of tenant "demo" can never be called, its number reaches 112; give it another`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func BenchmarkEmergencyMatch(b *testing.B) {
	e := emergency(b, dialplan.UnitedKingdom())
	b.ReportAllocs()
	for b.Loop() {
		e.Match("908081570001")
	}
}
