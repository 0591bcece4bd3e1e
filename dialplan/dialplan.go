// Package dialplan decides where a call goes. It is pure: no clock, no I/O, no
// SIP. A Plan is parsed and checked once; Decide answers a Question from it and
// from nothing else, so any decision can be repeated and explained.
//
// # Decisions
//
//   - What arrives from trunks (number) and what seats dial (dial) are two
//     lists. A trunk's question never looks at the dial list.
//   - Emergency numbers are recognised before the plan and outside of it:
//     Emergency tells, Decide never sees them.
//   - Numbers are compared as E.164 with "+"; the national writing is
//     normalised first (package number), by the tenant's Numbering.
package dialplan

import "time"

// Origin says which list of the plan applies.
type Origin uint8

// The origins of a call.
const (
	FromTrunk Origin = iota + 1
	FromSeat
)

// Question is what a decision depends on.
type Question struct {
	Tenant string
	Origin Origin
	Trunk  string // FromTrunk: its name
	Seat   string // FromSeat: the seat's number
	Called string // as dialled: +448081570001, 0044..., 0..., *43, 9...
	Caller string // as presented; "" if withheld
	At     time.Time
	// Presentation is the calling seat's presentation number, for the trunk step.
	Presentation string
}

// Decision is the answer: what to do, and why.
type Decision struct {
	Entry  string   // the plan entry that matched: `number "+448081570001"`; "" if none
	Called string   // the called number in its canonical form
	Step   Step     // never nil; Reject if nothing matched
	Why    []string // one line for each rule looked at, for explain and simulate
}

// Step is what happens to the call.
type Step interface{ isStep() }

// Ring rings seats together; the first to answer has the call.
type Ring struct {
	Seats   []string
	Timeout time.Duration // 30 s unless the plan says otherwise
	// Follow rings, of seats that ring together, those that forward all their calls where
	// they forward them to; without it they are left out. A seat alone is always followed.
	Follow bool
	// InOrder rings them one after another instead, each for Timeout.
	InOrder bool
}

// Echo sends the caller's sound back.
type Echo struct{}

// Play answers, plays prompts and hangs up.
type Play struct {
	// Prompts are names of the prompt library, or values to be spelled, such as
	// "time:now"; "own-number" speaks the caller's number.
	Prompts []string
}

// Reject refuses the call.
type Reject struct {
	Status int    // SIP status, 400 to 699
	Reason string // reason phrase for people
}

// Trunk sends the call out.
type Trunk struct {
	Trunks       []string // in order of trying
	Number       string   // E.164 with "+", or a short national number (101)
	Presentation string   // E.164 caller number to present
	Timeout      time.Duration
	// Channels is the most calls that go out by this step at a time; 0 is any number.
	Channels int
	// Withhold has the number not shown.
	Withhold bool
}

// Forward sets where calls to the calling seat go.
type Forward struct {
	When   string // "always", "busy", "no-answer" or "unregistered"
	Number string // as the seat would dial it; "" ends the forward
}

// DoNotDisturb has the phones of the calling seat not ring, or ring again.
type DoNotDisturb struct{ On bool }

// Pickup answers a call that rings elsewhere.
type Pickup struct {
	Seat string // whose phone rings; "" is any of the calling seat's pick-up group
}

// Park keeps a call, which is transferred to it, until somebody retrieves it.
type Park struct {
	First, Last int           // the places, numbers of the same length
	Place       string        // the one that was dialled; "" is any that is free
	Timeout     time.Duration // then who parked it is rung; 2 min unless the plan says otherwise
}

// Retrieve takes a parked call.
type Retrieve struct{ Place string }

// Supervise has the calling seat hear a seat that talks, and be heard as Mode says.
type Supervise struct {
	Mode string // "listen", "whisper" or "barge"
	Seat string // whom
}

// Conference joins the caller to a conference, which the first one opens.
type Conference struct {
	Room  string // its name; the number that was dialled, or the digits behind its code
	Limit int    // of members, 2 to 30
	PIN   string // digits that who comes must press; "" asks for none
	Music bool   // who is alone in it hears music
}

func (Ring) isStep()         {}
func (Echo) isStep()         {}
func (Play) isStep()         {}
func (Reject) isStep()       {}
func (Trunk) isStep()        {}
func (Forward) isStep()      {}
func (DoNotDisturb) isStep() {}
func (Pickup) isStep()       {}
func (Park) isStep()         {}
func (Retrieve) isStep()     {}
func (Supervise) isStep()    {}
func (Conference) isStep()   {}
