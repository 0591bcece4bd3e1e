package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/message"
)

// Program is what admission decided about a call. Exactly one of Refuse, Replaces, App
// and Stages is set.
type Program struct {
	Caller leg.Party        // who calls
	Answer leg.Answer       // answers the caller's challenges of requests in its dialog; nil: none is answered
	Shown  *identity.Caller // the caller, as shown to others; nil if that is not known
	From   string           // the caller's number for the record
	// Network and Presentation are the caller's numbers, for the record alone; "" if they
	// are not known. Withheld tells that the called party may not see them.
	Network, Presentation string
	Withheld              bool
	To                    string   // the called number in canonical form, for the record
	Version               string   // of the plan; "" if it was not asked
	Entry                 string   // the plan entry that decided
	Why                   []string // the decision explained, one line a rule

	Refuse  *cause.Verdict // the call is refused
	Headers []sip.Header   // of the refusal (challenges, Retry-After)
	Silent  bool           // the refusal is no call: a challenge or a stranger, nothing is recorded

	// Replaces is a dialog whose place the caller takes: it talks to who talked there, or
	// answers the call that rings there. Its tenant has to be the caller's.
	Replaces *message.Replaces

	// Part is what the caller wants there instead of that place.
	Part Part

	// Behalf is for whom the caller, which is a node, takes it over; nil for itself.
	Behalf *Behalf

	// Pick is a call that the caller wants to have. It is looked for before the caller is
	// answered, but for a conference with a PIN, or to which a party is transferred.
	Pick *Pick

	App  App
	Park *Park // AppPark
	// Conference is that of AppConference.
	Conference *Conference
	Prompts    []string      // AppPlay: played in order, then the call ends; AppSay, AppAsk
	Ask        *dialplan.Ask // AppAsk: its digits
	// Course is the flow that the program is an act of; nil if it is of none. Ends tells
	// that the flow has ended: Refuse is for a caller without an answer.
	Course *Course
	Ends   bool

	// Settled is called once, when what the program begins is recorded, or it is given up;
	// a call does not keep it. nil: nobody waits for that.
	Settled func()

	Stages    []Stage // tried in order until one answers
	Emergency bool    // every stage is tried, whatever the one before answered
	Urgent    bool    // like an emergency call, no limit of a trunk's calls stops it
}

// done is the program of a call that has nothing left to carry out. Nobody changes it.
var done Program

// perform begins a program.
func (c *Call) perform(p Program) {
	c.program, c.why, c.emergency, c.silent = &p, p.Why, p.Emergency, p.Silent
}

// App is an application that answers by itself.
type App uint8

// The applications.
const (
	NoApp         App = iota
	AppEcho           // the caller hears what the caller says
	AppPlay           // prompts, then hang up
	AppConference     // the caller is the first of a conference
	AppAnswer         // the caller is answered, and the flow goes on
	AppSay            // prompts, then the flow goes on
	AppAsk            // prompts and digits of the caller, for the flow
	AppPark           // who is transferred to it waits in a place; who calls it is told one
)

// Stage rings targets together.
type Stage struct {
	Targets []Target
	Timeout time.Duration // how long to ring; 0 means RingTimeout
	// Busy lets the next stage have the call although a target refused it; without
	// it only a stage that could not be reached or did not answer goes on.
	Busy bool
	// Empty is the outcome of a stage without targets.
	Empty cause.Verdict
	// Divert says who has the call, instead of the stages behind, when this one
	// fails; nil is nobody.
	Divert *Divert
}

// Divert are stages by why the one before failed; none leaves it at that failure.
type Divert struct {
	Busy      []Stage // it was refused as busy or declined
	NoAnswer  []Stage // it rang long enough, or said that nobody is there
	Unreached []Stage // it failed in another way
}

// Target is one party to ring.
type Target struct {
	leg.Address
	Confirm bool // who answers must press 1 (a phone that may have voicemail)
	// Next are other ways to the same party, each rung when the one before fails: with
	// a 5xx, a timeout, a broken transport or, of a trunk, Silence.
	Next []leg.Address
}

// RingTimeout is how long a stage rings unless it says otherwise.
const RingTimeout = 30 * time.Second

// Silence is how long a trunk may say nothing at all to an INVITE before the next
// way to it, or the next stage, has the call. The transaction would wait four times
// as long (timer B). The last of all is waited for as long as its stage rings.
const Silence = 8 * time.Second

// ConfirmTimeout is how long who answered has to press 1.
const ConfirmTimeout = 15 * time.Second

// MaxTargets bounds the parties of one stage; more are not rung.
const MaxTargets = 64
