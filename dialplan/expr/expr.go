// Package expr gives the expressions of a plan their meaning. Compile checks names and
// types once; an Expr then answers from Facts, and from nothing else: no clock, no
// I/O, no evaluator of HCL. Its cost is bounded by the text's size.
//
// # The language
//
// Types are text, number, time (a duration, written "5m") and truth. A text literal
// beside a time is read as one. Operators are those of HCL: && || ! == != < <= > >= + - *
// / % and c ? a : b; && || ?: look only at what decides. A text with ${...} joins texts
// and numbers.
//
// Names are the call's (caller, called, trunk, seat, rest, tenant), attributes and a
// flow's parameters. switch.NAME is true while the switch is thrown. Functions:
//
//	open(hours.NAME)             truth: the hours are open at the call's time
//	waiting(queue.NAME)          number of callers waiting
//	expected_wait(queue.NAME)    time
//	agents_ready(queue.NAME)     number
//	reachable(group.NAME)        number of its seats that can be rung
//	up(trunk.NAME)               truth
//	listed(table.NAME, TEXT)     truth: the table has a row with that key
//	starts(TEXT, "+4416")        truth
//	matches(TEXT, "RE2")         truth
//	share(20)                    truth for 20 of 100 callers, the same for the same caller
//
// Trunks belong to the node's configuration: which there are is not known here, and
// Expr.Trunks has those that are named, to be checked.
//
// In a queue step waiting, expected_wait and agents_ready stand alone for that queue's.
//
// # Inputs
//
// What the world says has a key, by which it is asked for, recorded in the ledger and
// given to a simulation: switch.NAME, hours.NAME ("open" or "closed" while overridden,
// else ""), queue.NAME.waiting, queue.NAME.expected_wait, queue.NAME.agents_ready,
// group.NAME.reachable, trunk.NAME.up.
package expr

import (
	"strconv"
	"time"
)

// Type is the type of a value.
type Type uint8

// The types.
const (
	Text Type = iota + 1
	Number
	Span // a duration
	Truth
)

// String is how people call the type.
func (t Type) String() string {
	switch t {
	case Text:
		return "text"
	case Number:
		return "number"
	case Span:
		return "time"
	case Truth:
		return "truth"
	}
	return "nothing"
}

// Value is a value of one of the types. The zero Value is none.
type Value struct {
	Type Type
	text string
	n    int64 // number, nanoseconds, or 1 for true
}

// TextOf is a text.
func TextOf(s string) Value { return Value{Type: Text, text: s} }

// NumberOf is a number.
func NumberOf(n int64) Value { return Value{Type: Number, n: n} }

// SpanOf is a time.
func SpanOf(d time.Duration) Value { return Value{Type: Span, n: int64(d)} }

// TruthOf is true or false.
func TruthOf(b bool) Value {
	v := Value{Type: Truth}
	if b {
		v.n = 1
	}
	return v
}

// Number is that of a number, else 0.
func (v Value) Number() int64 { return v.n }

// Span is that of a time, else 0.
func (v Value) Span() time.Duration { return time.Duration(v.n) }

// Truth tells whether the value is true.
func (v Value) Truth() bool { return v.Type == Truth && v.n == 1 }

// String is the value as it is written in a plan, without quotes.
func (v Value) String() string {
	switch v.Type {
	case Text:
		return v.text
	case Number:
		return strconv.FormatInt(v.n, 10)
	case Span:
		return v.Span().String()
	case Truth:
		return strconv.FormatBool(v.n == 1)
	}
	return ""
}

// literal is the value as it is written in an expression.
func (v Value) literal() string {
	if v.Type == Text || v.Type == Span {
		return quote(v.String())
	}
	return v.String()
}

// Facts are what an expression may ask.
type Facts interface {
	// At is the call's time.
	At() time.Time
	// Name is a name that Scope.Name knows.
	Name(name string) Value
	// Input is what the world says, by key; false if nobody knows.
	Input(key string) (Value, bool)
	// Note is told what decided, a line each, if somebody wants to know: "hours.benefits is
	// closed: holiday: Christmas Day". Noting tells whether anybody does.
	Note(line string)
	Noting() bool
}

// MissingError is the error of an expression that asked for what nobody knows.
type MissingError struct{ Key string }

// Error names the input.
func (m MissingError) Error() string { return m.Key + " is not known" }

// Calendar is hours that are open or not at a time, and why.
type Calendar interface {
	Open(at time.Time) (open bool, why string)
}

// List is a table that can be asked for a key.
type List interface {
	Has(key string) bool
}

// Scope says what names mean where an expression stands.
type Scope interface {
	// Name is the type of a name of the call, an attribute or a parameter.
	Name(name string) (Type, bool)
	// Names are all names of the scope, for who misspelled one.
	Names() []string
	// Objects are the names of a kind: "switch", "queue", "group", "hours", "table".
	Objects(kind string) []string
	Hours(name string) Calendar // of Objects("hours")
	Table(name string) List     // of Objects("table")
	// Queue is the queue of the step, "" if the expression stands in no queue step.
	Queue() string
}

// Expr is a compiled expression. Immutable; safe for concurrent use.
type Expr struct {
	// Type is that of every value it gives.
	Type Type
	// Source is the expression, written in one form.
	Source string
	// Trunks are the trunks that it asks about.
	Trunks []string

	node node
}

// Of is the expression of a constant.
func Of(v Value) *Expr { return &Expr{Type: v.Type, Source: v.literal(), node: constant{v}} }

// Constant is the value of an expression that asks for nothing.
func (e *Expr) Constant() (Value, bool) {
	c, ok := e.node.(constant)
	return c.v, ok
}

// Eval answers. The error is a MissingError.
func (e *Expr) Eval(f Facts) (Value, error) { return e.node.eval(f) }

// Read is a value of a type from its String; none if it is not written so.
func Read(t Type, text string) Value {
	switch t {
	case Text:
		return TextOf(text)
	case Number:
		n, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			return NumberOf(n)
		}
	case Span:
		if d, err := time.ParseDuration(text); err == nil {
			return SpanOf(d)
		}
	case Truth:
		return TruthOf(text == "true")
	}
	return Value{Type: t}
}

// Reads tells whether a text is a value of a type, as String writes it.
func Reads(t Type, text string) bool {
	switch t {
	case Text:
		return true
	case Truth:
		return text == "true" || text == "false"
	case Number:
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil
	case Span:
		_, err := time.ParseDuration(text)
		return err == nil
	}
	return false
}
