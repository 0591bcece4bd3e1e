package plan

import (
	"slices"
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/number"
	"strowger/dialplan/source"
)

// Limits of an entry.
const (
	maxPattern = 32 // characters
	maxSeats   = 64 // rung together
	maxTrunks  = 16
	maxPrompts = 16
	maxReason  = 100 // bytes of a reject's reason
	maxLabels  = 1000
)

// Parse reads a plan. name is the file's name, for the faults. The Plan is nil if
// there is any.
func Parse(name string, src []byte) (*Plan, Diagnostics) {
	var faults Diagnostics
	c := newCompiler()
	if body := source.ParsePlan(name, src, &faults); body != nil {
		c.compile(body)
	}
	if faults == nil {
		c.checkFlows(&faults)
	}
	if faults != nil {
		return nil, faults.Sorted()
	}
	return c.plan, nil
}

// entries reads the blocks of one list. A pattern may stand in it once.
func (c *compiler) entries(file *source.Body, list string) []Entry {
	var out []Entry
	lines := map[string]int{}
	for _, b := range file.Blocks(list, 1, maxLabels) {
		body := c.entry(b, list)
		for _, pattern := range b.Labels {
			e := body
			e.List, e.Pattern, e.Pos = list, pattern, b.At
			if first, again := lines[pattern]; again {
				b.Fault(b.At, "%s is written twice; the first is in line %d", e.Name(), first)
				continue
			}
			lines[pattern] = b.At.Line
			if fault := patternFault(list, pattern); fault != "" {
				b.Fault(b.At, "%s: %s", e.Name(), fault)
				continue
			}
			out = append(out, e)
		}
	}
	return out
}

// entry reads what happens to an entry's calls: flow, seat, or one step.
func (c *compiler) entry(b *source.Body, list string) Entry {
	switch {
	case b.Has("flow"):
		return c.flowEntry(b)
	case b.Has("seat"):
		e := Entry{Step: dialplan.Ring{Timeout: defaultRing}}
		if n := b.Expr("seat"); n != nil {
			e.seat = c.compileExpr(b, n, c.scope, expr.Text)
		}
		b.Done()
		return e
	}
	return Entry{Step: readStep(b, list)}
}

// flowEntry reads an entry that leads to a flow.
func (c *compiler) flowEntry(b *source.Body) Entry {
	n, with := b.Expr("flow"), b.Expr("with")
	b.Done()
	if n == nil {
		return Entry{}
	}
	name, ok := strings.CutPrefix(n.Text, "flow.")
	if n.Op != source.OpName || !ok {
		b.Fault(n.At, "flow is written without quotes: flow = flow.NAME")
		return Entry{}
	}
	if !c.flowNamed(b, n, name) {
		return Entry{}
	}
	return Entry{Step: dialplan.Flow{Name: name}, with: c.arguments(b, c.scope, name, with, n.At)}
}

// patternFault says what is wrong with a pattern, or nothing.
func patternFault(list, pattern string) string {
	digits := pattern
	if list == "number" {
		rest, ok := strings.CutPrefix(pattern, "+")
		if !ok {
			return "write a number with + and its country code, such as \"+441632960001\""
		}
		digits = rest
	}
	if digits == "" || len(pattern) > maxPattern {
		return "a pattern has 1 to 32 characters"
	}
	for i := range len(digits) {
		switch c := digits[i]; {
		case strings.IndexByte("0123456789*#XZN", c) >= 0:
		case c == '.' && i == len(digits)-1:
		case c == '+' && i == 0 && list == "dial":
		case c == '.':
			return "\".\" stands for the rest of the digits and comes last"
		case strings.IndexByte("xzn", c) >= 0:
			return "write X, Z and N in capitals"
		default:
			return "a pattern has digits, *, #, X (0 to 9), Z (1 to 9), N (2 to 9) and a last \".\""
		}
	}
	if list == "number" && !strings.ContainsAny(digits, "XZN.") && !number.Valid(pattern) {
		return "an E.164 number has 7 to 15 digits after +, the first of them not 0"
	}
	return ""
}

// readers are the steps of the language.
var readers = map[string]func(*source.Body) dialplan.Step{
	"ring":   readRing,
	"echo":   readEcho,
	"play":   readPlay,
	"reject": readReject,
	"trunk":  readTrunk,

	"forward":  readForward,
	"dnd":      readQuiet,
	"pickup":   readPickup,
	"park":     readPark,
	"retrieve": readRetrieve,

	"supervise":  readSupervise,
	"conference": readConference,
}

// readStep reads the one step of an entry; it is nil if that is not to be had.
func readStep(b *source.Body, list string) dialplan.Step {
	var step dialplan.Step
	n := 0
	for typ, read := range readers {
		for _, block := range b.Blocks(typ, 0, 0) {
			step = read(block)
			block.Done()
			n++
		}
	}
	b.Done()
	switch {
	case len(b.BlockTypes()) == 0:
		b.Fault(b.At, "%s has no step; write one of ring, echo, play, reject, trunk, forward, dnd, pickup, park, retrieve, supervise or conference in it", b.Name())
	case n > 1:
		b.Fault(b.At, "%s has %d steps; this version takes one", b.Name(), n)
	}
	if list == "number" {
		switch s := step.(type) {
		case dialplan.Trunk:
			b.Fault(b.At, "%s cannot go out by trunk again, strangers could call through it; use dial", b.Name())
		case dialplan.Ring:
			if slices.Contains(s.Seats, Called) {
				b.Fault(b.At, "%s cannot ring called, which is for dial; name the seats", b.Name())
			}
		case dialplan.Forward, dialplan.DoNotDisturb, dialplan.Pickup, dialplan.Park, dialplan.Retrieve, dialplan.Supervise:
			b.Fault(b.At, "%s is for seats, and strangers are none; use dial", b.Name())
		}
	}
	return step
}

func readRing(b *source.Body) dialplan.Step {
	seats := b.List("seats", true)
	r := dialplan.Ring{Timeout: timeout(b, defaultRing)}
	for _, s := range seats {
		if s.Bare && s.Text != Called {
			b.Fault(s.At, "%s is not known here; write a seat in quotes, or called for the seat that was dialled", s.Text)
		}
		if s.Bare && s.Text == Called && len(seats) > 1 {
			b.Fault(s.At, "called cannot ring together with other seats; write seats = [called]")
		}
		if !s.Bare && !digits(s.Text) {
			b.Fault(s.At, "%q is no seat; a seat is 2 to 15 digits", s.Text)
		}
		r.Seats = append(r.Seats, s.Text)
	}
	needs(b, "seats", seats, maxSeats, `["1001"]`)
	switch how := b.String("forwards", "skip"); {
	case how != "skip" && how != "follow":
		b.Fault(b.Pos("forwards"), "forwards is %q; write skip or follow", how)
	case b.Has("forwards") && len(seats) == 1:
		b.Fault(b.Pos("forwards"), "forwards is for seats that ring together; the calls of one seat always go where it forwards them to")
	default:
		r.Follow = how == "follow"
	}
	return r
}

func readTrunk(b *source.Body) dialplan.Step {
	trunks := b.List("trunks", false)
	t := dialplan.Trunk{Timeout: timeout(b, defaultTrunk)}
	for _, s := range trunks {
		t.Trunks = append(t.Trunks, s.Text)
	}
	needs(b, "trunks", trunks, maxTrunks, `["carrier"]`)
	return t
}

func readEcho(*source.Body) dialplan.Step { return dialplan.Echo{} }

func readPlay(b *source.Body) dialplan.Step {
	var p dialplan.Play
	if prompt := b.String("prompt", ""); prompt != "" {
		p.Prompts = []string{prompt}
	}
	for _, v := range b.List("prompts", false) {
		p.Prompts = append(p.Prompts, v.Text)
	}
	if len(p.Prompts) == 0 || len(p.Prompts) > maxPrompts {
		b.Fault(b.At, "play needs 1 to %d prompts; write: prompt = \"welcome\", or prompts = [\"time-is\", \"time:now\"]", maxPrompts)
	}
	return p
}

func readReject(b *source.Body) dialplan.Step {
	r := dialplan.Reject{Status: b.Int("status", 403, 400, 699), Reason: b.String("reason", "Refused by the dialplan")}
	if len(r.Reason) > maxReason || strings.ContainsFunc(r.Reason, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		b.Fault(b.Pos("reason"), "reason is one line of at most %d bytes", maxReason)
	}
	return r
}

func timeout(b *source.Body, fallback time.Duration) time.Duration {
	return b.Duration("timeout", fallback, shortest, longest)
}

// needs faults a list that is empty or too long.
func needs(b *source.Body, key string, list []source.Value, most int, example string) {
	switch n := len(list); {
	case !b.Has(key):
		b.Fault(b.At, "%s needs %s; write: %s = %s", b.Type, key, key, example)
	case list != nil && n == 0:
		b.Fault(b.Pos(key), "%s is empty; write: %s = %s", key, key, example)
	case n > most:
		b.Fault(b.Pos(key), "%s has %d; at most %d", key, n, most)
	}
}

// digits tells whether s can be a seat's number.
func digits(s string) bool {
	return len(s) >= 2 && len(s) <= 15 && strings.Trim(s, "0123456789") == ""
}
