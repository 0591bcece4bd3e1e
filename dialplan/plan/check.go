package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/number"
	"strowger/dialplan/source"
)

// Inventory is what a tenant has, for a plan to name.
type Inventory struct {
	Numbering dialplan.Numbering
	// HasSeat tells whether there is a seat of that number. It is asked by Check,
	// and by Decide for the seat that was dialled, so it must be quick and safe for
	// concurrent use. nil means no seats.
	HasSeat func(number string) bool
	Trunks  []string // their names
	Prompts []string // names of the prompt library; "own-number" is always there
	// Spell tells why a value such as "time:now" cannot be spelled. nil: none can.
	Spell func(word string) error
}

// OwnNumber is the prompt that speaks the caller's own number.
const OwnNumber = "own-number"

// Table is one tenant's checked plan, ready to decide. Safe for concurrent use.
type Table struct {
	numbering dialplan.Numbering
	hasSeat   func(string) bool
	numbers   index
	dials     index
	flows     *flow.Tree
	cases     []Case
	switches  []Switch
	groups    map[string][]string // their seats
	zone      *time.Location
	objects   map[string][]string // names by kind
	hours     map[string]expr.Calendar
}

// Check holds the plan against what the tenant has. The Table is nil if there is
// any fault.
func (p *Plan) Check(inv Inventory) (*Table, Diagnostics) {
	if inv.HasSeat == nil {
		inv.HasSeat = func(string) bool { return false }
	}
	c := checker{inv: inv}
	t := &Table{numbering: inv.Numbering, hasSeat: inv.HasSeat, flows: p.tree, groups: p.groups, cases: p.cases, switches: p.switches, zone: p.zone, objects: p.objects, hours: p.hours}
	for _, u := range p.uses {
		c.use(u)
	}
	for i := range p.numbers {
		c.step(&p.numbers[i])
		c.canonical(&p.numbers[i])
		t.numbers.add(&p.numbers[i])
	}
	for i := range p.dials {
		c.step(&p.dials[i])
		c.reachable(t, &p.dials[i])
		t.dials.add(&p.dials[i])
	}
	if c.faults != nil {
		return nil, c.faults.Sorted()
	}
	return t, nil
}

type checker struct {
	inv    Inventory
	faults source.Diagnostics
}

// step checks that what the entry names is there.
func (c *checker) step(e *Entry) {
	switch s := e.Step.(type) {
	case dialplan.Ring:
		for _, seat := range s.Seats {
			if seat != Called {
				c.use(use{"seat", seat, e.Name(), e.Pos})
			}
		}
	case dialplan.Play:
		for _, prompt := range s.Prompts {
			c.use(use{"prompt", prompt, e.Name(), e.Pos})
		}
	case dialplan.Trunk:
		for _, trunk := range s.Trunks {
			c.use(use{"trunk", trunk, e.Name(), e.Pos})
		}
	}
}

// use checks that the tenant has what the plan names.
func (c *checker) use(u use) {
	switch u.kind {
	case "seat":
		if !c.inv.HasSeat(u.name) {
			c.faults.Add(u.at, "%s rings seat %s, which does not exist; add it with: strowger seat add %s", u.where, u.name, u.name)
		}
	case "trunk":
		if !slices.Contains(c.inv.Trunks, u.name) {
			c.faults.Add(u.at, "%s goes out by trunk %q, which does not exist; %s", u.where, u.name, source.Suggest(u.name, c.inv.Trunks))
		}
	case "prompt":
		c.prompt(u)
	}
}

// prompt checks that a prompt is there, or a value can be spelled.
func (c *checker) prompt(u use) {
	switch {
	case u.name == OwnNumber, slices.Contains(c.inv.Prompts, u.name):
	case strings.Contains(u.name, ":") && c.inv.Spell != nil:
		if err := c.inv.Spell(u.name); err != nil {
			c.faults.Add(u.at, "%s: %v", u.where, err)
		}
	default:
		c.faults.Add(u.at, "%s plays %q, which does not exist; %s", u.where, u.name,
			source.Suggest(u.name, append(slices.Clone(c.inv.Prompts), OwnNumber)))
	}
}

// canonical faults a number that no called number is ever turned into.
func (c *checker) canonical(e *Entry) {
	if strings.ContainsAny(e.Pattern, wildcards) {
		return
	}
	if want, ok := number.E164(c.inv.Numbering, e.Pattern); want != e.Pattern {
		instead := "it is no E.164 number"
		if ok {
			instead = "write it " + strconv.Quote(want)
		}
		c.faults.Add(e.Pos, "%s is never reached: %s", e.Name(), instead)
	}
}

// reachable faults a dial entry without wildcards that is a way to write a number
// of the plan, which is looked up first.
func (c *checker) reachable(t *Table, e *Entry) {
	if strings.ContainsAny(e.Pattern, wildcards) {
		return
	}
	read := number.Read(t.numbering, e.Pattern)
	for _, form := range []string{read.OnNet, read.Outside} {
		if hit := t.numbers.find(form); hit != nil {
			c.faults.Add(e.Pos, "%s is never reached: it is a way to dial %s", e.Name(), hit.Name())
			return
		}
	}
}
