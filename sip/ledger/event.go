package ledger

import "time"

// Kind is what happened. New kinds may be added; their names never change.
type Kind string

// The kinds of event. The fields that each carries are named behind it.
const (
	Arrived  Kind = "arrived"  // Call, Leg, Tenant, From, To, Party, Trunk|Seat, SIPCallID
	Decided  Kind = "decided"  // Call, Detail: plan entry and step, with the inputs
	Rang     Kind = "rang"     // Call, Leg: an outbound leg was started towards Party
	Answered Kind = "answered" // Call, Leg
	Segment  Kind = "segment"  // Call, Leg, Peer: from now on Leg and Peer hear each other; Peer "" ends it
	LegEnded Kind = "leg-ended"
	// Transferred has Call, Leg, Peer, To: Leg has asked that Peer be connected to To.
	Transferred Kind = "transferred"
	// Moved has Call, Leg: the leg goes to another call.
	Moved Kind = "moved"
	// Joined has Call, Leg, Party, To, SIPCallID, Detail: a leg came from the call in Detail.
	Joined Kind = "joined"
	// Placed has Call, Leg, Party, Detail: the leg, which goes to another node, has the
	// place in Detail in a call there, and talks to who is behind the node in Party.
	Placed Kind = "placed"
	// Masked has Call, Leg, Peer: a payment window opens, in which what Leg says and
	// presses reaches nobody; Peer hears a tone. Unmasked has Call, Leg, Digits, By: it is
	// closed.
	Masked   Kind = "masked"
	Unmasked Kind = "unmasked"
	// Recording has Call, Leg, Party, By, Detail: what becomes of a recording of the call,
	// by its name; also of one that is erased long after the call.
	Recording Kind = "recording"
	// Supervised has Call, Leg, Peer, Party, By, Detail: the leg listens, whispers or barges
	// in (Detail) on Peer, as By wants.
	Supervised Kind = "supervised"
	// Conference has Call, Leg, Party, To, Detail: what a member of the conference To does.
	Conference Kind = "conference"
	// Orphaned has Call, Status, Q850, Reason, Detail, Media: a stream that the kernel carried
	// on after its process was lost was ended, long after the call was. Detail is the address
	// that it came to, Media are of one direction.
	Orphaned Kind = "orphaned"
	Ended    Kind = "ended" // Call: the call is over; Status, Q850, By
	Alarm    Kind = "alarm" // Detail: emergency call, disk full and the like
)

// Event is one entry. Zero fields are left out of the file.
type Event struct {
	Kind   Kind      `json:"kind"`
	At     time.Time `json:"at"`   // UTC, milliseconds
	Mono   int64     `json:"mono"` // nanoseconds of the process's monotonic clock; durations are differences of it
	Node   string    `json:"node,omitempty"`
	Tenant string    `json:"tenant,omitempty"`
	Call   string    `json:"call,omitempty"`
	Leg    int       `json:"leg,omitempty"` // 1 is the caller's
	Peer   int       `json:"peer,omitempty"`

	Party string `json:"party,omitempty"` // "trunk:carrier", "seat:1001", "app:echo"
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	// Arrived: the caller's network number and presentation number, whoever may see them,
	// and whether the called party may not.
	Network      string `json:"network_number,omitempty"`
	Presentation string `json:"presentation_number,omitempty"`
	Withheld     bool   `json:"withheld,omitempty"`
	SIPCallID    string `json:"sip_call_id,omitempty"`
	SessionID    string `json:"session_id,omitempty"` // of the leg\'s party (RFC 7989): of leg 1 when it arrived, of others when they ended
	Emergency    bool   `json:"emergency,omitempty"`

	Status int    `json:"status,omitempty"` // SIP status
	Q850   int    `json:"q850,omitempty"`
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"` // who ended it: "caller", "callee", "switch", "admin", "transfer", "node lost"
	Detail string `json:"detail,omitempty"`
	// Decided: the version of the plan that was asked.
	Version string `json:"plan_version,omitempty"`
	Digits  int    `json:"digits,omitempty"` // unmasked: how many keys were pressed; which is known nowhere

	Media *Media `json:"media,omitempty"` // leg-ended
}

// Media are a leg's final figures.
type Media struct {
	Received  uint64  `json:"received"`
	Sent      uint64  `json:"sent"`
	Lost      int64   `json:"lost"`
	JitterMs  float64 `json:"jitter_ms"`
	MOS       float64 `json:"mos"`
	Codec     string  `json:"codec,omitempty"`
	OneWay    bool    `json:"one_way,omitempty"`
	Foreign   uint64  `json:"foreign,omitempty"`
	MaxGapMs  float64 `json:"max_gap_ms,omitempty"`
	Reordered uint64  `json:"reordered,omitempty"`
	Duplicate uint64  `json:"duplicate,omitempty"`
	// RoundTripMs and FarLoss, a share, are by the party's RTCP; 0 if it sent none.
	RoundTripMs  float64 `json:"round_trip_ms,omitempty"`
	FarLoss      float64 `json:"far_loss,omitempty"`
	MaxSilenceMs float64 `json:"max_silence_ms,omitempty"` // of sound that flowed
	Silent       bool    `json:"silent,omitempty"`         // nothing was ever heard of it
	Overrun      uint64  `json:"overrun,omitempty"`        // packets that this node had no time for, among those lost
	RTCPReceived uint64  `json:"rtcp_received,omitempty"`
	RTCPSent     uint64  `json:"rtcp_sent,omitempty"`
	SRTP         string  `json:"srtp,omitempty"`      // suite, as SDP names it; "" is plain RTP
	Converted    uint64  `json:"converted,omitempty"` // packets that the party was sent in another codec than they came in
	// ConvertedFrom and ConvertedTo are the encodings of the last of them.
	ConvertedFrom string  `json:"converted_from,omitempty"`
	ConvertedTo   string  `json:"converted_to,omitempty"`
	PTimeMs       float64 `json:"ptime_ms,omitempty"` // packet time of the party's last sound; 0 if it is not known
}

// Loss is the share of the expected packets that did not come, 0 to 1.
func (m *Media) Loss() float64 {
	missing, expected := m.Lost+int64(m.Duplicate), int64(m.Received)+m.Lost
	if expected <= 0 {
		return 0
	}
	return min(max(float64(missing)/float64(expected), 0), 1)
}

// Recorder takes events. Record returns when they are written, with one write(2),
// so that what follows them may be acted on; it never fails the caller: what
// cannot be written is kept in memory up to a limit and counted. It changes and
// does not keep the slice; the strings of a call it keeps until the call is over, so
// that none should be part of a message. Safe for concurrent use.
type Recorder interface {
	Record(events ...Event)
}
