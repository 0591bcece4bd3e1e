package guard

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

func (g *Guard) hushed(s Source, until time.Time) {
	g.quiet.Lock()
	defer g.quiet.Unlock()
	if until.IsZero() {
		delete(g.silent, s)
	} else {
		g.silent[s] = until
	}
	g.hush.Store(int32(len(g.silent)))
}

// end ends a block that is in force. The lock is held.
func (g *Guard) end(r *record) bool {
	if r.Until.IsZero() {
		return false
	}
	if r.Silent {
		g.hushed(r.Source, time.Time{})
	}
	r.last, r.Until = r.Until, time.Time{}
	g.counters.Blocks.Add(-1)
	return true
}

// Tick ends the blocks that are over, and forgets what is long quiet.
func (g *Guard) Tick(now time.Time) {
	var over []Block
	g.mu.Lock()
	for e := g.recent.Back(); e != nil; {
		r, before := e.Value.(*record), e.Prev()
		b := r.Block
		switch {
		case !r.Until.IsZero() && !r.blocks(now):
			g.end(r)
			if b.Node == g.node {
				over = append(over, b)
			}
		case r.Until.IsZero() && now.Sub(r.last) > Memory:
			g.forget(e)
		}
		e = before
	}
	for s, at := range g.proven {
		if now.Sub(at) > Memory {
			delete(g.proven, s)
		}
	}
	g.mu.Unlock()
	for _, b := range over {
		g.report(now, b, Expired)
	}
}

// Blocks returns what is blocked, the newest first.
func (g *Guard) Blocks(now time.Time) []Block {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := []Block{}
	for e := g.recent.Front(); e != nil; e = e.Next() {
		if r := e.Value.(*record); r.blocks(now) {
			all = append(all, r.Block)
		}
	}
	slices.SortStableFunc(all, func(a, b Block) int {
		return cmp.Or(b.Since.Compare(a.Since), a.Addr.Compare(b.Addr), cmp.Compare(a.User, b.User))
	})
	return all
}

// Unblock ends the blocks of a source on every network, or only those of one user of
// it, forgets what was counted, and returns the blocks.
func (g *Guard) Unblock(now time.Time, a netip.Addr, user string) []Block {
	g.mu.Lock()
	until := now
	for e := g.recent.Front(); e != nil; e = e.Next() {
		if r := e.Value.(*record); r.of(a, user) && r.Since.After(until) {
			until = r.Since // by the clock of another node
		}
	}
	ended := g.release(until, a, user)
	g.mu.Unlock()
	for _, b := range ended {
		g.report(now, b, Removed)
	}
	return ended
}

// of tells whether a record is of an address, and of a user of it if one is named.
func (r *record) of(a netip.Addr, user string) bool {
	return r.Source == SourceOf(r.Network, a) && (user == "" || r.User == clip(user))
}

// release ends the blocks that had begun by a time, and tells other nodes of it: whom
// they told of a block hears from them that it is over. The lock is held.
func (g *Guard) release(until time.Time, a netip.Addr, user string) []Block {
	ended := []Block{}
	for e := g.recent.Front(); e != nil; {
		r, next := e.Value.(*record), e.Next()
		if r.of(a, user) && !r.Since.After(until) {
			b := r.Block
			if g.end(r) {
				ended = append(ended, b)
			}
			g.forget(e)
		}
		e = next
	}
	if len(ended) > 0 {
		g.journal.add(Entry{What: removed, Block: Block{Who: Who{Source: Source{Addr: a}, User: user}, Since: until}})
	}
	return ended
}
