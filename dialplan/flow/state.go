package flow

import (
	"maps"
	"time"

	"strowger/dialplan/expr"
)

// Call are the facts of a call that do not change while flows run.
type Call struct {
	Tenant string
	Caller string // as presented, E.164 or a seat; "" if withheld
	Called string // in canonical form
	Trunk  string // that it came by; "" from a seat
	Seat   string // that calls; "" from a trunk
	Rest   string // the digits that the entry's wildcards stand for
	// Presentation is the calling seat's number for others; "" from a trunk.
	Presentation string
}

// State is a call's place in a Tree, as a checkpoint keeps it. Steps are named, not
// counted: another build of the same version finds them again.
type State struct {
	Call       Call
	Frames     []Frame           // the innermost last; none: it has ended
	Attributes map[string]string // what is set; others have the tree's defaults
	Tries      int               // how often the menu that is asked has been
	Waits      bool              // an act is being done
}

// Frame is a flow that runs.
type Frame struct {
	Flow string
	Step string
	With map[string]string // its parameters
}

// Begin is the place before the first step of a flow.
func Begin(call Call, flow string, with map[string]string) State {
	return State{Call: call, Frames: []Frame{{Flow: flow, With: maps.Clone(with)}}}
}

// Clone is a copy that shares nothing.
func (s *State) Clone() State {
	out := *s
	out.Frames = make([]Frame, len(s.Frames))
	for i, f := range s.Frames {
		f.With = maps.Clone(f.With)
		out.Frames[i] = f
	}
	out.Attributes = maps.Clone(s.Attributes)
	return out
}

// World is what the world says while a step is taken.
type World interface {
	At() time.Time
	Input(key string) (expr.Value, bool)
}

// facts are what expressions of the running step may ask.
type facts struct {
	world World
	tree  *Tree
	state *State
	frame *Frame
	flow  *Flow
	notes *[]string // nil: nobody wants to know
}

func (f *facts) At() time.Time                       { return f.world.At() }
func (f *facts) Input(key string) (expr.Value, bool) { return f.world.Input(key) }
func (f *facts) Noting() bool                        { return f.notes != nil }

func (f *facts) Note(line string) {
	if f.notes != nil && len(*f.notes) < maxNotes {
		*f.notes = append(*f.notes, line)
	}
}

// maxNotes bounds what is told of one step.
const maxNotes = 32

// Name is a parameter before an attribute before a fact of the call.
func (f *facts) Name(name string) expr.Value {
	if text, ok := f.frame.With[name]; ok {
		for _, p := range f.flow.Params {
			if p.Name == name {
				return expr.Read(p.Type, text)
			}
		}
	}
	if text, ok := f.state.Attributes[name]; ok {
		return expr.TextOf(text)
	}
	if text, ok := f.tree.Defaults[name]; ok {
		return expr.TextOf(text)
	}
	return expr.TextOf(f.state.Call.Name(name))
}

// Names are the names of a call's facts in expressions.
func Names() []string {
	return []string{"caller", "called", "trunk", "seat", "rest", "tenant"}
}

// Name is the fact of a name of Names.
func (c *Call) Name(name string) string {
	switch name {
	case "caller":
		return c.Caller
	case "called":
		return c.Called
	case "trunk":
		return c.Trunk
	case "seat":
		return c.Seat
	case "rest":
		return c.Rest
	case "tenant":
		return c.Tenant
	}
	return ""
}
