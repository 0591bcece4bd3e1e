package expr_test

import (
	"testing"

	"strowger/dialplan/expr"
)

// FuzzExpr: no text makes compiling or answering fail otherwise than by a fault; what is
// answered has the type that was said; and the canonical form means the same.
func FuzzExpr(f *testing.F) {
	for _, seed := range []string{
		`1 + 2 * lines`, `!open(hours.line)`, `language == "cy" ? 2 : 0`, `"21${lines}"`, `limit > "5m"`,
		`waiting(queue.claims) > 3 || up(trunk.x) && !switch.notice`, `matches(caller, "^\\+44")`, `-lines % 0`,
		`share(20)`, `"$${a} %%{b}"`, `[1, 2]`, `{ a = 1 }`, `a.b.c`, `listed(table.vip, "${caller}")`, `--1`, `!!true`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, faults := compile(t, text, scope{"claims"}, 0)
		if e == nil {
			if len(faults) == 0 {
				n, _ := node(t, text)
				if n != nil {
					t.Fatal("nothing, and no fault")
				}
			}
			return
		}
		v, err := e.Eval(day())
		if err == nil && v.Type != e.Type {
			t.Fatalf("%v is a %v, not a %v", v, v.Type, e.Type)
		}
		again, faults := compile(t, e.Source, scope{"claims"}, 0)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", e.Source, faults)
		}
		if again.Source != e.Source {
			t.Fatalf("%s read again is %s", e.Source, again.Source)
		}
		if w, err := again.Eval(day()); err == nil && e.Type != expr.Span && w != v {
			t.Fatalf("%s was %v and is %v", e.Source, v, w)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	e, faults := compile(b, `!open(hours.line) || language == "cy" && waiting(queue.claims) > 30 && expected_wait(queue.claims) > "5m"`, scope{}, expr.Truth)
	if len(faults) > 0 {
		b.Fatal(faults)
	}
	w := day()
	b.ReportAllocs()
	for b.Loop() {
		w.asked = w.asked[:0]
		_, _ = e.Eval(w)
	}
}
