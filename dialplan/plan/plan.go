package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/source"
)

// Diagnostics are the faults of a plan: an error of one line for each, with file
// and line.
type Diagnostics = source.Diagnostics //nolint:errname // a list, and an error only if it is not empty

// Plan is a parsed plan. It does not change.
type Plan struct {
	numbers, dials []Entry
	tree           *flow.Tree
	order          []string // flows, in the order of the text
	switches       []Switch
	cases          []Case
	zone           *time.Location
	objects        map[string][]string // names by kind
	hours          map[string]expr.Calendar

	// What checking needs.
	uses   []use
	steps  []placed
	ways   map[*flow.Step]way
	values map[string][]string // of attributes
	groups map[string][]string // their seats
	queues map[string][]string // their skills

	// means is what the blocks other than numbers and dials say, by their names.
	means map[string]string
}

// Entry is one number or pattern of a plan.
type Entry struct {
	List    string // "number" or "dial"
	Pattern string // as written
	// Step is what happens. A Ring whose only seat is Called rings the seat that
	// was dialled; a Trunk has neither Number nor Presentation yet.
	Step dialplan.Step
	Pos  source.Pos
	// with are the parameters of the flow that it leads to.
	with []flow.Assign
	// seat is the text that gives the seat it rings; nil if Step says it.
	seat *expr.Expr
}

// flowName is the flow that it leads to, or "".
func (e *Entry) flowName() string {
	f, _ := e.Step.(dialplan.Flow)
	return f.Name
}

// Called stands in a Ring's seats for the seat that was dialled.
const Called = "called"

// Name is how people call the entry: number "+448081570001".
func (e Entry) Name() string { return e.List + " " + strconv.Quote(e.Pattern) }

// Describe is what happens, in one line, the same for the same meaning.
func (e Entry) Describe() string {
	switch {
	case e.seat != nil:
		return "ring " + e.seat.Source + " for " + defaultRing.String()
	case len(e.with) > 0:
		given := make([]string, len(e.with))
		for i, a := range e.with {
			given[i] = a.Name + " " + a.Value.Source
		}
		return Describe(e.Step) + " with " + strings.Join(given, " ")
	}
	return Describe(e.Step)
}

// Describe is a step in one line: ring 1001 1002 for 30s.
func Describe(step dialplan.Step) string {
	switch s := step.(type) {
	case dialplan.Ring:
		text := fmt.Sprintf("ring %s for %v", strings.Join(s.Seats, " "), s.Timeout)
		if s.Follow {
			text += ", wherever they forward their calls to"
		}
		return text
	case dialplan.Echo:
		return "echo"
	case dialplan.Play:
		return "play " + strings.Join(s.Prompts, " ")
	case dialplan.Reject:
		return fmt.Sprintf("reject %d %s", s.Status, s.Reason)
	case dialplan.Trunk:
		text := "trunk " + strings.Join(s.Trunks, " ")
		if s.Number != "" {
			text += " to " + s.Number
		}
		return fmt.Sprintf("%s for %v", text, s.Timeout)
	}
	if text := describeFeature(step); text != "" {
		return text
	}
	return describeAct(step)
}

// Numbers are what trunks may reach, in the order of the text.
func (p *Plan) Numbers() []Entry { return slices.Clone(p.numbers) }

// Dials are what seats may dial, in the order of the text.
func (p *Plan) Dials() []Entry { return slices.Clone(p.dials) }

// meaning is every entry by name, without order, layout and comments.
func (p *Plan) meaning() map[string]string {
	m := make(map[string]string, len(p.numbers)+len(p.dials)+len(p.means))
	maps.Copy(m, p.means)
	for _, e := range slices.Concat(p.numbers, p.dials) {
		m[e.Name()] = e.Describe()
	}
	return m
}

// Hash names the meaning of the plan: 64 hex digits, the same for two texts that
// decide alike.
func (p *Plan) Hash() string {
	m := p.meaning()
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(h, "%q %q\n", name, m[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Change is one difference between two plans.
type Change struct {
	Entry  string // number "+448081570001"
	Before string // what happened; "" if the entry is new
	After  string // what happens; "" if the entry is gone
}

// String is the change in one line, with + for new, - for gone, ~ for changed.
func (c Change) String() string {
	switch {
	case c.Before == "":
		return fmt.Sprintf("+ %s: %s", c.Entry, c.After)
	case c.After == "":
		return fmt.Sprintf("- %s: %s", c.Entry, c.Before)
	default:
		return fmt.Sprintf("~ %s: %s -> %s", c.Entry, c.Before, c.After)
	}
}

// Diff lists what b does otherwise than a, by entry.
func Diff(a, b *Plan) []Change {
	before, after := a.meaning(), b.meaning()
	both := maps.Clone(before)
	maps.Copy(both, after)
	var out []Change
	for _, name := range slices.Sorted(maps.Keys(both)) {
		if before[name] != after[name] {
			out = append(out, Change{name, before[name], after[name]})
		}
	}
	return out
}

// Times of a step.
const (
	defaultRing  = 30 * time.Second
	defaultTrunk = 3 * time.Minute // Timer C (RFC 3261 section 16.6) is not shorter
	shortest     = time.Second
	longest      = 10 * time.Minute
)
