package expr_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"strowger/dialplan/expr"
	"strowger/dialplan/source"
)

// world are facts and a scope.
type world struct {
	names  map[string]expr.Value
	inputs map[string]expr.Value
	asked  []string
	notes  []string
	noting bool
}

func (w *world) At() time.Time               { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }
func (w *world) Name(name string) expr.Value { return w.names[name] }
func (w *world) Noting() bool                { return w.noting }
func (w *world) Note(line string)            { w.notes = append(w.notes, line) }

func (w *world) Input(key string) (expr.Value, bool) {
	w.asked = append(w.asked, key)
	v, ok := w.inputs[key]
	return v, ok
}

type scope struct{ queue string }

var names = map[string]expr.Value{
	"caller": expr.TextOf("+441632960123"), "language": expr.TextOf("cy"),
	"lines": expr.NumberOf(3), "limit": expr.SpanOf(5 * time.Minute), "urgent": expr.TruthOf(true),
}

func (scope) Name(name string) (expr.Type, bool) {
	v, ok := names[name]
	return v.Type, ok
}
func (scope) Names() []string { return slices.Collect(maps.Keys(names)) }

func (scope) Objects(kind string) []string {
	return map[string][]string{
		"switch": {"notice"}, "queue": {"claims"}, "hours": {"line"}, "group": {"leeds"}, "table": {"vip"},
	}[kind]
}

func (scope) Hours(string) expr.Calendar { return calendar{} }
func (scope) Table(string) expr.List     { return list{} }
func (s scope) Queue() string            { return s.queue }

type calendar struct{}

func (calendar) Open(at time.Time) (bool, string) { return at.Hour() < 18, "mon 08:00-18:00" }

type list struct{}

func (list) Has(key string) bool { return key == "+441632960123" }

func day() *world {
	return &world{names: names, inputs: map[string]expr.Value{
		"switch.notice": expr.TruthOf(true), "hours.line": expr.TextOf(""),
		"queue.claims.waiting": expr.NumberOf(40), "queue.claims.expected_wait": expr.SpanOf(12 * time.Minute),
		"queue.claims.agents_ready": expr.NumberOf(0), "group.leeds.reachable": expr.NumberOf(2),
		"trunk.carrier.up": expr.TruthOf(false),
	}}
}

func node(tb testing.TB, text string) (*source.Node, source.Diagnostics) {
	tb.Helper()
	var faults source.Diagnostics
	b := source.ParsePlan("p", []byte("e = "+text+"\n"), &faults)
	if b == nil {
		return nil, faults
	}
	n := b.Expr("e")
	b.Done()
	return n, faults
}

func compile(tb testing.TB, text string, s expr.Scope, want expr.Type) (*expr.Expr, source.Diagnostics) {
	tb.Helper()
	n, faults := node(tb, text)
	if n == nil || len(faults) > 0 {
		return nil, faults
	}
	return expr.Compile(n, s, want)
}

func TestValues(t *testing.T) {
	for text, want := range map[string]string{
		`1 + 2 * 3`: "7", `(1 + 2) * 3`: "9", `7 / 2`: "3", `7 % 2`: "1", `-lines`: "-3", `1 / 0`: "0", `1 % 0`: "0",
		`9223372036854775807 + 1`: "9223372036854775807", `-9223372036854775807 - 2`: "-9223372036854775808",
		`-9223372036854775807 * 2`: "-9223372036854775808", `4611686018427387904 * 2`: "9223372036854775807",
		`lines == 3`: "true", `lines != 3`: "false", `lines < 3`: "false", `lines <= 3`: "true", `lines >= 4`: "false",
		`language == "cy" ? 2 : 0`: "2", `!urgent`: "false", `urgent && lines > 5`: "false", `urgent || lines > 5`: "true",
		`"21${lines}"`: "213", `"${language}"`: "cy", `"a$${b}"`: "a${b}", `"wait ${limit}"`: "wait 5m0s",
		`limit > "4m"`: "true", `"4m" > limit`: "false", `limit + "1m" == "6m"`: "true", `limit * 2`: "10m0s",
		`open(hours.line)`: "true", `switch.notice`: "true", `waiting(queue.claims) > 39`: "true",
		`expected_wait(queue.claims) > "5m"`: "true", `agents_ready(queue.claims) == 0`: "true",
		`reachable(group.leeds) < 2`: "false", `up(trunk.carrier)`: "false",
		`listed(table.vip, caller)`: "true", `listed(table.vip, "x")`: "false",
		`starts(caller, "+4416")`: "true", `matches(caller, "^\\+44(16|20)")`: "true", `matches(caller, "7$")`: "false",
		`share(100)`: "true", `share(0)`: "false",
	} {
		e, faults := compile(t, text, scope{}, 0)
		if len(faults) > 0 {
			t.Errorf("%s: %v", text, faults)
			continue
		}
		v, err := e.Eval(day())
		if err != nil || v.String() != want || v.Type != e.Type {
			t.Errorf("%s = %v (%v, %v), want %s", text, v, v.Type, err, want)
		}
	}
}

// TestOwnQueue: in a step of a queue its figures stand alone.
func TestOwnQueue(t *testing.T) {
	e, faults := compile(t, `expected_wait > "5m" && waiting < 50`, scope{"claims"}, expr.Truth)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	w := day()
	if v, err := e.Eval(w); err != nil || !v.Truth() {
		t.Errorf("%v, %v", v, err)
	}
	if want := []string{"queue.claims.expected_wait", "queue.claims.waiting"}; !slices.Equal(w.asked, want) {
		t.Errorf("it asked %q", w.asked)
	}
}

// TestAsksNoMore: what does not decide is not asked, so that it need not be recorded.
func TestAsksNoMore(t *testing.T) {
	for text, want := range map[string]string{
		`switch.notice || open(hours.line)`:                                     "switch.notice",
		`!switch.notice && open(hours.line)`:                                    "switch.notice",
		`switch.notice ? lines > 1 : open(hours.line)`:                          "switch.notice",
		`switch.notice && up(trunk.carrier)`:                                    "switch.notice trunk.carrier.up",
		`reachable(group.leeds) > 5 && switch.notice || up(trunk.carrier)`:      "group.leeds.reachable trunk.carrier.up",
		`waiting(queue.claims) + agents_ready(queue.claims) > 1 && lines > 100`: "queue.claims.waiting queue.claims.agents_ready",
	} {
		e, faults := compile(t, text, scope{}, expr.Truth)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", text, faults)
		}
		w := day()
		if _, err := e.Eval(w); err != nil {
			t.Error(err)
		}
		if got := strings.Join(w.asked, " "); got != want {
			t.Errorf("%s asked %s, want %s", text, got, want)
		}
	}
}

// TestMissing: what nobody knows is named.
func TestMissing(t *testing.T) {
	for text, want := range map[string]string{
		`switch.notice`: "switch.notice", `open(hours.line)`: "hours.line", `lines > 1 && up(trunk.x)`: "trunk.x.up",
		`"${waiting(queue.claims)}"`: "queue.claims.waiting", `listed(table.vip, "${lines}") || switch.notice`: "switch.notice",
		`(switch.notice ? 1 : 2) == 1`: "switch.notice", `-waiting(queue.claims) < 1`: "queue.claims.waiting",
	} {
		e, faults := compile(t, text, scope{}, 0)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", text, faults)
		}
		_, err := e.Eval(&world{names: names})
		missing, ok := errors.AsType[expr.MissingError](err)
		if !ok || missing.Key != want || err.Error() != want+" is not known" {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestForcedHours: an override beats the calendar.
func TestForcedHours(t *testing.T) {
	e, _ := compile(t, `open(hours.line)`, scope{}, expr.Truth)
	for forced, want := range map[string]bool{"": true, expr.ForcedOpen: true, expr.ForcedClosed: false} {
		w := day()
		w.inputs["hours.line"] = expr.TextOf(forced)
		if v, err := e.Eval(w); err != nil || v.Truth() != want {
			t.Errorf("forced %q: %v, %v", forced, v, err)
		}
	}
}

// TestNotes: who asks why is told what decided.
func TestNotes(t *testing.T) {
	const text = `open(hours.line) && switch.notice && listed(table.vip, caller) && share(99)`
	e, faults := compile(t, text, scope{}, expr.Truth)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	w := day()
	w.noting = true
	if _, err := e.Eval(w); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(w.notes, "\n")
	const want = `hours.line are open: mon 08:00-18:00
switch.notice is true
"+441632960123" is in table vip
the caller is number 91 of 0 to 99, share is 99`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestShare: callers spread evenly, and each is always on the same side.
func TestShare(t *testing.T) {
	e, _ := compile(t, `share(20)`, scope{}, expr.Truth)
	in := 0
	for i := range 10_000 {
		w := &world{names: map[string]expr.Value{"caller": expr.TextOf("+4416329" + expr.NumberOf(int64(60_000+i)).String())}}
		first, _ := e.Eval(w)
		again, _ := e.Eval(w)
		if first != again {
			t.Fatal("the same caller came to both sides")
		}
		if first.Truth() {
			in++
		}
	}
	if in < 1800 || in > 2200 {
		t.Errorf("%d of 10,000 callers are in 20 %%", in)
	}
}

// TestConstant: what asks for nothing is known at once.
func TestConstant(t *testing.T) {
	for text, want := range map[string]string{
		`1 + 2`: "3", `"a${1}"`: "a1", `true && false`: "false", `starts("abc", "a") ? "x" : "y"`: "x",
		`lines`: "", `lines * 0`: "", `switch.notice`: "", `share(100)`: "", `open(hours.line)`: "",
	} {
		e, faults := compile(t, text, scope{}, 0)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", text, faults)
		}
		v, ok := e.Constant()
		if ok != (want != "") || v.String() != want {
			t.Errorf("%s: %v %v", text, v, ok)
		}
	}
	if v, ok := expr.Of(expr.TextOf("x")).Constant(); !ok || v.String() != "x" {
		t.Error("a constant is none")
	}
}

// TestSource: two writings of the same have one form.
func TestSource(t *testing.T) {
	for text, want := range map[string]string{
		`(lines>1)`:                  `lines > 1`,
		`!(urgent&&switch.notice)`:   `!(urgent && switch.notice)`,
		`open( hours.line )`:         `open(hours.line)`,
		`"21${ lines }"`:             `"21${lines}"`,
		`limit > "300s"`:             `limit > "5m0s"`,
		`(1+2)*lines`:                `3 * lines`,
		`lines * (lines + 1)`:        `lines * (lines + 1)`,
		`language=="cy"?2:0`:         `(language == "cy") ? 2 : 0`,
		`matches(caller, "a\\.")`:    `matches(caller, "a\\.")`,
		`"q\"${lines}\n$${x}"`:       `"q\"${lines}\n$${x}"`,
		`"${language}"`:              `"${language}"`,
		`listed(table.vip, caller)`:  `listed(table.vip, caller)`,
		`-waiting(queue.claims) < 3`: `-waiting(queue.claims) < 3`,
	} {
		e, faults := compile(t, text, scope{}, 0)
		if len(faults) > 0 {
			t.Fatalf("%s: %v", text, faults)
		}
		if e.Source != want {
			t.Errorf("%s is %s, want %s", text, e.Source, want)
		}
		again, faults := compile(t, e.Source, scope{}, 0)
		if len(faults) > 0 || again.Source != e.Source {
			t.Errorf("%s read again is %v, %v", e.Source, again, faults)
		}
	}
}

func TestTrunks(t *testing.T) {
	e, _ := compile(t, `up(trunk.a) || up(trunk.b)`, scope{}, expr.Truth)
	if !slices.Equal(e.Trunks, []string{"a", "b"}) {
		t.Errorf("it asks about %q", e.Trunks)
	}
}

func TestReads(t *testing.T) {
	for _, c := range []struct {
		typ  expr.Type
		text string
		want bool
	}{
		{expr.Text, "anything", true},
		{expr.Number, "12", true},
		{expr.Number, "x", false},
		{expr.Span, "5m", true},
		{expr.Span, "5", false},
		{expr.Truth, "true", true},
		{expr.Truth, "yes", false},
		{0, "", false},
	} {
		if got := expr.Reads(c.typ, c.text); got != c.want {
			t.Errorf("%v %q: %v", c.typ, c.text, got)
		}
		if v := expr.Read(c.typ, c.text); c.want && c.typ != expr.Span && v.String() != c.text {
			t.Errorf("%q is read as %v", c.text, v)
		}
	}
}
