package seat

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxBindings is how many contacts a seat may have at once.
const MaxBindings = 10

// ErrTooManyBindings means that a seat would have more than MaxBindings.
var ErrTooManyBindings = errors.New("too many contacts for one seat")

// Same tells whether o replaces b: both are of one instance and reg-id (RFC 5626
// section 6) or, if one of them names no instance, their contacts are equal byte
// for byte. A reg-id of 0 means none was given.
func (b Binding) Same(o Binding) bool {
	if b.outbound() && o.outbound() {
		return b.Instance == o.Instance && b.RegID == o.RegID
	}
	return b.Contact == o.Contact
}

func (b Binding) outbound() bool { return b.Instance != "" && b.RegID > 0 }

// Merge returns the bindings with each of the new ones in place of what it
// replaces, in the order in which they are called: the best q first, of equals
// the newest. The argument is not changed.
func Merge(bindings []Binding, added ...Binding) ([]Binding, error) {
	merged := slices.Clone(bindings)
	for _, b := range added {
		merged = slices.DeleteFunc(merged, b.Same)
		merged = append(merged, b)
	}
	if len(merged) > MaxBindings {
		return nil, fmt.Errorf("%w: %d, at most %d", ErrTooManyBindings, len(merged), MaxBindings)
	}
	order(merged)
	return merged, nil
}

func order(bindings []Binding) {
	slices.SortStableFunc(bindings, func(a, b Binding) int {
		return cmp.Or(cmp.Compare(b.Q, a.Q), b.Registered.Compare(a.Registered))
	})
}

// Living returns the bindings that have not expired at now. The argument is
// changed.
func Living(bindings []Binding, now time.Time) []Binding {
	return slices.DeleteFunc(bindings, func(b Binding) bool { return !b.Expires.After(now) })
}
