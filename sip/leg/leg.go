// Package leg is one party of a call, whichever side rang and whatever it is: a
// dialog, the INVITE transaction that makes or changes it, and the reliability
// that RFC 3261 section 13 asks of a user agent (2xx and ACK).
//
// # Contract
//
// A Leg is plain data owned by its call. Verbs (Progress, Answer, End, ...) and
// inputs (Request, Response, Tick, ...) take the time and a Wire; an input returns
// at most one Event, which the call acts on. Nothing here blocks, reads a clock
// or knows SDP: bodies are bytes that the call negotiates.
//
// # Decisions
//
//   - End works in every state and does what that state allows: a final response,
//     CANCEL, BYE, or BYE once the ACK has come (15.1.1: the callee may not send
//     BYE before).
//   - A 2xx that crosses our CANCEL, and every 2xx of another fork, gets ACK and BYE, with
//     the reason of the CANCEL, or that the call was completed elsewhere: no phone shows
//     a missed call. The leg that was ended stays ended.
//   - A leg stays on the connection that its INVITE came or went by. When that is
//     gone, a trunk is told what is to be told by a new one to its home; a seat is
//     not called back, its phone has to register again.
//   - Requests to a trunk follow the route set by whatever transport, to any address that
//     the network may send to; a hop that is a name is asked for in the background, from
//     the first response with it on, and until it is known they go where the party was
//     found. What goes by TLS never leaves it, and a private address that is named from a
//     public one is not followed: it is behind that party's NAT.
//   - A leg whose flow is on a node that is lost waits as if it were cancelled: a
//     2xx may come when the link is back.
//   - The ACK is built again, with the same branch, for each repeated 2xx: what a
//     talking leg keeps is what bounds how many a node holds.
//   - Provisional responses are reliable (RFC 3262) where the party wants it, or knows
//     how and there is SDP. One waits for the PRACK of the one before it, and so does
//     the 2xx.
//   - A session has a timer (RFC 4028) if either side asks for one. Where the party
//     refreshes and does not, the leg is ended.
//   - The call decides how long to ring: no Timer C runs here. A re-INVITE is not
//     rung for: one that has no final response in time is cancelled.
//   - An offer of ours that meets one of the party is made again after the times of
//     RFC 3261 section 14.1, if the call still wants it.
//   - A challenge of any request in the dialog is answered where the party's credentials
//     are known, which are those of trunks alone: once, and once more if the nonce was
//     stale.
//   - Who has asked for a transfer and hangs up is told the rest of it all the same, until
//     the last NOTIFY or one that it refuses: BYE ends one usage of the dialog, and the
//     subscription is another (RFC 5057).
//   - What a party gives as its Reason (RFC 3326; RFC 6432 in a refusal) is read, bounded
//     and written anew: each protocol's cause, text and location pass, nothing else.
//   - A leg that rings follows one early dialog, that of the newest response: it is
//     the one whose requests (UPDATE) are taken.
package leg

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Wire is where a leg's messages go: a *transaction.Table.
type Wire interface {
	Respond(now time.Time, tx *transaction.Server, res *sip.Response)
	Start(now time.Time, req *sip.Request, f transport.Flow, owner any) *transaction.Client
	Cancel(now time.Time, tx *transaction.Client, reason string)
}

// Tokens makes the tags, branches and Call-IDs of a leg.
type Tokens interface {
	// Token returns a new unguessable word that leads back to the leg's strand.
	Token() string
	// Random returns a number from 0 to below n.
	Random(n int) int
}

// State is how far a leg has come.
type State uint8

// The states. A leg only moves forward.
const (
	Offered   State = iota // inbound: INVITE came; outbound: INVITE was sent
	Early                  // a provisional response with a tag went or came
	Answered               // 2xx: the ACK is awaited (inbound) or was sent (outbound)
	Confirmed              // the ACK came
	Ending                 // CANCEL or BYE was sent, or waits for an ACK
	Done                   // nothing more will happen
)

// Leg is one party of a call.
type Leg struct {
	ID      int // 1 is the caller's
	Party   Party
	Flow    transport.Flow
	Dialog  *dialog.Dialog
	Timer   SessionTimer
	Inbound bool // the party called us
	State   State

	tokens Tokens
	server *transaction.Server // pending INVITE or re-INVITE of the party
	update *question           // pending offer of the party in another request
	client *transaction.Client // our pending INVITE or re-INVITE
	invite *sip.Request        // the request of server, until it has a final response
	sent   ackSent             // our ACK of the last 2xx
	seq    uint32              // CSeq of the INVITE that client or reliable is about
	asks   uint32              // CSeq of our pending offer by UPDATE; 0 if there is none

	settled  bool          // SDP went or will go out in a response that wants PRACK
	answered bool          // a 2xx to our INVITE came: the dialog is with its sender
	allows   bool          // the party has said what it takes
	byUpdate bool          // and takes UPDATE
	byInfo   bool          // and takes INFO
	noKeys   bool          // but no digits by it
	brief    uint8         // 422s that came in a row
	minSE    time.Duration // what the party has told us by those; 0: nothing
	proof    *proof        // nil: challenges are refusals

	// What most legs have only for a while, or never; nil if there is none.
	reliable   *reliable   // the 2xx that awaits an ACK
	promise    *promise    // our last provisional response that wants PRACK
	opening    *opening    // our first INVITE until its final response
	session    *session    // the timer of RFC 4028
	reoffering *reoffering // our re-INVITE
	refer      *referring  // of the party
	informing  *informing  // digits by INFO
	ending     *ending
}

// opening is what our first INVITE says beyond its dialog, to say it again, and what
// came of it so far.
type opening struct {
	body    []byte
	headers []sip.Header
	other   bool   // another offer can be made, if this one is refused
	forks   []fork // early dialogs with responses that wanted PRACK
}

// ending is a leg that waits for its end.
type ending struct {
	giveUp time.Time      // when it is Done whatever comes; zero before CANCEL or BYE
	cause  *cause.Verdict // why, for a BYE that may be sent yet: behind an ACK or a late 2xx; nil once it went
}

// ackSent is what makes an ACK the same again.
type ackSent struct {
	seq    uint32
	branch string // "" before the first
}

// EventKind says what a leg tells its call.
type EventKind uint8

// The events. Fields of Event that they carry stand behind them.
const (
	Nothing     EventKind = iota
	Again                 // our INVITE was sent anew, with what its refusal has asked for
	Unfit                 // the offer of our INVITE was refused (488, 606), and there is another: call Offer
	Rings                 // Status 180 to 183, Body if it has SDP
	Accepts               // the party answered: Body
	Acked                 // the ACK, or the PRACK of our offer, came: Body if it carries an answer
	Reoffers              // re-INVITE, UPDATE or PRACK: Body, nil if a re-INVITE has none: call AnswerReoffer or RefuseReoffer
	Reanswers             // our re-INVITE was accepted: Body
	ReofferFail           // our re-INVITE was refused: Verdict
	Refreshes             // the session wants a re-INVITE that changes nothing: call Reoffer
	Retries               // an offer that was refused for a time may be made again: call Reoffer if it is still wanted
	Digit                 // SIP INFO: Digit
	Unkeyed               // the party does not take digits by INFO: Digits, which it was not told
	Refers                // REFER: Refer; call AcceptRefer or RefuseRefer
	Reported              // the last Report was answered, or will not be
	Ends                  // the party hung up, refused or vanished: Verdict
)

// Event is what an input made happen.
type Event struct {
	Kind    EventKind
	Status  int
	Body    []byte
	Verdict cause.Verdict
	Moved   []sip.Uri // Ends by a 3xx: where it says to call instead
	Digit   byte      // '0'-'9', '*', '#', 'A'-'D'
	Digits  string    // several
	Refer   Referral
}

// Live tells whether the party can still be talked to.
func (l *Leg) Live() bool { return l.State < Ending }

// Talking tells whether the leg was answered and not ended.
func (l *Leg) Talking() bool { return l.State == Answered || l.State == Confirmed }

// Asking tells whether an offer of the party, in a re-INVITE or UPDATE, awaits its
// answer.
func (l *Leg) Asking() bool { return l.update != nil || l.server != nil && l.Talking() }

// Deadline is when Tick is due; zero means never.
func (l *Leg) Deadline() time.Time {
	d := earlier(l.promiseDue(), l.session.due())
	if l.reliable != nil {
		d = earlier(d, l.reliable.next)
	}
	if l.reoffering != nil {
		d = earlier(d, earlier(l.reoffering.cancel, l.reoffering.again))
	}
	if l.ending != nil {
		d = earlier(d, l.ending.giveUp)
	}
	return d
}

// earlier is the earlier of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func due(now, at time.Time) bool { return !at.IsZero() && !now.Before(at) }

// Quiet tells whether nothing of the leg is under way, so that it can be moved.
func (l *Leg) Quiet() bool {
	refreshing := l.session.isOurs() && l.session.refresh.IsZero()
	return l.Talking() && !l.busy() && !refreshing
}

// Move gives a quiet leg to another call, which may be on another strand.
func (l *Leg) Move(id int, tokens Tokens) { l.ID, l.tokens = id, tokens }

// Tick runs what is due: a repeated response, the end of waiting, a refresh or the end
// of the session.
func (l *Leg) Tick(now time.Time, w Wire) Event {
	switch {
	case l.reliable != nil && due(now, l.reliable.next):
		if l.reliable.repeat(now, w) {
			return Event{}
		}
		l.reliable = nil
		return l.unacknowledged(now, w)
	case due(now, l.promiseDue()):
		return l.repeatPromise(now, w)
	case l.ending != nil && due(now, l.ending.giveUp):
		l.finish()
	case l.session != nil && due(now, l.session.end):
		return l.expired(now, w)
	case l.session != nil && due(now, l.session.refresh):
		return l.renew(now, w)
	default:
		return l.reoffersDue(now, w)
	}
	return Event{}
}

// unacknowledged ends a leg whose ACK never came (13.3.1.4: BYE).
func (l *Leg) unacknowledged(now time.Time, w Wire) Event {
	wasEnding := l.State == Ending
	v := cause.Verdict{Status: 408, Q850: 102, Reason: "No ACK", Fault: cause.Peer}
	if wasEnding {
		l.bye(now, w, *l.ending.cause)
		return Event{}
	}
	l.bye(now, w, v)
	return Event{Kind: Ends, Verdict: v}
}

// OfferBody is the SDP of the inbound INVITE, or nil.
func (l *Leg) OfferBody() []byte {
	if l.invite == nil {
		return nil
	}
	return sdpBody(l.invite)
}

// Drop ends an outbound leg that has sent nothing yet.
func (l *Leg) Drop() { l.finish() }

// finish lets go of everything that a dead leg does not need.
func (l *Leg) finish() {
	l.State = Done
	l.server, l.client, l.invite, l.update, l.asks, l.sent = nil, nil, nil, nil, 0, ackSent{}
	l.reliable, l.opening, l.promise, l.reoffering = nil, nil, nil, nil
	l.refer, l.session, l.informing, l.ending = nil, nil, nil, nil
}

// linger is how long an ended leg waits for the answer to its CANCEL or BYE.
const linger = 64 * transaction.T1
