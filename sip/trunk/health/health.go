// Package health judges whether an address of a trunk takes calls, from what it
// makes of calls and of OPTIONS. It is pure: Step takes the time and what was heard.
//
// # Decisions
//
//   - A change wants several witnesses in a row (Rule): one lost datagram does not
//     take an address out, one lucky answer does not bring it back.
//   - The first answer of an address that nothing is known of is enough.
//   - Silence to OPTIONS is a failure of an address that has answered them, or is
//     stated to (Rule.Answers). Of any other it says nothing: many carriers and
//     firewalls drop OPTIONS and take calls, so that calls alone tell.
//   - An address that says 503 with Retry-After rests for that time and is neither
//     better nor worse afterwards; without Retry-After it has failed once.
//   - An address that is down is tried again after Forgive if nobody asks it, or it
//     has never answered who asked.
//   - Being down is advice: callers try such an address last.
package health

import "time"

// Limits of how long an address is passed over.
const (
	MaxRest = 5 * time.Minute // that an address may ask for by Retry-After
	Forgive = time.Minute     // since the last failure of one that OPTIONS cannot bring back
)

// Defaults of a Rule.
const (
	DefaultDown = 3
	DefaultUp   = 2
)

// Rule says how many witnesses in a row a change wants.
type Rule struct {
	Down  int  // failures; 0 means DefaultDown
	Up    int  // answers, of an address that is down; 0 means DefaultUp
	Asked bool // it is asked by OPTIONS, so that it can come back by itself
	// Answers says that it is stated to answer OPTIONS: silence is a failure from the
	// first one.
	Answers bool
}

// Status is what is thought of an address.
type Status uint8

// The statuses.
const (
	Unknown Status = iota // nothing was heard yet
	Up
	Down
)

// String is "unknown", "up" or "down".
func (s Status) String() string { return [...]string{"unknown", "up", "down"}[s] }

// Kind is what was heard of an address.
type Kind uint8

// The kinds.
const (
	Answer  Kind = iota + 1 // it answered
	Failure                 // it was silent, broke the connection, or said 503
	Busy                    // it said 503 and for how long: Rest
	Silence                 // it did not answer an OPTIONS
)

// Event is something heard of an address.
type Event struct {
	Kind Kind
	Why  string        // of a Failure, Busy or Silence, for people
	Rest time.Duration // of Busy; more than MaxRest counts as that
	// Asked tells that an Answer was to an OPTIONS.
	Asked bool
}

// Health is one address. The zero value is Unknown, with the default rule.
type Health struct {
	Rule   Rule
	Status Status
	Since  time.Time // of Status; zero while it is Unknown
	Why    string    // the last failure, "" after an answer
	Heard  time.Time // the last event that counts; zero before the first

	row     int       // events in a row that speak against Status
	rest    time.Time // until when it asked to be left alone
	answers bool      // it has answered an OPTIONS
	mute    int       // OPTIONS in a row whose silence says nothing
}

// Step takes what was heard, and tells whether Status changed.
func (h *Health) Step(now time.Time, e Event) (changed bool) {
	if e.Kind == Silence && !h.answersOptions() {
		h.Why = e.Why
		h.mute++
		return false
	}
	h.Heard = now
	switch e.Kind {
	case Busy:
		h.Why, h.rest = e.Why, now.Add(min(e.Rest, MaxRest))
		return false
	case Answer:
		h.Why, h.rest = "", time.Time{}
		h.answers, h.mute = h.answers || e.Asked, 0
		return h.witness(now, Up, or(h.Rule.Up, DefaultUp))
	case Failure, Silence:
		h.Why = e.Why
		return h.witness(now, Down, or(h.Rule.Down, DefaultDown))
	}
	return false
}

// witness counts towards a status that wants so many in a row.
func (h *Health) witness(now time.Time, s Status, want int) bool {
	if h.Status == s {
		h.row = 0
		return false
	}
	h.row++
	if first := h.Status == Unknown && s == Up; h.row < want && !first {
		return false
	}
	h.Status, h.Since, h.row = s, now, 0
	return true
}

// Usable tells whether calls should go there before others.
func (h *Health) Usable(now time.Time) bool {
	if now.Before(h.rest) {
		return false
	}
	back := h.Rule.Asked && h.answersOptions() // by itself
	return h.Status != Down || !back && now.Sub(h.Heard) >= Forgive
}

// answersOptions tells whether its silence to an OPTIONS says something.
func (h *Health) answersOptions() bool { return h.answers || h.Rule.Answers }

// Doubtful tells whether the last thing heard speaks against Status: it is worth
// asking again soon. Who is mute is not asked soon for ever.
func (h *Health) Doubtful() bool {
	return h.mute < or(h.Rule.Down, DefaultDown) && (h.row > 0 || h.Status == Unknown)
}

// Resting is until when it asked to be left alone; zero if it did not.
func (h *Health) Resting(now time.Time) time.Time {
	if now.Before(h.rest) {
		return h.rest
	}
	return time.Time{}
}

func or(n, fallback int) int {
	if n > 0 {
		return n
	}
	return fallback
}
