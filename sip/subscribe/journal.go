package subscribe

import "time"

// journalLimit is how many changes are kept for other nodes.
const journalLimit = 16_384

// newsLimit is how many changes one answer tells.
const newsLimit = 1000

// journal are the last changes of this node's calls, oldest first.
type journal struct {
	epoch   uint64 // a higher one: what was told before is void
	last    uint64 // number of the newest change
	changes []Change
}

func (j *journal) add(c Change) {
	if len(j.changes) >= 2*journalLimit {
		j.changes = append(j.changes[:0:0], j.changes[len(j.changes)-journalLimit:]...)
	}
	j.changes = append(j.changes, c)
	j.last++
}

// Place is how far a node has read another one's journal.
type Place struct {
	Epoch uint64 `json:"e"`
	Last  uint64 `json:"l"`
}

// News is what a node tells another one of its calls.
type News struct {
	Place   Place    `json:"p"`           // after these changes
	All     bool     `json:"a,omitempty"` // what was told before is void
	More    bool     `json:"m,omitempty"` // there is more to ask for at once
	Changes []Change `json:"c,omitempty"`
}

// Since is the news for a node that has read to a place. Until it has not asked for a
// while, this node is Wanted.
func (b *Book) Since(now time.Time, at Place) News {
	b.asked = now
	j := &b.journal
	first := j.last - uint64(len(j.changes)) // the changes behind this number are kept
	n := News{Place: Place{j.epoch, j.last}}
	if at.Epoch != j.epoch || at.Last < first || at.Last > j.last {
		b.counters.FellBehind.Add(1)
		n.All, n.Changes = true, b.everything()
		return n
	}
	fresh := j.changes[at.Last-first:]
	if len(fresh) > newsLimit {
		fresh, n.More = fresh[:newsLimit], true
		n.Place.Last = at.Last + newsLimit
	}
	n.Changes = append(n.Changes, fresh...)
	return n
}

// everything is what this node's calls do now.
func (b *Book) everything() []Change {
	var all []Change
	for _, r := range b.resources {
		for _, e := range r.conversations {
			if e.node == "" {
				all = append(all, Change{r.name, e.owner, e.Conversation})
			}
		}
	}
	return all
}

// Learn takes the news of another node.
func (b *Book) Learn(now time.Time, node string, n News) {
	if n.All {
		told := map[string]bool{}
		for _, c := range n.Changes {
			told[c.Conversation.ID] = true
		}
		b.void(now, node, told)
	}
	for _, c := range n.Changes {
		b.apply(now, node, c)
	}
}

// void drops what a node told before, but for what it tells again.
func (b *Book) void(now time.Time, node string, again map[string]bool) {
	for _, r := range b.resources {
		for _, e := range append([]entry(nil), r.conversations...) {
			if e.node == node && !again[e.ID] {
				e.Progress = Over
				b.apply(now, node, Change{r.name, e.owner, e.Conversation})
			}
		}
	}
}
