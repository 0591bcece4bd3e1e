package plan_test

import (
	"strings"
	"testing"

	"strowger/dialplan/plan"
	"strowger/dialplan/source/sourcetest"
)

func TestBad(t *testing.T)      { sourcetest.Bad(t, "bad.txtar", check) }
func TestBadFlows(t *testing.T) { sourcetest.Bad(t, "flows.txtar", check) }

func check(name string, text []byte) error {
	p, faults := plan.Parse(name, text)
	if p != nil {
		_, faults = p.Check(inventory())
	}
	return faults.Err()
}

func TestHugeAndDeep(t *testing.T) {
	for name, src := range map[string]string{
		"huge":      strings.Repeat("#", 3<<20),
		"blocks":    strings.Repeat("a {\n", 20_000),
		"lists":     "a = " + strings.Repeat("[", 20_000),
		"mixed":     strings.Repeat("a { ] ", 20_000),
		"not":       "a = " + strings.Repeat("!", 1<<17),
		"minus":     "a = " + strings.Repeat("-", 1<<17) + "1",
		"minus one": "a = " + strings.Repeat("-1", 1<<17),
		"question":  "a = " + strings.Repeat("b ? c : ", 20_000) + "d",
		"templates": "a = " + strings.Repeat("\"${", 20_000),
		"splat":     "a = b" + strings.Repeat("[*]", 20_000),
		"index":     "a = b" + strings.Repeat("[0]", 20_000),
		"dots":      "a = b" + strings.Repeat(".b", 20_000),
		"zeros":     "a = 1e-999999999",
	} {
		t.Run(name, func(t *testing.T) {
			if _, faults := plan.Parse(name, []byte(src)); len(faults) == 0 {
				t.Error("taken as good")
			}
		})
	}
}
