package seat

import (
	"container/list"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"strowger/sip/transport"
)

// Limits of Attempts.
const (
	MaxAttempts     = 8      // kept for each seat
	MaxAttemptSeats = 40_000 // seats with attempts; the longest untouched is forgotten
	maxVerdict      = 200    // bytes of a verdict
)

// Attempt is one try to register or call, as `strowger seat why` shows it.
type Attempt struct {
	At      time.Time       `json:"at"`   // of the last one, if there were several alike
	Kind    string          `json:"kind"` // "register", "call" or "subscribe"
	Source  netip.AddrPort  `json:"source"`
	Proto   transport.Proto `json:"transport"`
	Verdict string          `json:"verdict"` // for people: what was answered and why
	Count   int             `json:"count"`   // how many alike came in a row, at least 1
}

func (a Attempt) alike(b Attempt) bool {
	return a.Kind == b.Kind && a.Source == b.Source && a.Proto == b.Proto && a.Verdict == b.Verdict
}

// AttemptCounters count what Attempts did.
type AttemptCounters struct {
	Recorded  atomic.Uint64 // attempts
	Forgotten atomic.Uint64 // seats whose attempts gave way to others'
}

// Attempts remembers the last attempts of each seat, in memory. What repeats takes
// one place. The zero value is ready. Safe for concurrent use.
type Attempts struct {
	counters AttemptCounters

	mu     sync.Mutex
	seats  map[seatKey]*list.Element // of recent
	recent list.List                 // of *seatAttempts, latest touched first
}

type seatKey struct{ tenant, number string }

type seatAttempts struct {
	key  seatKey
	last []Attempt // oldest first
}

// Counters returns the counters.
func (a *Attempts) Counters() *AttemptCounters { return &a.counters }

// Record adds one attempt. Its Count is ignored. A number without a seat may be
// recorded too; who floods the log with such numbers makes it forget others.
func (a *Attempts) Record(tenant, number string, at Attempt) {
	at.Count = 1
	at.Verdict = strings.ToValidUTF8(strings.Clone(at.Verdict[:min(len(at.Verdict), maxVerdict)]), "")
	a.counters.Recorded.Add(1)
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.touch(seatKey{tenant, number})
	if n := len(s.last); n > 0 && s.last[n-1].alike(at) {
		at.Count += s.last[n-1].Count
		s.last[n-1] = at
		return
	}
	if len(s.last) == MaxAttempts {
		s.last = slices.Delete(s.last, 0, 1)
	}
	s.last = append(s.last, at)
}

// touch finds or makes a seat's place and makes it the latest. Needs the lock.
func (a *Attempts) touch(key seatKey) *seatAttempts {
	if e, ok := a.seats[key]; ok {
		a.recent.MoveToFront(e)
		return e.Value.(*seatAttempts)
	}
	if a.seats == nil {
		a.seats = make(map[seatKey]*list.Element)
	}
	if len(a.seats) >= MaxAttemptSeats {
		oldest := a.recent.Remove(a.recent.Back()).(*seatAttempts)
		delete(a.seats, oldest.key)
		a.counters.Forgotten.Add(1)
	}
	s := &seatAttempts{key: key}
	a.seats[key] = a.recent.PushFront(s)
	return s
}

// Last returns the attempts of a seat, the newest first.
func (a *Attempts) Last(tenant, number string) []Attempt {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.seats[seatKey{tenant, number}]
	if !ok {
		return nil
	}
	last := slices.Clone(e.Value.(*seatAttempts).last)
	slices.Reverse(last)
	return last
}
