// Package exchange is the shell that runs calls: it takes messages from the wire
// to the call that owns them and performs what the call wants done.
//
// # Strands
//
// An Exchange has a fixed number of strands. A strand is one mailbox, a transaction
// table, the calls that were born on it and their timers. Everything about a call
// happens on its strand, in order and by one goroutine at a time, so that neither
// calls nor transactions need a lock. That is whoever brings a message to an idle
// strand, which saves two switches of goroutine a message, and else the strand's
// own. Nothing on a strand blocks: what must wait (a store on the network) is a
// job for the workers, whose result comes back as a message.
//
// # Dispatch
//
// A response goes where the token in its Via branch says, a request with one of
// our tags where the tag says, any other request where the hash of its Call-ID
// says; INVITE, CANCEL and ACK of one call therefore meet. A token of another
// node sends the message there.
//
// # Legs that move
//
// A leg that goes to a call of another strand keeps its tag, which leads to the strand
// where it was born: that, and each on the way, sends its messages on for as long as
// the leg lives. A mailbox keeps the order, so that they come behind the leg.
//
// # Calls of other nodes
//
// A call rings the phones of another node through that node's flows, which carry
// its messages and know nothing of it (Carry). When the link between both is lost
// the call's node gives those phones up, and it may be dead. So the node that
// carried an INVITE without a final response takes the transaction over: it cancels
// it (RFC 3261 section 9.1), acknowledges the final response, and hangs up if that
// is a 2xx. Its own transaction machines and legs do that, from the INVITE alone.
// Dialogs that were confirmed are left to their node, which may come back. A node that
// stops does the same for every other: nobody could end there what still rings.
//
// Which node's call a seat wants to have (b2bua.Pick) the nodes are asked, all at once
// and for pickTime: one that says nothing is left out.
//
// A call whose party gets a place in a call of another node has a leg to that node's
// exchange (Config.Node), which takes its INVITE as one from the wire: the flow says that
// a node has sent it.
//
// # Parking
//
// A place where a call is parked is taken before the call knows of it, by a job: of this
// node's calls first, then of all nodes' (Places). What it took and the call does not use
// is given up. Which nodes' calls are in which places is asked of the nodes as above; the
// store only keeps two of them from taking the same, until a time should a node die.
//
// A conference is known by its name as a parked call is by its place: whoever calls it
// first has the place taken, and opens it; others are given to the call that has it. Its
// place in the store only keeps two nodes from opening it at once, and is let go after
// that. Who is answered first, to be asked for a PIN or because it was transferred there, has
// it looked for by the call (Pick).
//
// # Recording
//
// A call knows nothing of being recorded: who talks to whom is in what it writes to the
// ledger, and by that the shell has each channel of the recording take what the party of
// a leg says (Endpoint.Tap), for as long as the leg is in the call. What the party
// hears is in no channel of its own, so that nobody who speaks to an agent alone comes
// into the caller's. The right channel has, beside the agent, whoever else the caller hears:
// a supervisor that barges in, the other members of a conference; not who whispers, nor who
// is muted.
//
// # Watching
//
// Phones watch what seats do (package subscribe). One more strand, which has no
// calls, owns their subscriptions. While anybody watches anything, calls tell it
// what changes for their seats; what seats do at other nodes it asks of them twice a
// second, and is told what is new.
//
// # Limits
//
// Calls, waiting messages of each strand and jobs are bounded by Config; each
// bound has a counter. No limit of calls stops an emergency call.
package exchange

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/media/recording"
	"strowger/media/sdp"
	"strowger/sip/b2bua"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/mark"
	"strowger/sip/meter"
	"strowger/sip/news"
	"strowger/sip/resolve"
	"strowger/sip/security"
	"strowger/sip/subscribe"
	"strowger/sip/transport"
)

// Admission decides about requests that begin something. Its methods may block
// until their context ends; they are called by workers, or on the strand if
// Config.Instant says so.
type Admission interface {
	// Challenge answers at once, on the strand, a request that shows no
	// credentials and needs some: a status (401 or 407) and its headers. ok is
	// false if the request has to be looked into.
	Challenge(now time.Time, req *sip.Request, flow transport.Flow) (status int, headers []sip.Header, ok bool)
	// Emergency tells, without waiting, whether an INVITE is for an emergency number
	// of some tenant, whoever sent it.
	Emergency(req *sip.Request) bool
	// Admit decides about an INVITE.
	Admit(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow) b2bua.Program
	// Route decides about a call that a party of another call wants made; flow is
	// that of the party.
	Route(ctx context.Context, now time.Time, ask b2bua.Ask, flow transport.Flow) b2bua.Program
	// Follow decides about the next act of a flow that a call follows; f is that of its
	// caller.
	Follow(ctx context.Context, now time.Time, next b2bua.Follow, f transport.Flow) b2bua.Program
	// Register answers a REGISTER.
	Register(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow) *sip.Response
	// Authenticate tells whether a request that came by another flow is really
	// from the seat; if not, a response status and its headers.
	Authenticate(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow, party leg.Party) (ok bool, status int, headers []sip.Header)
	// PickupGroup is the pick-up group of a seat, "" for none.
	PickupGroup(ctx context.Context, tenant, seat string) string
	// Subscribe tells who watches what by a SUBSCRIBE, or a status and headers to
	// refuse it with. What is watched is said by its Request-URI, unless it is of a
	// subscription (held): then known tells that it comes from where that was made.
	Subscribe(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow, held subscribe.Held) (g subscribe.Grant, status int, headers []sip.Header)
}

// Trace takes note of the legs of calls. Its methods must not block.
type Trace interface {
	// Leg tells that the dialog with a Call-ID is leg id of a call.
	Leg(at time.Time, call string, id int, p leg.Party, callID string)
	// Dialog tells that the dialog with a Call-ID is of a call of another node.
	Dialog(at time.Time, callID string)
	// Hide tells that no digit in the dialog with a Call-ID is to be seen from now on.
	Hide(callID string)
}

// Config is what an exchange needs. All fields but those with a default must be set.
type Config struct {
	Minter  *mark.Minter
	Sender  transport.Sender
	Media   media.Plane
	Prompts func(names []string) *media.Prompt // nil result: there is no such prompt
	Ledger  ledger.Recorder
	// Recorder keeps the sound of the calls that Record is about, and of those that
	// somebody wants recorded. nil: no call is.
	Recorder  *recording.Recorder
	Record    []RecordRule
	Admission Admission
	// Trunks is told how the addresses of trunks do. nil means that nobody is.
	Trunks Trunks
	// Instant tells whether Admission will not wait for anything when it is asked
	// about a request: it is then asked on the strand. nil means never.
	Instant func(req *sip.Request) bool
	// Forward takes a message that belongs to a call of another node; false if
	// that node cannot be reached. nil on a single node.
	Forward func(node uint16, r transport.Received) bool
	// Node is the way to the exchange of another node (transport.Node), false if it
	// cannot be reached now. nil on a single node.
	Node func(node uint16) (transport.Flow, bool)
	// Hosts tells where a host of a route takes requests, as far as that is known, and
	// has it found out if it is not; it does not block. nil: routes by name are not
	// followed.
	Hosts func(resolve.Target) []resolve.Address
	// Peers are the other nodes; nil on a single node.
	Peers news.Peers
	// Places are where calls of all nodes are parked; nil on a single node.
	Places Places
	// Messages counts the messages that wait for a seat. nil means that nobody does.
	Messages func(ctx context.Context, tenant, number string) (subscribe.Messages, error)
	// Subscriptions bound what phones watch.
	Subscriptions subscribe.Limits
	// Trace is told which dialogs are the legs of a call. nil means nobody asks.
	Trace Trace
	// Delays measures the calls. nil measures nothing.
	Delays *meter.Delays
	// Quality measures the sound of legs. nil measures nothing.
	Quality *meter.Quality
	// Delayed is told, of each run of a strand, how long a message from the wire
	// waited for it. nil means nobody wants to know.
	Delayed func(now time.Time, wait time.Duration)
	// Registered is told of flows by which a REGISTER was accepted. nil means nobody
	// wants to know.
	Registered func(transport.Flow)
	// Events are told of requests that their dialog's party did not send, and of who
	// sends too much; nil means nobody wants to know.
	Events security.Reporter
	Log    *slog.Logger // nil means slog.Default()

	// MediaTimeout ends a call whose party should be speaking and sends neither RTP
	// nor RTCP; HeldTimeout is the same while the party is held or inactive, or its
	// last packet was comfort noise. 0 means never.
	MediaTimeout, HeldTimeout time.Duration

	Session leg.SessionTimer // of every leg
	Convert sdp.Conversion   // what is made of the sound between two legs of a call

	// Random returns a number from 0 to below n. nil means math/rand/v2.
	Random func(n int) int
	// Secret returns 32 bytes that nobody can guess: the keys of a leg's sound are made of
	// them. nil means crypto/rand.
	Secret func() []byte

	Strands  int // 0 means twice the processors
	Workers  int // 0 means 64
	MaxCalls int // 0 means 10,000
	// Full tells that the sound of one more call cannot be carried: new calls are refused
	// with 503, but for emergency calls. nil means that it always can.
	Full func() bool
	// Registers is how many REGISTERs a second one address may send; more are
	// answered with 503; so many SUBSCRIBEs, too. 0 means 200.
	Registers int
}

// Limits that are not configured.
const (
	mailboxLimit = 8192            // messages from the wire waiting for one strand
	jobLimit     = 4096            // jobs waiting for a worker
	jobTimeout   = 4 * time.Second // a store that does not answer in time is away
)

// Counters of an exchange.
type Counters struct {
	MailboxFull      atomic.Uint64 // messages dropped because a strand had too many waiting
	JobsFull         atomic.Uint64 // requests refused because the workers had too many waiting
	CallsRefused     atomic.Uint64 // calls refused by the limit of calls
	LoadRefused      atomic.Uint64 // calls refused because their sound could not be carried
	RegistersSlowed  atomic.Uint64 // REGISTERs refused because their address sent too many
	SubscribesSlowed atomic.Uint64 // SUBSCRIBEs refused because their address sent too many
	NewsLost         atomic.Uint64 // changes of calls that the subscriptions were too busy to take: every call was asked anew
	PeersSilent      atomic.Uint64 // other nodes that did not tell of their calls what they were asked
	PlacesKept       atomic.Uint64 // places to park whose giving up the other nodes have not learnt
	SupervisorsFull  atomic.Uint64 // who wanted to supervise a call that had as many supervisors as it may
	ConferencesFull  atomic.Uint64 // calls to conferences that had as many members as they may
	PINsWrong        atomic.Uint64 // wrong PINs of conferences, or none within their time
	CallsStarted     atomic.Uint64 // calls that passed admission
	CallsEnded       atomic.Uint64 // calls whose record was closed
	Unanswered       atomic.Uint64 // requests of unknown sources whose answer would be much longer than they are
	UnknownDialog    atomic.Uint64 // requests with a tag that no call has
	ForeignSource    atomic.Uint64 // requests of a dialog from another source than its peer
	ForeignBranch    atomic.Uint64 // responses whose branch is none of ours
	StrayResponses   atomic.Uint64 // responses without a transaction
	Unforwarded      atomic.Uint64 // messages for a node that could not be reached
	CarriedFull      atomic.Uint64 // INVITEs of other nodes that were not remembered: see maxCarried
	TakenOver        atomic.Uint64 // INVITEs of a lost node that were cancelled here
}
