package dialplan

import "time"

// Flow has a flow of the plan decide, step by step. A Decision has it for an entry that
// names a flow; the steps of a flow never do.
type Flow struct {
	Name string
	// With are the values of its parameters, by name, as text.
	With map[string]string
	// Rest are the digits that the entry's wildcards stand for.
	Rest string
}

// Answer answers the call, if it is not yet.
type Answer struct{}

// Early lets the caller hear what follows before the call is answered.
type Early struct{}

// Say plays prompts and goes on.
type Say struct {
	Prompts  []string
	Language string // "" is the tenant's
}

// Ask plays prompts and takes digits. Its outcome is the digits, "" if none came.
type Ask struct {
	Prompts  []string
	Language string
	Most     int           // digits; the last one ends it
	First    time.Duration // how long the first digit is waited for after the prompts
	Between  time.Duration // how long the next one
	End      string        // a key that ends the digits and is none of them; "" if there is none
}

// Milliwatt plays the tone of 1004 Hz at 0 dBm0 by which lines are measured.
type Milliwatt struct{}

// Queue has the caller wait for an agent.
type Queue struct {
	Queue    string
	Needs    map[string]int // skill -> least level; an agent without it has 0
	MaxWait  time.Duration  // 0 is without end
	Priority int            // callers of a higher one go first; 0 unless written
	// Offer is a key by which the caller leaves and is called back; nil offers none.
	Offer *Offer
}

// Offer is a callback that a waiting caller may take.
type Offer struct{ Key string }

// Callback has the queue call a number when its turn comes.
type Callback struct {
	Queue  string
	Number string // E.164
	Needs  map[string]int
}

// Agent changes what the agent at the calling seat does.
type Agent struct {
	Do     string // "login", "logout", "ready" or "break"
	Number string // of the agent, for login
	Reason string // of the break
}

// Lookup asks a service over HTTP. Its result is texts by name.
type Lookup struct {
	Service string            // its name in the plan
	Ask     map[string]string // what is sent
	Timeout time.Duration
}

// Record begins or ends a recording of the call.
type Record struct {
	On      bool
	Consent []string // prompts that tell the caller before it begins
}

// Voicemail takes a message for a seat.
type Voicemail struct {
	Seat     string
	Prompts  []string
	Longest  time.Duration
	Language string
}

// Transfer gives the call to a number of another tenant.
type Transfer struct {
	Tenant string
	Number string
	// Keep carries the time that the caller has waited so far.
	Keep bool
}

func (Flow) isStep()      {}
func (Answer) isStep()    {}
func (Early) isStep()     {}
func (Say) isStep()       {}
func (Ask) isStep()       {}
func (Milliwatt) isStep() {}
func (Queue) isStep()     {}
func (Callback) isStep()  {}
func (Agent) isStep()     {}
func (Lookup) isStep()    {}
func (Record) isStep()    {}
func (Voicemail) isStep() {}
func (Transfer) isStep()  {}
