package trial_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"strowger/dialplan"
	"strowger/dialplan/plan"
	"strowger/dialplan/trial"
)

func inventory() plan.Inventory {
	return plan.Inventory{
		Numbering: dialplan.UnitedKingdom(),
		HasSeat:   func(s string) bool { return len(s) == 4 && s[0] == '1' || len(s) == 4 && s >= "2100" && s <= "2199" },
		Trunks:    []string{"carrier", "carrier_a", "carrier_b"},
		Prompts: []string{
			"announcement", "welcome", "closed", "english_or_welsh", "notice", "sorry", "night", "moved",
			"leave_message", "evacuated", "which",
		},
	}
}

func table(tb testing.TB, file string) *plan.Table {
	tb.Helper()
	return tableOf(tb, filepath.Base(file), text(tb, file))
}

func text(tb testing.TB, file string) string {
	tb.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return string(src)
}

func tableOf(tb testing.TB, name, src string) *plan.Table {
	tb.Helper()
	p, faults := plan.Parse(name, []byte(src))
	if err := faults.Err(); err != nil {
		tb.Fatal(err)
	}
	t, faults := p.Check(inventory())
	if err := faults.Err(); err != nil {
		tb.Fatal(err)
	}
	return t
}

// TestPlans: the plans by which the language is accepted pass their own tests.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/plans/*.hcl")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d plans: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			tab := table(t, file)
			if len(tab.Cases()) < 5 {
				t.Errorf("it has %d tests", len(tab.Cases()))
			}
			for _, c := range tab.Cases() {
				v := trial.Test(tab, c, "demo", func(string) string { return "+441632960101" })
				if v.Fault != "" {
					t.Errorf("%s: %s: %s\n%s", c.Pos, c.Name, v.Fault, strings.Join(v.Path.Taken(), "\n"))
				}
			}
		})
	}
}

// TestFailure: a test that expects something else fails, and says what.
func TestFailure(t *testing.T) {
	tab := table(t, "testdata/plans/benefits.hcl")
	first := tab.Cases()[0]
	for expect, want := range map[string]string{
		"menu language|queue elsewhere": `"queue elsewhere" was not taken`,
		"menu language":                 `it went on behind "menu language": queue wait`,
		"queue wait|menu language":      `"menu language" was not taken`,
		"queue wait":                    "",
		"queue wait|hangup":             `"hangup" was not taken`,
	} {
		c := first
		c.Expect = slices.Collect(strings.SplitSeq(expect, "|"))
		if v := trial.Test(tab, c, "demo", nil); v.Fault != want {
			t.Errorf("expecting %s: %q, want %q", expect, v.Fault, want)
		}
	}
}
