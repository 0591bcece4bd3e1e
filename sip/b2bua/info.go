package b2bua

import (
	"time"

	"strowger/sip/leg"
)

// Info is a call as an operator sees it.
type Info struct {
	ID        string    `json:"id"`
	Tenant    string    `json:"tenant"`
	State     string    `json:"state"` // admitting, ringing, talking, transferring, failing, over
	From      string    `json:"from"`
	To        string    `json:"to"`
	Entry     string    `json:"entry"` // of the plan
	Why       []string  `json:"why,omitempty"`
	Started   time.Time `json:"started"`
	Answered  time.Time `json:"answered,omitzero"`
	Emergency bool      `json:"emergency,omitempty"`
	// Conference tells that all hear all; Room is its name, "" if calls were joined.
	Conference bool      `json:"conference,omitempty"`
	Room       string    `json:"room,omitempty"`
	Legs       []LegInfo `json:"legs"`
}

// LegInfo is a leg as an operator sees it.
type LegInfo struct {
	ID     int    `json:"id"`
	Party  string `json:"party"`
	State  string `json:"state"` // offered, early, answered, confirmed, ending, done
	Remote string `json:"remote"`
	Codec  string `json:"codec,omitempty"`
	Held   bool   `json:"held,omitempty"`
	OneWay bool   `json:"one_way,omitempty"` // it was sent sound and sent none, for a while
	CallID string `json:"sip_call_id"`
	// Supervises is how the leg supervises leg Of: listen, whisper or barge; "" if it
	// does not.
	Supervises string `json:"supervises,omitempty"`
	Of         int    `json:"of,omitempty"`
	Muted      bool   `json:"muted,omitempty"` // in a conference
	// SessionID is the party's half of Session-ID (RFC 7989); "" before it was heard.
	SessionID string `json:"session_id,omitempty"`
}

// Info describes the call.
func (c *Call) Info() Info {
	i := Info{
		ID: c.ID, Tenant: c.Tenant, State: c.state.String(), From: c.From, To: c.To,
		Entry: c.Entry, Why: c.why, Started: c.Started, Answered: c.Answer, Emergency: c.emergency,
		Conference: c.conf != nil, Room: c.Room(),
	}
	if c.transfer != nil {
		i.State = "transferring"
	}
	for _, p := range c.legs {
		if p.moved {
			continue
		}
		l := LegInfo{
			ID: p.ID, Party: p.Party.String(), State: stateNames[p.State], Remote: p.Flow.Remote.String(),
			Held: p.agreed.Held, OneWay: p.oneWay, CallID: p.Dialog.CallID, SessionID: p.Dialog.SessionID(),
		}
		if len(p.agreed.Codecs) > 0 {
			l.Codec = p.agreed.Codecs[0].Encoding
		}
		if s := p.supervises; s != nil {
			l.Supervises, l.Of = s.mode.String(), s.of.ID
		}
		l.Muted = p.member != nil && p.member.muted
		i.Legs = append(i.Legs, l)
	}
	return i
}

var stateNames = map[leg.State]string{
	leg.Offered: "offered", leg.Early: "early", leg.Answered: "answered",
	leg.Confirmed: "confirmed", leg.Ending: "ending", leg.Done: "done",
}

func (s state) String() string {
	return [...]string{"admitting", "ringing", "talking", "failing", "over"}[s]
}

// Talkers are the legs of who talk to each other; peer is 0 where an application talks
// to the caller, both are 0 if nobody talks.
func (c *Call) Talkers() (caller, peer int) {
	if c.state != talking || c.front.over {
		return 0, 0
	}
	if c.peer != nil && !c.peer.over {
		peer = c.peer.ID
	}
	return c.front.ID, peer
}

// Company are the legs that all hear beside two that talk, or all members of a conference
// who are not muted.
func (c *Call) Company() []int {
	if c.conf == nil && len(c.pair()) == 0 {
		return nil
	}
	var ids []int
	for _, p := range c.legs {
		switch {
		case p.over || p.moved:
		case p.member != nil && !p.member.muted, p.supervising() && p.supervises.mode == Barge:
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// Muted tells whether a leg is a member of a conference whom nobody hears.
func (c *Call) Muted(id int) bool {
	p := c.party(id)
	return p != nil && p.member != nil && p.member.muted
}

// Holds tells whether the party of a leg holds who it talks to.
func (c *Call) Holds(id int) bool {
	p := c.party(id)
	return p != nil && p.agreed.Held
}
