package guard

import (
	"slices"
	"time"
)

// Limits of what is told to other nodes.
const (
	journalLimit = 8192 // entries kept; a node that has fallen further behind is told the blocks
	newsLimit    = 1000 // entries of one answer
)

// what an entry tells.
type what uint8

const (
	failed  what = iota + 1 // a wrong credential
	blocked                 // a block that was made, or is no longer silent
	removed                 // the blocks of an address, or of one user of it, were ended by hand
)

// Entry is what a node tells of a failure or a block. Of a failure only Who counts; of
// what was removed the address, the user and Since, before which the blocks began.
type Entry struct {
	What  what  `json:"w"`
	Known bool  `json:"k,omitempty"` // the user has a seat
	Block Block `json:"b"`
}

// Place is how far a node has read another one's journal.
type Place struct {
	Epoch uint64 `json:"e"`
	Last  uint64 `json:"l"`
}

// News is what a node tells another one.
type News struct {
	Place   Place   `json:"p"`           // after these entries
	More    bool    `json:"m,omitempty"` // there is more to ask for at once
	Entries []Entry `json:"c,omitempty"`
}

// journal are the last entries, oldest first. It is kept from the first question on.
type journal struct {
	epoch   uint64
	wanted  bool
	last    uint64 // number of the newest entry
	entries []Entry
}

func (j *journal) add(e Entry) {
	if !j.wanted {
		return
	}
	if len(j.entries) >= 2*journalLimit {
		j.entries = append(j.entries[:0:0], j.entries[len(j.entries)-journalLimit:]...)
	}
	j.entries = append(j.entries, e)
	j.last++
}

// Since is the news for a node that has read to a place: one that has not read, or has
// fallen behind, is told all blocks in force, whoever made them.
func (g *Guard) Since(now time.Time, at Place) News {
	g.mu.Lock()
	defer g.mu.Unlock()
	j := &g.journal
	j.wanted = true
	first := j.last - uint64(len(j.entries)) // the entries behind this number are kept
	n := News{Place: Place{j.epoch, j.last}}
	if at.Epoch != j.epoch || at.Last < first || at.Last > j.last {
		g.counters.ToldAll.Add(1)
		for e := g.recent.Front(); e != nil; e = e.Next() {
			if r := e.Value.(*record); r.blocks(now) {
				n.Entries = append(n.Entries, Entry{What: blocked, Block: r.Block})
			}
		}
		return n
	}
	fresh := j.entries[at.Last-first:]
	if len(fresh) > newsLimit {
		fresh, n.More = fresh[:newsLimit], true
		n.Place.Last = at.Last + newsLimit
	}
	n.Entries = slices.Clone(fresh)
	return n
}

// Learn takes the news of another node. Nothing of it is reported: that node did.
func (g *Guard) Learn(now time.Time, n News) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range n.Entries {
		e := &n.Entries[i]
		switch e.What {
		case failed:
			g.counters.FailuresLearned.Add(1)
			g.count(now, e.Block.Who, e.Known)
		case blocked:
			g.learnBlock(now, e.Block)
		case removed:
			g.release(e.Block.Since, e.Block.Addr, e.Block.User)
		default: // of a later release
		}
	}
}

// learnBlock begins a block of another node. Of two blocks of the same the one that
// ends later holds, and it is silent only if both nodes find it so. The lock is held.
func (g *Guard) learnBlock(now time.Time, b Block) {
	if !now.Before(b.Until) {
		return
	}
	r := g.touch(now, b.Who)
	r.failures, r.unknown = 0, nil
	b.Spared = g.spared(b.Source)
	told := b.Silent
	b.Silent = g.silences(r, b.Spared) && told && (r.Until.IsZero() || r.Silent)
	if !r.Until.IsZero() && !b.Until.After(r.Until) {
		b.Since, b.Until, b.Node = r.Since, r.Until, r.Node
	}
	if r.Until.IsZero() {
		g.counters.BlocksLearned.Add(1)
		g.counters.Blocks.Add(1)
	}
	b.Times = max(b.Times, r.Times)
	r.Block = b
	switch {
	case b.Silent:
		g.hushed(r.Source, b.Until)
	case r.User == "":
		g.hushed(r.Source, time.Time{})
	}
	if told && !b.Silent {
		g.journal.add(Entry{What: blocked, Block: b})
	}
}
