package guard

import (
	"container/list"
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limits.
const (
	MaxFailures  = 20               // of a user from a source, then it is blocked
	MaxUnknown   = 20               // different users without a seat from a source, then it is blocked
	FirstBlock   = 5 * time.Minute  // how long the first block lasts
	LongestBlock = 24 * time.Hour   // blocks do not grow beyond it
	Memory       = 24 * time.Hour   // without a failure or block, then all is forgotten
	MaxRecords   = 1 << 15          // sources and users of sources that are followed
	MaxProven    = 1 << 16          // sources that a seat has proved itself from
	proveAgain   = 10 * time.Minute // how exactly the time of that is known
	maxUser      = 64               // bytes of a user that are told apart
	evictSearch  = 64               // records looked at for one to give way that blocks nothing
)

// Source is where requests come from.
type Source struct {
	Network string     `json:"network"`
	Addr    netip.Addr `json:"source"` // IPv6: the first of its /64
}

// SourceOf is the source of an address.
func SourceOf(network string, a netip.Addr) Source {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		p, _ := a.Prefix(64) // 64 is within an IPv6 address
		a = p.Addr()
	}
	return Source{network, a}
}

// Who is a user of a source, or with an empty User the whole source.
type Who struct {
	Source
	Tenant string `json:"tenant,omitempty"`
	User   string `json:"user,omitempty"` // as claimed
}

// Block is what is blocked, or for a spared source what would be.
type Block struct {
	Who
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Times  int       `json:"times"`  // how often it was blocked, with this time
	Silent bool      `json:"silent"` // it is sent nothing
	Spared bool      `json:"spared"` // it is only told of, because the configuration spares it
	Node   string    `json:"node"`   // which made it
}

// Change is what becomes of a block.
type Change uint8

// The changes.
const (
	Begun Change = iota
	Expired
	Removed // by an administrator
)

// Counters count what a Guard did.
type Counters struct {
	Failures atomic.Uint64 // wrong credentials
	Blocked  atomic.Uint64 // blocks begun
	Alarms   atomic.Uint64 // blocks that were not made because the source is spared
	Refused  atomic.Uint64 // requests refused by a block
	Exempt   atomic.Uint64 // requests that a block let pass: by a registered flow, or for help
	Evicted  atomic.Uint64 // records that gave way because of MaxRecords
	Blocks   atomic.Int64  // blocks in force
	Records  atomic.Int64  // records kept

	FailuresLearned atomic.Uint64 // wrong credentials that other nodes told of
	BlocksLearned   atomic.Uint64 // blocks that other nodes told of
	ToldAll         atomic.Uint64 // times that another node was told all blocks: it is new, or fell behind
}

// Guard counts failures and blocks. Safe for concurrent use.
type Guard struct {
	node     string
	spared   func(Source) bool
	report   func(now time.Time, b Block, c Change)
	counters Counters
	seed     maphash.Seed

	mu      sync.Mutex
	records map[Who]*list.Element // of recent
	recent  list.List             // of *record, latest touched first
	proven  map[Source]time.Time
	journal journal

	quiet  sync.RWMutex
	silent map[Source]time.Time // until when
	hush   atomic.Int32         // how many
}

// record is what is known of a source or of a user of it.
type record struct {
	Block
	failures int
	unknown  []uint64 // hashes of users without a seat; of a source
	named    bool     // a user with a seat; of a source
	last     time.Time
}

func (r *record) blocks(now time.Time) bool { return now.Before(r.Until) }

// New returns the Guard of a node, whose epoch is one that no earlier Guard of it had.
// spared tells which sources are never blocked; report is told of each change that this
// node makes, with no lock held that a call of the Guard would want.
func New(node string, epoch uint64, spared func(Source) bool, report func(now time.Time, b Block, c Change)) *Guard {
	return &Guard{
		node: node, spared: spared, report: report, seed: maphash.MakeSeed(), journal: journal{epoch: epoch},
		records: map[Who]*list.Element{}, proven: map[Source]time.Time{}, silent: map[Source]time.Time{},
	}
}

// Counters returns the guard's counters.
func (g *Guard) Counters() *Counters { return &g.counters }

// Silent tells whether a source is sent nothing. It is cheap while nobody is silenced.
func (g *Guard) Silent(now time.Time, network string, a netip.Addr) bool {
	if g.hush.Load() == 0 {
		return false
	}
	g.quiet.RLock()
	defer g.quiet.RUnlock()
	return now.Before(g.silent[SourceOf(network, a)])
}

// Refuses returns the block that is in the way of a user, or of its whole source.
func (g *Guard) Refuses(now time.Time, w Who) (Block, bool) {
	if g.counters.Blocks.Load() == 0 {
		return Block{}, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	w.User = clip(w.User)
	for _, w := range [...]Who{w, {Source: w.Source}} {
		if e := g.records[w]; e != nil {
			if r := e.Value.(*record); r.blocks(now) && !r.Spared {
				return r.Block, true
			}
		}
	}
	return Block{}, false
}

// Passed notes that a seat has proved itself from a source.
func (g *Guard) Passed(now time.Time, s Source) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at, known := g.proven[s]
	if known && now.Sub(at) < proveAgain {
		return
	}
	if !known && len(g.proven) >= MaxProven {
		for other := range g.proven {
			delete(g.proven, other) // any
			break
		}
	}
	g.proven[s] = now
}

// Failed counts wrong credentials of a user, who has a seat if known.
func (g *Guard) Failed(now time.Time, w Who, known bool) {
	g.counters.Failures.Add(1)
	w.User = clip(w.User)
	var begun []Block
	g.mu.Lock()
	g.journal.add(Entry{What: failed, Known: known, Block: Block{Who: w}})
	user, source := g.count(now, w, known)
	if user.failures >= MaxFailures {
		begun = g.block(now, user, begun)
	}
	if !known && len(source.unknown) >= MaxUnknown {
		begun = g.block(now, source, begun)
	}
	g.mu.Unlock()
	for _, b := range begun {
		g.report(now, b, Begun)
	}
}

// count counts a failure of a user. The lock is held.
func (g *Guard) count(now time.Time, w Who, known bool) (user, source *record) {
	user = g.touch(now, w)
	user.failures++
	source = g.touch(now, Who{Source: w.Source})
	source.named = source.named || known
	if !known {
		source.meets(maphash.String(g.seed, w.Tenant+"\x00"+w.User))
	}
	return user, source
}

// meets notes a user without a seat.
func (r *record) meets(user uint64) {
	if len(r.unknown) < MaxUnknown && !slices.Contains(r.unknown, user) {
		r.unknown = append(r.unknown, user)
	}
}

// touch finds or makes a record. The lock is held.
func (g *Guard) touch(now time.Time, w Who) *record {
	e := g.records[w]
	if e == nil {
		if len(g.records) >= MaxRecords {
			g.evict(now)
		}
		e = g.recent.PushFront(&record{Block: Block{Who: w}})
		g.records[w] = e
		g.counters.Records.Add(1)
	}
	g.recent.MoveToFront(e)
	r := e.Value.(*record)
	if now.Sub(r.last) > Memory && now.Sub(r.Until) > Memory {
		*r = record{Block: Block{Who: w}}
	}
	r.last = now
	return r
}

// evict forgets what was touched longest ago, rather what does not block. The lock is
// held.
func (g *Guard) evict(now time.Time) {
	victim := g.recent.Back()
	for e, n := victim, 0; e != nil && n < evictSearch; e, n = e.Prev(), n+1 {
		if !e.Value.(*record).blocks(now) {
			victim = e
			break
		}
	}
	g.counters.Evicted.Add(1)
	g.end(victim.Value.(*record))
	g.forget(victim)
}

func (g *Guard) forget(e *list.Element) {
	delete(g.records, e.Value.(*record).Who)
	g.recent.Remove(e)
	g.counters.Records.Add(-1)
}

// block begins a block, unless it has begun already, and adds it to those that are to
// be reported. The lock is held.
func (g *Guard) block(now time.Time, r *record, begun []Block) []Block {
	r.failures, r.unknown = 0, nil
	if !r.Until.IsZero() {
		return begun
	}
	long := FirstBlock
	for range r.Times {
		long = min(2*long, LongestBlock)
	}
	r.Since, r.Until, r.Node = now, now.Add(long), g.node
	r.Times++
	r.Spared = g.spared(r.Source)
	r.Silent = g.silences(r, r.Spared)
	if r.Spared {
		g.counters.Alarms.Add(1)
	} else {
		g.counters.Blocked.Add(1)
	}
	g.counters.Blocks.Add(1)
	if r.Silent {
		g.hushed(r.Source, r.Until)
	}
	g.journal.add(Entry{What: blocked, Block: r.Block})
	return append(begun, r.Block)
}

// silences tells whether a block of a record means that nothing is sent. The lock is held.
func (g *Guard) silences(r *record, spared bool) bool {
	_, proven := g.proven[r.Source]
	return r.User == "" && !r.named && !proven && !spared
}

// clip shortens a user; one without a name is "-", as an empty user is the whole source.
func clip(user string) string {
	if user == "" {
		return "-"
	}
	return user[:min(len(user), maxUser)]
}
