package b2bua

import (
	"time"

	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/message"
)

// MaxMembers bounds a conference.
const MaxMembers = 30

// The prompts of a conference.
const (
	EnterPrompt  = "conference-enter"  // all others hear who comes
	LeavePrompt  = "conference-leave"  // and who goes
	MutedPrompt  = "conference-muted"  // who is muted hears it
	SpeaksPrompt = "conference-speaks" // and who is not any more
)

// ErrConferenceFull is the outcome when a conference has as many members as it may.
var ErrConferenceFull = cause.Verdict{Status: 486, Q850: 17, Reason: "The conference is full", Fault: cause.Caller}

// Conference is one that the caller of a program opens, or joins (Part.Room) where it is.
type Conference struct {
	Room  string // its name in the tenant
	Limit int    // of its members; 0 means MaxMembers
	PIN   string // digits that who enters must press; "" asks for none
	Music bool   // who is alone in it hears the music of its seat or trunk
}

// conference is a call in which all hear all. Its front is any member.
type conference struct {
	room  string // "" if two calls were joined
	limit int
	music bool   // for who is alone
	via   *party // whose dialog is known as that of the room
}

// member is a party in a conference.
type member struct {
	muted bool
	tone  string // that it hears over the others; "" for none
	star  bool   // its last key was *
}

// Events of a conference.
type (
	// Mute has a member not be heard, or be heard again.
	Mute struct {
		Leg int
		On  bool
	}
	// Kick has a member leave.
	Kick struct{ Leg int }
	// Merge has the party of another call of leg Leg's party join both: a three-way call.
	Merge struct {
		Leg    int
		Dialog message.Replaces // of the party, in the other call
	}
)

func (Mute) isEvent()  {}
func (Kick) isEvent()  {}
func (Merge) isEvent() {}

// Room is the conference that the call is, "" for none.
func (c *Call) Room() string {
	if c.conf == nil {
		return ""
	}
	return c.conf.room
}

// members are those of the conference, by leg.
func (c *Call) members() []*party {
	var list []*party
	for _, p := range c.legs {
		if p.member != nil && !p.over {
			list = append(list, p)
		}
	}
	return list
}

// openConference makes the call the conference of its program, with the caller in it.
func (c *Call) openConference(now time.Time, out Effects) {
	f := c.program.Conference
	c.conf = &conference{room: f.Room, limit: f.limit(), music: f.Music}
	c.enter(now, c.front, out)
}

func (f *Conference) limit() int {
	if f.Limit > 0 {
		return min(f.Limit, MaxMembers)
	}
	return MaxMembers
}

// joinable tells why nobody can join the conference of the room now, or nil.
func (c *Call) joinable(room string) error {
	switch {
	case c.state != talking || c.conf == nil || c.conf.room != room:
		return cause.New(481, "", cause.Caller)
	case len(c.members()) >= c.conf.limit:
		return ErrConferenceFull
	}
	return nil
}

// joins takes a leg that has called the conference.
func (c *Call) joins(now time.Time, m *Moving, out Effects) bool {
	if c.joinable(m.Part.Room) != nil || m.party.unmixable() != nil {
		return false
	}
	c.enter(now, c.attach(now, m, out), out)
	c.arrange(now, out)
	return true
}

// joinsFor takes a leg in the place of a member, who has transferred it there.
func (c *Call) joinsFor(now time.Time, p *party, m *Moving, out Effects) bool {
	if m.party.unmixable() != nil {
		return false
	}
	q := c.attach(now, m, out)
	q.own().member = &member{muted: p.member.muted}
	c.confers(now, q, "enters", out)
	c.watch(q, out)
	if p == c.front {
		c.front = q
	}
	c.expel(now, p, cause.Verdict{}, out)
	c.arrange(now, out)
	return true
}

// enter makes a party a member.
func (c *Call) enter(now time.Time, p *party, out Effects) {
	c.announce(EnterPrompt)
	p.own().member, p.entry = &member{}, nil
	c.confers(now, p, "enters", out)
	c.watch(p, out)
}

// confers records what a member does.
func (c *Call) confers(now time.Time, p *party, what string, out Effects) {
	c.record(now, out, ledger.Event{Kind: ledger.Conference, Leg: p.ID, Party: p.Party.String(), To: c.conf.room, Detail: what})
}

// announce has every member hear a tone.
func (c *Call) announce(tone string) {
	for _, p := range c.members() {
		p.sounds(tone)
	}
}

// sounds has a member hear a tone from its start.
func (p *party) sounds(tone string) {
	p.member.tone = tone
	p.attends(elsewhere + elsewhere)
}

// gone goes on without a member.
func (c *Call) gone(now time.Time, p *party, v cause.Verdict, out Effects) {
	c.confers(now, p, "leaves", out)
	left := c.members()
	switch {
	case len(left) == 0, c.conf.room == "" && len(left) < 2:
		c.end(now, v, p.side(), out)
		return
	case p == c.front:
		c.front = left[0]
	}
	if c.conf.room == "" && len(left) == 2 {
		c.conf = nil
		left[0].member, left[1].member = nil, nil
		c.front, c.peer = left[0], left[1]
		c.join(now, c.front, out)
		return
	}
	c.announce(LeavePrompt)
}

// expel has a member leave.
func (c *Call) expel(now time.Time, p *party, v cause.Verdict, out Effects) {
	c.release(now, p, v, out)
	c.gone(now, p, v, out)
}

// isMember returns a member by its leg, nil if it is none.
func (c *Call) isMember(id int) *party {
	if p := c.party(id); p != nil && p.member != nil && !p.over && c.state == talking {
		return p
	}
	return nil
}

// mute has a member not be heard, or be heard again.
func (c *Call) mute(now time.Time, p *party, on bool, out Effects) {
	if p.member.muted == on {
		return
	}
	p.member.muted = on
	if on {
		c.confers(now, p, "is muted", out)
		p.sounds(MutedPrompt)
	} else {
		c.confers(now, p, "speaks again", out)
		p.sounds(SpeaksPrompt)
	}
}

// memberKey takes a key of a member: *6 mutes it, or lets it speak again.
func (c *Call) memberKey(now time.Time, p *party, d byte, out Effects) {
	if p.member.star && d == '6' {
		c.mute(now, p, !p.member.muted, out)
	}
	p.member.star = d == '*'
}

// arrangeConference has every member hear all who are not muted. All are given one list,
// so that they share one mix.
func (c *Call) arrangeConference(out Effects) {
	var speak []*party
	for _, p := range c.members() {
		if !p.member.muted {
			speak = append(speak, p)
		}
	}
	for _, p := range c.members() {
		list := speak
		if len(speak) == 1 && speak[0] == p { // alone that would be an echo
			list = nil
		}
		switch {
		case p.member.tone == "" && len(list) == 0 && c.waits(p) != "":
			p.hearsMusic(c.waits(p), out)
		case p.member.tone == "":
			p.attune(list, out)
		case p.attending() != earsOf(list)+elsewhere:
			p.plays(out, []string{p.member.tone}, list...)
		}
	}
	if via := c.conf.via; c.conf.room != "" && (via == nil || via.over) {
		c.conf.via = c.front
		out.Park(c.front.ID, Park{Place: roomPlace(c.conf.room)})
	}
}

// waits is the music that a member hears who is alone; "" for none.
func (c *Call) waits(p *party) string {
	if !c.conf.music || len(c.members()) > 1 {
		return ""
	}
	return p.Party.Music()
}

// roomPlace is how a conference is known among the places of a tenant.
func roomPlace(room string) string { return RoomPrefix + room }

// RoomPrefix begins the place (Park) of a conference, before its name.
const RoomPrefix = "conference-"

// CanMute tells why leg id is no member, or nil.
func (c *Call) CanMute(id int) error {
	if c.isMember(id) == nil {
		return cause.New(404, "There is no such member of a conference", cause.Caller)
	}
	return nil
}
