package ledger

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// call is what the records of a call that is not over need of its events. It is
// also the call's part of the snapshot that a segment begins with.
type call struct {
	Arrived   moment `json:"arrived"`
	Answered  moment `json:"answered,omitzero"` // the first time
	From      string `json:"from,omitempty"`
	To        string `json:"to,omitempty"`
	Entry     string `json:"entry,omitempty"`
	Version   string `json:"plan_version,omitempty"`
	Tenant    string `json:"tenant,omitempty"`
	Network   string `json:"network_number,omitempty"`
	Shown     string `json:"presentation_number,omitempty"`
	Withheld  bool   `json:"withheld,omitempty"`
	Emergency bool   `json:"emergency,omitempty"`
	Latest    int64  `json:"latest"` // Mono of the last event

	Caller   origin     `json:"caller"` // leg 1 as it arrived, whatever became of it
	Answerer string     `json:"answerer,omitempty"`
	Legs     []openLeg  `json:"legs,omitempty"`  // that have not ended
	Ended    []endedLeg `json:"ended,omitempty"` // in that order
	Talk     talk       `json:"talk,omitzero"`   // who speak to each other now
	Talks    string     `json:"talks,omitempty"` // who did before: see CDR.Segments

	last *Event // that ended the call; nil before
}

// moment is when something happened.
type moment struct {
	At   time.Time `json:"at"`
	Mono int64     `json:"mono"`
}

// origin is who a leg is.
type origin struct {
	Party     string `json:"party,omitempty"`
	SIPCallID string `json:"sip_call_id,omitempty"`
	SessionID string `json:"session_id,omitempty"`
}

// openLeg is a leg that has not ended.
type openLeg struct {
	ID       int    `json:"id"`
	Began    moment `json:"began"`
	Answered bool   `json:"answered,omitempty"`
	origin
}

// endedLeg is a leg that has ended, and how.
type endedLeg struct {
	openLeg
	End    moment `json:"end"`
	Status int    `json:"status,omitempty"`
	Q850   int    `json:"q850,omitempty"`
	Media  *Media `json:"media,omitempty"`
}

// ended is the leg that an event ends.
func (l openLeg) ended(e *Event) endedLeg {
	l.SessionID = cmp.Or(l.SessionID, e.SessionID)
	return endedLeg{l, e.moment(), e.Status, e.Q850, e.Media}
}

func (e *Event) moment() moment { return moment{e.At, e.Mono} }

func (e *Event) origin() origin {
	return origin{e.Party, e.SIPCallID, e.SessionID}
}

// arrived begins to follow a call.
func arrived(e *Event) *call {
	c := &call{
		Arrived: e.moment(), From: e.From, To: e.To, Tenant: e.Tenant, Caller: e.origin(),
		Network: e.Network, Shown: e.Presentation, Withheld: e.Withheld, Emergency: e.Emergency,
		Latest: e.Mono, Legs: make([]openLeg, 0, 2),
	}
	c.Legs = append(c.Legs, openLeg{ID: e.Leg, Began: c.Arrived, origin: c.Caller})
	return c
}

// step takes a later event of the call.
func (c *call) step(e *Event) {
	c.Latest = e.Mono
	switch e.Kind {
	case Decided:
		if c.Entry == "" { // later ones are transfers
			entry, _, _ := strings.Cut(e.Detail, "; ")
			c.Entry, c.Version = strings.Clone(entry), e.Version
		}
	case Rang, Joined:
		c.Legs = append(c.Legs, openLeg{ID: e.Leg, Began: e.moment(), Answered: e.Kind == Joined, origin: e.origin()})
	case Answered:
		c.answered(e)
	case Segment:
		c.part(e.Mono)
		c.Talk = talk{Leg: e.Leg, Peer: e.Peer, From: e.Mono, Parties: [2]string{c.party(e.Leg), c.party(e.Peer)}}
	case LegEnded, Moved:
		if e.Leg == c.Talk.Leg || e.Leg == c.Talk.Peer {
			c.part(e.Mono)
		}
		if i := c.leg(e.Leg); i >= 0 {
			c.Ended = append(c.Ended, c.Legs[i].ended(e))
			c.Legs = slices.Concat(c.Legs[:i], c.Legs[i+1:]) // no longer than it has to be
		}
	case Placed:
		if i := c.leg(e.Leg); i >= 0 {
			c.Legs[i].Party = e.Party
		}
	case Ended:
		c.part(e.Mono)
		last := *e
		c.last = &last
	case Supervised:
		if i := c.leg(e.Leg); i >= 0 {
			c.Legs[i].Answered = true
		}
	case Arrived, Transferred, Masked, Unmasked, Recording, Alarm, Conference, Orphaned:
	}
}

func (c *call) answered(e *Event) {
	for i := range c.Legs {
		if id := c.Legs[i].ID; id == 1 || id == e.Leg {
			c.Legs[i].Answered = true
		}
	}
	if !c.Answered.At.IsZero() {
		return
	}
	c.Answered, c.Answerer = e.moment(), e.Party
	if c.Answerer == "" {
		c.Answerer = c.party(e.Leg)
	}
}

// leg is the index of a leg that has not ended, or -1.
func (c *call) leg(id int) int {
	return slices.IndexFunc(c.Legs, func(l openLeg) bool { return l.ID == id })
}

// party is who a leg is that has not ended.
func (c *call) party(id int) string {
	if i := c.leg(id); i >= 0 {
		return c.Legs[i].Party
	}
	return ""
}
