package b2bua

import (
	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/sip/cause"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Event is something that happens to a call.
type Event interface{ isEvent() }

// The events.
type (
	// Admitted is the decision about the caller's INVITE.
	Admitted struct{ Program Program }
	// Request is a request of a leg's dialog, from its party. Tx is nil for ACK.
	Request struct {
		Leg int
		Tx  *transaction.Server
		Msg *sip.Request
	}
	// Cancelled is a CANCEL of a leg's pending INVITE.
	Cancelled struct {
		Leg int
		Tx  *transaction.Server
		Msg *sip.Request
	}
	// Response is a response to a request of a leg.
	Response struct {
		Leg int
		Tx  *transaction.Client
		Msg *sip.Response
	}
	// Failed is the end of a leg's transaction without an answer.
	Failed struct {
		Leg int
		Tx  *transaction.Client
		Err error
	}
	// Sound is an event of a leg's ports.
	Sound struct {
		Leg   int
		Event media.Event
	}
	// Hangup ends the call from outside; By is "admin" or "switch".
	Hangup struct {
		By      string
		Verdict cause.Verdict
	}
	// Routed is the decision about what a leg's party has asked for. Supervise is that of
	// the Ask.
	Routed struct {
		Leg       int
		Program   Program
		Supervise *Supervise
	}
	// Picked is the answer to Pick: the program with what was found.
	Picked struct{ Program Program }
	// Found is the answer to Find: where the dialog is, or why it may not be taken over.
	// At is the way to the node that has it, with ErrElsewhere; zero if there is none.
	Found struct {
		Place Place
		Err   error
		At    transport.Flow
	}
	// Fetched is the answer to Fetch: a leg, or why there is none. At is as that of Found.
	Fetched struct {
		Leg    int
		Moving *Moving
		Err    error
		At     transport.Flow
	}
	// Kept tells that a leg which went to another call has its place there.
	Kept struct{}
	// Returned gives back a leg that no call wanted.
	Returned struct {
		Moving  *Moving
		Verdict cause.Verdict
	}
	// Transfer has a party called by the number that an administrator says: Leg stays
	// in the call, and is connected to it.
	Transfer struct {
		Leg int
		To  sip.Uri
	}
	// Mask opens a payment window for a leg.
	Mask struct {
		Leg    int
		Window Window
	}
	// Unmask closes it.
	Unmask struct{ Leg int }
	// Tick runs what is due.
	Tick struct{}
)

func (Admitted) isEvent()  {}
func (Request) isEvent()   {}
func (Cancelled) isEvent() {}
func (Response) isEvent()  {}
func (Failed) isEvent()    {}
func (Sound) isEvent()     {}
func (Hangup) isEvent()    {}
func (Routed) isEvent()    {}
func (Transfer) isEvent()  {}
func (Mask) isEvent()      {}
func (Unmask) isEvent()    {}
func (Picked) isEvent()    {}
func (Found) isEvent()     {}
func (Fetched) isEvent()   {}
func (Kept) isEvent()      {}
func (Returned) isEvent()  {}
func (Tick) isEvent()      {}
