package plan

import (
	"slices"
	"strings"

	"strowger/dialplan"
	"strowger/dialplan/source"
)

// cases are those of a forward.
var cases = []string{"always", "busy", "no-answer", "unregistered"}

func readForward(b *source.Body) dialplan.Step {
	f := dialplan.Forward{When: b.String("when", "")}
	switch {
	case !b.Has("when"):
		b.Fault(b.At, "forward needs when; write: when = \"always\"")
	case !slices.Contains(cases, f.When):
		b.Fault(b.Pos("when"), "%q is no case of a forward; %s", f.When, source.Suggest(f.When, cases))
	}
	return f
}

func readQuiet(b *source.Body) dialplan.Step {
	set := b.String("set", "")
	switch {
	case !b.Has("set"):
		b.Fault(b.At, "dnd needs set; write: set = \"on\" or set = \"off\"")
	case set != "on" && set != "off":
		b.Fault(b.Pos("set"), "%q is neither on nor off", set)
	}
	return dialplan.DoNotDisturb{On: set == "on"}
}

// behind is what was dialled where the pattern of a feature code has its ".", without
// the "#" that ends it; "" for a pattern without one.
func (e *Entry) behind(called string) string {
	fixed, open := strings.CutSuffix(e.Pattern, ".")
	if !open || len(called) < len(fixed) {
		return ""
	}
	return strings.TrimSuffix(called[len(fixed):], "#")
}

// describeForward is a forward in one line.
func describeForward(f dialplan.Forward) string {
	text := "forward " + f.When
	if f.Number != "" {
		text += " to " + f.Number
	}
	return text
}

func describeQuiet(d dialplan.DoNotDisturb) string {
	if d.On {
		return "dnd on"
	}
	return "dnd off"
}
