// Package registration is our registration with a carrier (RFC 3261 section 10.2): when
// to send REGISTER, and what its answers mean. It is pure: Step takes the time and an
// answer, and says what is next.
//
// # Decisions
//
//   - A challenge is answered once in a try, and again if only its nonce was stale.
//   - 423 raises what is asked for, up to Longest, and is tried again at once.
//   - A binding is refreshed when half of its time is over, so that two tries may fail.
//   - Tries that fail back off from Shortest, each twice as long, to MaxBackoff; a
//     Retry-After is kept to if it is longer.
package registration

import "time"

// Limits of times.
const (
	Shortest   = 5 * time.Second // between two tries
	MaxBackoff = 5 * time.Minute // between two tries, unless Retry-After says more
	MaxWait    = time.Hour       // that a Retry-After may ask for
	Longest    = 24 * time.Hour  // of a binding
	maxTurns   = 4               // requests in one try: for challenges and 423
)

// Answer is what a REGISTER came to.
type Answer struct {
	Status     int           // final; 0 if there is none
	Granted    time.Duration // 200: to our contact
	MinExpires time.Duration // 423
	RetryAfter time.Duration
	Stale      bool // 401, 407: only the nonce was too old
	Answerable bool // 401, 407: there are credentials for it
	Why        string
}

// Machine is one registration. Wish must be set.
type Machine struct {
	Wish  time.Duration // what is asked for, whole seconds; 423 may raise it
	Until time.Time     // registered until then; zero if it never was
	Why   string        // the last try failed: why; "" if it did not

	failures int  // tries in a row
	turns    int  // requests in this try
	answered bool // a challenge was answered in this try
}

// Registered tells whether the carrier knows where we are.
func (m *Machine) Registered(now time.Time) bool { return now.Before(m.Until) }

// Step takes the answer to a REGISTER. If again is true the next one is sent at once,
// with credentials if it was challenged, else at the time.
func (m *Machine) Step(now time.Time, a Answer) (again bool, next time.Time) {
	m.turns++
	switch {
	case a.Status/100 == 2 && a.Granted > 0:
		m.turns, m.failures, m.answered = 0, 0, false
		m.Why, m.Until = "", now.Add(min(a.Granted, Longest))
		return false, now.Add(min(a.Granted, Longest) / 2)
	case a.Status/100 == 2:
		a.Why = "the registrar gave our contact no time"
	case m.turns >= maxTurns:
	case (a.Status == 401 || a.Status == 407) && a.Answerable && (!m.answered || a.Stale):
		m.answered = true
		return true, now
	case a.Status == 423 && a.MinExpires > m.Wish && a.MinExpires <= Longest:
		m.Wish = a.MinExpires
		return true, now
	}
	m.turns, m.answered = 0, false
	m.Why = a.Why
	wait := Shortest << min(m.failures, 10)
	m.failures++
	return false, now.Add(max(min(wait, MaxBackoff), min(a.RetryAfter, MaxWait)))
}

// Gone takes that the binding was given up.
func (m *Machine) Gone() { *m = Machine{Wish: m.Wish} }
