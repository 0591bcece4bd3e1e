package plan

import (
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/source"
)

// Limits of asking for digits.
const (
	usualTries   = 3
	maxDigits    = 32
	longestFirst = time.Minute
)

// asks reads what is common to who asks for digits.
func (r *stepReader) asks(most int) (ask func(expr.Facts) (dialplan.Ask, error), tries int) {
	prompts, language := r.prompts(true), r.language()
	tries = r.int("tries", usualTries, 1, flow.MaxTries)
	base := dialplan.Ask{Most: most, First: r.span("max_wait", flow.FirstKey, time.Second, longestFirst), Between: flow.NextKey}
	if most > 1 {
		base.End = "#"
	}
	return func(f expr.Facts) (dialplan.Ask, error) {
		heard, err := say(prompts, language, f)
		out := base
		out.Prompts, out.Language = heard.Prompts, heard.Language
		return out, err
	}, tries
}

const keysOfAPhone = "0123456789*#"

func readMenu(r *stepReader) flow.Action {
	ask, tries := r.asks(1)
	m := flow.Menu{Ask: ask, Tries: tries}
	lines := map[string]int{}
	for _, b := range r.b.Blocks("key", 1, len(keysOfAPhone)) {
		set, next := r.assigns(b, "set"), r.target(b, "next")
		b.Done()
		for _, digit := range b.Labels {
			first, again := lines[digit]
			switch {
			case len(digit) != 1 || !strings.Contains(keysOfAPhone, digit):
				b.Fault(b.At, "%q is no key of a phone; write one of %s", digit, keysOfAPhone)
			case again:
				b.Fault(b.At, "key %q is written twice; the first is in line %d", digit, first)
			}
			lines[digit] = b.At.Line
			m.Keys = append(m.Keys, flow.Key{Digit: digit, Set: set, Next: next})
			r.say("key "+digit, next.String())
		}
	}
	if len(m.Keys) == 0 {
		r.b.Fault(r.b.At, "%s has no key; write: key \"1\" { next = step.NAME }", r.where())
	}
	return m
}

func readCollect(r *stepReader) flow.Action {
	least, most := r.int("least", 1, 1, maxDigits), r.int("most", maxDigits, 1, maxDigits)
	if least > most {
		r.b.Fault(r.b.Pos("least"), "least is %d, above most, which is %d", least, most)
	}
	ask, tries := r.asks(most)
	into := ""
	switch n := r.b.Expr("into"); {
	case n == nil:
		r.b.Fault(r.b.At, "%s needs into; write: into = ATTRIBUTE", r.where())
	case n.Op != source.OpName || !r.compiler.scope.attributes[n.Text]:
		r.b.Fault(n.At, "there is no attribute %q; %s", n.Text, source.Suggest(n.Text, r.compiler.scope.objects["attribute"]))
	default:
		into = n.Text
		r.say("into", into)
	}
	if values := r.plan.values[into]; len(values) > 0 {
		r.b.Fault(r.b.Pos("into"), "attribute %q has its values; digits go into one without", into)
	}
	return flow.Collect{Ask: ask, Tries: tries, Least: least, Into: into}
}
