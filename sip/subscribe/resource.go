package subscribe

import (
	"slices"
	"time"
)

// Progress is how far a dialog of a seat has come.
type Progress uint8

// How far dialogs come (RFC 4235 section 3.7.1).
const (
	Over      Progress = iota // terminated
	Trying                    // the INVITE is under way
	Early                     // it rings
	Confirmed                 // it was answered, or a call is parked
)

// Conversation is one dialog of a seat, as those who watch it see it.
type Conversation struct {
	ID        string   `json:"id"` // unique
	CallID    string   `json:"c,omitempty"`
	LocalTag  string   `json:"l,omitempty"` // the seat's
	RemoteTag string   `json:"r,omitempty"`
	Initiator bool     `json:"i,omitempty"` // the seat called
	Peer      string   `json:"p,omitempty"` // number of the other party; "" if withheld
	PeerName  string   `json:"d,omitempty"`
	Progress  Progress `json:"s,omitempty"`
}

// Change is news of a dialog.
type Change struct {
	Name         Name         `json:"w"`
	Owner        string       `json:"o"` // the call that says so: only it can end what it said
	Conversation Conversation `json:"v"`
}

// Messages are the messages that wait for a seat.
type Messages struct {
	New int `json:"new"` // not heard yet
	Old int `json:"old"` // heard and kept
}

// resource is what is known of a name, and who watches it.
type resource struct {
	name          Name
	conversations []entry // in order of their begin
	messages      Messages
	watchers      []*Subscription // in order of their begin
}

// entry is a dialog of a seat and who told of it.
type entry struct {
	Conversation
	owner string
	node  string // "" is this one
}

// maxShown bounds the dialogs of one NOTIFY: it has to fit a datagram.
const maxShown = 3

// shown are the dialogs that are told: the oldest that are not over.
func (r *resource) shown() []entry { return r.conversations[:min(len(r.conversations), maxShown)] }

func (b *Book) resource(n Name) *resource {
	r := b.resources[n]
	if r == nil {
		r = &resource{name: n}
		b.resources[n] = r
	}
	return r
}

// forget drops a resource that nobody watches and of which nothing is known.
func (b *Book) forget(r *resource) {
	if len(r.watchers) == 0 && len(r.conversations) == 0 {
		delete(b.resources, r.name)
	}
}

// Apply takes news of this node's calls.
func (b *Book) Apply(now time.Time, changes []Change) {
	for _, c := range changes {
		if b.apply(now, "", c) {
			b.journal.add(c)
		}
	}
}

// apply takes a change that a node tells of; false if it changes nothing.
func (b *Book) apply(now time.Time, node string, c Change) bool {
	r := b.resource(c.Name)
	defer b.forget(r)
	i := slices.IndexFunc(r.conversations, func(e entry) bool { return e.ID == c.Conversation.ID })
	e := entry{c.Conversation, c.Owner, node}
	switch over := c.Conversation.Progress == Over; {
	case i < 0 && over:
		return false
	case i < 0:
		r.conversations = append(r.conversations, e)
	case over && (r.conversations[i].owner != c.Owner || r.conversations[i].node != node):
		return false // it has moved to another call
	case over:
		r.conversations = slices.Delete(r.conversations, i, i+1)
	case r.conversations[i] == e:
		return false
	default:
		r.conversations[i] = e
	}
	b.changed(now, r, Dialog)
	return true
}

// changed has the watchers of a resource told.
func (b *Book) changed(now time.Time, r *resource, p Package) {
	for _, s := range r.watchers {
		if s.wish.Package == p {
			s.dirty = true
			b.plan(now, s)
		}
	}
}

// SetSummary takes the messages of a seat.
func (b *Book) SetSummary(now time.Time, n Name, m Messages) {
	r := b.resources[n]
	if r == nil || r.messages == m {
		return
	}
	r.messages = m
	b.changed(now, r, Summary)
}

// Watched tells whether anybody watches a name.
func (b *Book) Watched(n Name) bool { return b.resources[n] != nil && len(b.resources[n].watchers) > 0 }

// Mailboxes are the seats whose messages are watched.
func (b *Book) Mailboxes() []Name {
	var names []Name
	for n, r := range b.resources {
		for _, s := range r.watchers {
			if s.wish.Package == Summary {
				names = append(names, n)
				break
			}
		}
	}
	return names
}

// Forget drops what a node told of its calls, "" for this one's: nothing more is
// known of them.
func (b *Book) Forget(now time.Time, node string) {
	for _, r := range b.resources {
		n := len(r.conversations)
		r.conversations = slices.DeleteFunc(r.conversations, func(e entry) bool { return e.node == node })
		if len(r.conversations) < n {
			b.changed(now, r, Dialog)
		}
		b.forget(r)
	}
	if node == "" {
		b.journal = journal{epoch: b.journal.epoch + 1, last: b.journal.last}
	}
}
