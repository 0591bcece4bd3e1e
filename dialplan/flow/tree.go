package flow

import (
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
)

// Tree is the flows of a plan. Immutable once built; safe for concurrent use.
type Tree struct {
	Flows map[string]*Flow
	// Defaults are the attributes with their values before any flow sets them.
	Defaults map[string]string
}

// Flow is a list of steps.
type Flow struct {
	Name   string
	Params []Param
	Steps  []*Step
}

// Param is what a flow must be given.
type Param struct {
	Name string
	Type expr.Type
}

// Step is one step of a flow.
type Step struct {
	Name string
	Kind string // the word it is written with: "play"
	Line string // file:line
	When *expr.Expr
	Do   Action
	Next Target            // of success; its zero value is the step below, or Ends
	On   map[string]Target // of other outcomes
	Ends bool              // after success the default is to hang up
}

// Way is how a Target goes on.
type Way uint8

// The ways on.
const (
	Default Way = iota // the step below, or the end
	ToStep
	ToFlow
	Hangup
	Stay
	Return
)

// Target is where it goes on.
type Target struct {
	Way  Way
	Step int    // ToStep: the index in the same flow
	Name string // of the step or flow
	With []Assign
}

// Assign gives a name a value.
type Assign struct {
	Name  string
	Value *expr.Expr
}

// Action is what a step does: Perform, Set, Go, Run, Menu or Collect.
type Action interface{ isAction() }

// Perform is an act of the call. Make completes it with what the call's facts say; its
// error is expr.MissingError.
type Perform struct {
	Make func(f expr.Facts) (dialplan.Step, error)
	// Results are attributes that the event's values of these names are kept in.
	Results map[string]string
}

// Set gives attributes values.
type Set struct{ Assigns []Assign }

// Go goes to the step's Next.
type Go struct{}

// Run runs a flow and returns.
type Run struct {
	Flow string
	With []Assign
}

// Menu asks for one key.
type Menu struct {
	Ask   func(f expr.Facts) (dialplan.Ask, error)
	Tries int // how often it asks, at least 1
	Keys  []Key
}

// Key is a key of a menu.
type Key struct {
	Digit string
	Set   []Assign
	Next  Target
}

// Collect takes digits into an attribute.
type Collect struct {
	Ask   func(f expr.Facts) (dialplan.Ask, error)
	Tries int
	Least int // digits; fewer is a wrong key
	Into  string
}

func (Perform) isAction() {}
func (Set) isAction()     {}
func (Go) isAction()      {}
func (Run) isAction()     {}
func (Menu) isAction()    {}
func (Collect) isAction() {}

// Limits of running.
const (
	MaxSteps  = 256 // between two acts
	MaxFrames = 16  // flows that run each other
	MaxTries  = 10  // of a menu
)

// Outcomes that steps of several kinds have.
const (
	Done     = "" // success
	NoKey    = "no_key"
	WrongKey = "wrong_key"
)

// Times of a menu.
const (
	FirstKey = 6 * time.Second // how long a key is waited for unless the plan says otherwise
	NextKey  = 3 * time.Second // how long the next digit
)
