// Package media is the vocabulary of the sound plane. It knows neither SIP nor
// call routing: the signalling plane opens an Endpoint for each leg, tells it
// what the SDP exchange said, and says who hears whom.
//
// # Contract
//
// A Plane owns ports and packets. Who opened an Endpoint closes it. Calls on one
// Endpoint come from one owner at a time; packets flow on the plane's own
// goroutines. Nothing here blocks longer than a socket call.
//
// # Decisions
//
//   - Who hears whom is a directed edge: b.Hear(a) makes b's party hear what
//     a's party says. A bridge is two edges, echo is an edge to itself, an
//     announcement is an edge from a Source. Hold removes edges. Edges from several
//     sources are mixed by the plane; supervision and conferences are made of them.
//   - The interface is that of the portable plane and of the kernel plane
//     alike: no method hands a packet to the caller.
package media

import (
	"errors"
	"net/netip"
	"slices"
	"time"
)

// Errors of Plane.Open and Endpoint methods.
var (
	// ErrNoPorts: every port pair of the network is in use or resting.
	ErrNoPorts = errors.New("no RTP port free")
	// ErrClosed: the endpoint was closed before.
	ErrClosed = errors.New("media endpoint is closed")
	// ErrUnknownNetwork: the configuration has no RTP addresses for the network.
	ErrUnknownNetwork = errors.New("network has no RTP address")
)

// Latch is the policy by which an endpoint accepts the source of its packets.
type Latch uint8

// The policies. See RFC 7362 (latching) for the risks they bound.
const (
	// LatchLocked takes the SDP address, or else the first source that sends two
	// consecutive valid packets of one SSRC within LatchWindow, and locks to it: only
	// an Update with another RTP address or policy opens it again. A source that is
	// neither of SDP's host nor where the signalling comes from has to go on for
	// LatchPatience while one of those is likely to speak; should it within the window,
	// it takes the lock with two consecutive packets.
	LatchLocked Latch = iota
	// LatchStrict accepts nothing but the SDP address.
	LatchStrict
	// LatchFollow locks as LatchLocked does, and goes with the stream to another
	// source: when the locked one has been silent for LatchSilence, two consecutive
	// packets that go on with its SSRC and sequence lock to theirs. A phone whose NAT
	// gives it another port is heard again; a stranger does not know the SSRC.
	LatchFollow
)

// Latches are the names that a configuration has for the policies, in their order.
func Latches() []string { return []string{"locked", "strict", "latch"} }

// ParseLatch is the policy of a name; false if there is none.
func ParseLatch(name string) (Latch, bool) {
	i := slices.Index(Latches(), name)
	return Latch(max(i, 0)), i >= 0
}

// Times of latching.
const (
	// LatchWindow is how long after Update an endpoint may lock to a source other
	// than the SDP address.
	LatchWindow = 5 * time.Second
	// LatchPatience is how long a source that nothing speaks for waits for a better one.
	LatchPatience = 500 * time.Millisecond
	// LatchSilence is how long the locked source must have sent no sound before
	// LatchFollow goes with its stream to another.
	LatchSilence = 2 * time.Second
)

// Remote is what an SDP exchange said about the far side of an endpoint. An endpoint
// keeps its slices and does not copy them.
type Remote struct {
	RTP, RTCP netip.AddrPort // where to send; RTCP zero means RTP port + 1; RTP zero or port 0 means: send nothing
	Mux       bool           // RTCP on the RTP port (RFC 5761)
	Payloads  []Payload      // what may be received, first is what we send
	PTime     time.Duration  // packet time we send; 0 means 20 ms
	Latch     Latch
	// Signalled is where the far side's signalling comes from, which may be sent to
	// though the network does not list it: it is answered there. Zero means nowhere.
	Signalled netip.Addr
	// Sources bound where sound comes from and goes to, among what the network
	// lists: an address of SDP outside of them is sent nothing, and no other is
	// locked to. Empty means no bound. Setting names what lists them, for the log.
	Sources []netip.Prefix
	Setting string
	// Crypto protects RTP and RTCP of both directions (SRTP); nil means that both are
	// plain. What is protected is carried by the portable plane alone.
	Crypto  *Crypto
	Send    bool // the far side wants to hear (its a=recvonly or a=sendrecv)
	Receive bool // the far side speaks (its a=sendonly or a=sendrecv)
}

// Payload is one RTP payload type with its encoding.
type Payload struct {
	Type     uint8  // RTP payload type, 0 to 127
	Encoding string // "PCMU", "PCMA", "telephone-event", ... upper case for codecs as in RFC 3551
	Clock    int    // Hz
	Channels int    // 0 means 1
}

// Plane opens endpoints. Safe for concurrent use.
type Plane interface {
	// Open reserves an RTP and RTCP port pair on one of the network's addresses.
	// label names the endpoint in logs and events (the call and leg).
	Open(network, label string, events Events) (Endpoint, error)
	// Stats returns totals of the plane.
	Stats() PlaneStats
	// Close ends every endpoint and releases all ports.
	Close() error
}

// Endpoint is the sound side of one leg. Its methods may be called from one
// goroutine at a time.
type Endpoint interface {
	// Source: another endpoint of the same plane can hear this one.
	Source
	// Local is the advertised RTP address; RTCP is the port above it.
	Local() netip.AddrPort
	// Update applies a new SDP exchange. It starts the latch window anew as long
	// as no source is locked, and when the RTP address changed. Call it again when
	// the call is answered: a party behind NAT may stay silent until then. An address
	// that the network does not list is no error: it is sent nothing.
	Update(Remote) error
	// Hear makes this endpoint's party hear from, and nothing else from now on; no
	// source, or nil alone, means silence (nothing is sent). One source may be the
	// endpoint itself (echo). Several are mixed, at most MaxSources; a party never hears
	// itself among others, so that all members of a conference may be given one list,
	// and one of them may be a Prompt. Who is heard before and after goes on without a
	// gap. An Ended event follows the end of a Prompt.
	Hear(from ...Source) error
	// Tap gives what the party says to write: 20 ms of it (160 samples at 8000 Hz)
	// on each tick of the plane's clock, silence where nothing comes. G.711 and G.722
	// are heard; sound is put in order, what is lost is concealed for a moment, and comfort
	// noise (RFC 3389) is made. Every tap of an endpoint is given the same frames, and must not
	// change them. write must not block nor use the endpoint; once untap or Close has
	// returned it is not called any more. An endpoint has room for a few taps.
	Tap(write func(pcm []int16)) (untap func(), err error)
	// Press sends digits to the party one after the other, 100 ms each with pauses of
	// 80 ms; what else it hears waits or is left out meanwhile. They are events (RFC
	// 4733) or, if the party did not negotiate those, tones. An event with the same
	// digit that comes from whom it hears, 2 s later at most, is the same digit, and
	// left out. The error says that a character is no digit, that too many wait, or that
	// the party negotiated no sound in which tones can be made.
	Press(digits string) error
	// Detect says whether digits that the party says as tones are told by Digit events;
	// at first they are not. It costs a tap.
	Detect(yes bool) error
	// Mask has what the party says heard by nobody, be it sound or digits, and silence
	// given to taps; Digit events go on. When it ends, a key that is held stays masked
	// until shortly after it is up.
	Mask(yes bool) error
	// SetTimeout sets how long neither RTP nor RTCP may arrive before a Timeout
	// event: after sound, and after comfort noise (RFC 3389), which announces
	// silence. 0 means never. Restarted by each packet.
	SetTimeout(sound, noise time.Duration)
	// Stats is a consistent snapshot.
	Stats() Stats
	// Close releases the ports: a pair that carried a packet rests before reuse.
	Close() Stats
}

// MaxSources bounds what one endpoint hears at once.
const MaxSources = 64

// Source is what an endpoint can hear: another Endpoint of the same Plane, or a
// Prompt.
type Source interface{ MediaSource() }

// Prompt is sound that is made here: a recording, a tone, music.
type Prompt struct {
	Name string
	PCM  []int16 // 8000 Hz mono
	Loop bool    // start again at the end; a loop never ends
	// Live is a loop of which all who hear it hear the same moment, as of music on
	// hold. Else each hears it from its start.
	Live bool
}

// MediaSource marks Prompt as a Source.
func (*Prompt) MediaSource() {}

// EventKind says what happened to an endpoint.
type EventKind uint8

// The events.
const (
	// Timeout: nothing arrived for the time set by SetTimeout.
	Timeout EventKind = iota + 1
	// Ended: the Prompt that the endpoint heard came to its end.
	Ended
	// Latched: the source was locked (Addr).
	Latched
	// OneWay: packets go out but none came for 5 s since both directions were open, or
	// for 10 s, and no report either, from a party that was heard before.
	OneWay
	// Digit: the party pressed a key, told once a press in each Form.
	Digit
	// Silent: 10 s of sound came, or more, and all of it was silent. Told once.
	Silent
)

// Form is how a digit is said.
type Form uint8

// The forms.
const (
	ByEvent Form = iota // telephone-event (RFC 4733)
	ByTone              // in the sound (ITU-T Q.23)
	ByInfo              // SIP INFO, which is the call's and no plane's
)

// Event is posted by the plane.
type Event struct {
	Kind  EventKind
	At    time.Time
	Addr  netip.AddrPort // Latched
	Digit byte           // Digit: '0'-'9', '*', '#', 'A'-'D'
	Form  Form           // Digit
}

// Events receives what happens to an endpoint. It must not block; it is called
// from the plane's goroutines. It may be nil.
type Events func(Event)
