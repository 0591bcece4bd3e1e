package b2bua

import (
	"iter"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/media/dtmf"
	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Effects is what a call can do. The methods are performed in the order in which
// they are called.
type Effects interface {
	leg.Wire
	leg.Tokens
	// Secret returns 32 bytes that nobody can guess, for the keys of a leg's sound.
	Secret() []byte
	// Open reserves RTP ports for a leg and returns the advertised address.
	Open(leg int, network string) (netip.AddrPort, error)
	// Update applies an SDP exchange to a leg's ports.
	Update(leg int, r media.Remote)
	// Hear makes a leg hear others, or itself alone (echo), or nothing. Of several it
	// may be one, and does not hear itself.
	Hear(leg int, from ...int)
	// Play makes a leg hear prompts, once, over what others say; an Ended event follows.
	Play(leg int, prompts []string, over ...int)
	// Announce is the prompt that both of two legs hear before they hear each other, as
	// their call is recorded; "" is none.
	Announce(leg, peer int) string
	// Press has a leg hear a key, as an event (RFC 4733) or a tone.
	Press(leg int, digit byte)
	// Mask has what a leg's party says heard by nobody, and its keys in messages of
	// theirs shown to nobody from now on.
	Mask(leg int, yes bool)
	// Detect says whether keys are told that a leg's party says as tones.
	Detect(leg int, yes bool)
	// Watch has a Timeout event come when no packets do: soon if the leg's party
	// should be speaking, late if it is held or inactive.
	Watch(leg int, speaks bool)
	// Close releases a leg's ports and returns its last figures.
	Close(leg int) media.Stats
	// Ask has admission decide about a call that a party of this one asks for; a Routed
	// event follows.
	Ask(Ask)
	// Follow asks for the next act of a flow; a Followed event comes.
	Follow(Follow)
	// Fetch asks another call for a party of it; a Fetched event follows.
	Fetch(Fetch)
	// Pick looks for the call that a program picks; a Picked event follows.
	Pick(Program)
	// Find asks whether a dialog may be taken over; a Found event follows.
	Find(Find)
	// Give hands a leg that was detached to another call, to take the place of a dialog
	// of it; a Kept or Returned event follows.
	Give(*Moving, message.Replaces)
	// Attach takes what came with a leg, which has the number id from now on.
	Attach(id int, m *Moving)
	// Keep tells the call that gave a leg that it is kept; Return gives it back.
	Keep(*Moving)
	Return(*Moving, cause.Verdict)
	// Seize takes a channel of a trunk for a leg; false if there is none, and why. An
	// urgent call always has one. Free gives it back.
	Seize(now time.Time, leg int, p leg.Party, inbound, urgent bool) (cause.Verdict, bool)
	Free(leg int)
	// Silent tells that a trunk said nothing at all to a leg's INVITE.
	Silent(now time.Time, leg int)
	// Park takes the place for the party of a leg that is wanted, and was reserved for the
	// program or is the call's; false if another call has it. Unpark gives it up.
	Park(leg int, p Park) (place string, ok bool)
	Unpark(place string)
	// Record writes to the ledger.
	Record(ledger.Event)
}

type state uint8

const (
	admitting state = iota
	ringing
	talking
	failing // nobody answered, and the caller hears a tone that says so
	over
)

// Call is one call. The zero value is not usable: see New.
type Call struct {
	ID      string
	Tenant  string
	Started time.Time
	Answer  time.Time // zero until somebody answered
	From    string
	To      string
	Entry   string

	timer     leg.SessionTimer // of its legs
	convert   sdp.Conversion   // of the sound between them
	lastHop   bool             // Max-Forwards leaves none for another leg
	notified  bool             // both parties have been told, or are told, that the call is recorded
	notifying bool             // they hear it now
	state     state
	program   *Program      // that is carried out
	why       []string      // of the last program, which is let go when it is done
	silent    bool          // of the same
	emergency bool          // of the same
	stage     int           // index into program.Stages
	stageEnd  time.Time     // when the stage stops ringing
	outcome   cause.Verdict // best failure of the stages so far
	legs      []*party      // by leg number - 1
	front     *party        // whom the program serves: see caller
	peer      *party        // whom the caller talks to
	transfer  *transfer     // that is under way, or nil
	reoffer   *party        // whose re-INVITE waits for the other leg's answer
	failure   *failure      // that the caller hears of; nil unless failing
	park      *parked       // how the caller is kept until somebody comes for it; nil if it is not
	conf      *conference   // that the call is; nil if two talk
	course    *course       // that it follows; nil for none
	turns     int           // how often it asked for the next act of one
}

// party is a leg with its sound.
type party struct {
	*leg.Leg
	shown   *identity.Caller // who it is, as shown to others: see who
	knows   *identity.Caller // whom it was told that it talks to; nil for nobody
	session sdp.Session
	saved   *sdp.Session     // before our re-INVITE, to go back to if it fails
	local   netip.AddrPort   // RTP address; zero until opened
	offer   *sdp.Description // of the party, the last one
	agreed  agreed
	able    []sdp.Codec // what was agreed with it so far
	ring    *ring       // until the call is its; nil of who is not rung
	*beside             // what most parties have not; never nil

	music   string     // that it hears because it is held; "" for none
	once    *dtmf.Once // keys in several forms; nil before the first
	detects bool       // its tones are looked for
	replied bool       // the offer has our answer in a provisional response
	ours    bool       // the open offer is ours; the party's ACK answers it
	oneWay  bool
	refuses bool // it has refused the codecs of the other leg
	toned   bool // it hears the tone of ringing
	leaving bool // it waits for nothing but its end: others have the call
	over    bool // its end was recorded
	moved   bool // it stands in for a leg that another call has
	ear     ear  // whom it hears
}

// agreed is what of the last exchange counts until the next (sdp.Agreed).
type agreed struct {
	Codecs    []sdp.Codec // the first is what we send
	Direction sdp.Direction
	Held      bool
}

// speaks tells whether the party should be speaking.
func (a agreed) speaks() bool { return a.Codecs != nil && a.Direction.Receives() && !a.Held }

// Rules are what a node says of all its calls.
type Rules struct {
	Timer   leg.SessionTimer // of every leg
	Convert sdp.Conversion   // what is made of the sound between legs
}

// New returns the call that an INVITE begins. The caller's party is what is known
// of it before admission.
func New(id string, now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow, tokens leg.Tokens, rules Rules) *Call {
	c := &Call{ID: id, Started: now, timer: rules.Timer, convert: rules.Convert, program: &done}
	if hops := req.MaxForwards(); hops != nil {
		c.lastHop = hops.Val() <= 1
	}
	l := leg.Answering(1, leg.Party{Network: flow.Network}, tx, req, flow, tokens)
	c.front = c.newParty(l, now)
	c.legs = []*party{c.front}
	return c
}

func (c *Call) newParty(l *leg.Leg, now time.Time) *party {
	l.Timer = c.timer
	id := uint64(now.UnixMilli())
	return &party{Leg: l, session: sdp.NewSession("strowger", id), beside: &nothingBeside}
}

// Caller is the leg that began the call.
func (c *Call) Caller() *leg.Leg { return c.legs[0].Leg }

// Recorded tells whether the ledger knows the call: it was decided, and is neither
// a challenge nor a stranger's.
func (c *Call) Recorded() bool { return c.state != admitting && !c.silent }

// Over tells whether the record of the call is closed.
func (c *Call) Over() bool { return c.state == over }

// Done tells whether nothing more can happen: the value can be dropped.
func (c *Call) Done() bool {
	if c.state != over {
		return false
	}
	for _, p := range c.legs {
		if p.State != leg.Done {
			return false
		}
	}
	return true
}

// Deadline is when a Tick is due; zero means never.
func (c *Call) Deadline() time.Time {
	d := earlier(c.stageEnd, c.courseEnd())
	if c.park != nil {
		d = earlier(d, c.park.until)
	}
	if c.failure != nil {
		d = earlier(d, c.failure.until)
	}
	if t := c.transfer; t != nil {
		d = earlier(d, t.again)
	}
	for _, p := range c.legs {
		d = earlier(d, earlier(p.Deadline(), earlier(p.windowEnd(), p.entryEnd())))
		if p.ring != nil {
			d = earlier(d, earlier(p.ring.askEnd, p.ring.hearEnd))
		}
		if p.supervises != nil && !p.over {
			d = earlier(d, p.supervises.until)
		}
	}
	return d
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Leg returns a leg by its number, or nil.
func (c *Call) Leg(id int) *leg.Leg {
	if p := c.party(id); p != nil {
		return p.Leg
	}
	return nil
}

func (c *Call) party(id int) *party {
	if id < 1 || id > len(c.legs) || c.legs[id-1].moved {
		return nil
	}
	return c.legs[id-1]
}

// caller is whom the program serves: who began the call, or who is transferred.
func (c *Call) caller() *party { return c.front }

// rung are the legs that ring, or have answered and wait for the call to be theirs.
func (c *Call) rung() iter.Seq[*party] {
	return func(yield func(*party) bool) {
		for _, p := range c.legs {
			if p != c.front && p != c.peer && !p.leaving && !p.over && !p.extra() && !c.transfers(p) && !yield(p) {
				return
			}
		}
	}
}

// record writes an event of this call.
func (c *Call) record(now time.Time, out Effects, e ledger.Event) {
	e.At, e.Call, e.Tenant = now, c.ID, c.Tenant
	out.Record(e)
}
