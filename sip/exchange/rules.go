package exchange

import (
	"fmt"
	"hash/fnv"
	"slices"

	"strowger/sip/leg"
)

// RecordRule says of which calls the sound is kept: those with a trunk, or with seats
// of a tenant.
type RecordRule struct {
	Trunk  string
	Seats  string // numbers, an X of which is any digit; "" if the rule is about a trunk
	Tenant string // of the seats
	// Percent is the share of these calls, 1 to 100: by the call's name, so that one
	// and the same call is always in it or never.
	Percent int
	// Announce is the prompt that both parties hear before they hear each other; "" is
	// none. An emergency call has none.
	Announce string
}

// String names the rule, as the ledger and a recording do.
func (u RecordRule) String() string {
	if u.Trunk != "" {
		return fmt.Sprintf("rule: trunk %s, %d %%", u.Trunk, u.Percent)
	}
	return fmt.Sprintf("rule: seats %s, %d %%", u.Seats, u.Percent)
}

func (u RecordRule) about(p leg.Party) bool {
	switch p.Kind {
	case leg.Trunk:
		return u.Trunk == p.Name && u.Trunk != ""
	case leg.Seat:
		return u.Trunk == "" && u.Tenant == p.Tenant && matches(u.Seats, p.Name)
	default:
		return false
	}
}

// matches tells whether a number fits a pattern.
func matches(pattern, number string) bool {
	if len(pattern) != len(number) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] != number[i] && (pattern[i] != 'X' || number[i] < '0' || number[i] > '9') {
			return false
		}
	}
	return true
}

// ruleFor is the first rule by which a call between parties is recorded, or nil.
func ruleFor(rules []RecordRule, call string, parties ...leg.Party) *RecordRule {
	for _, u := range rules {
		if percentile(call) < u.Percent && slices.ContainsFunc(parties, u.about) {
			return &u
		}
	}
	return nil
}

// percentile is a number from 0 to 99 that a call has for good.
func percentile(call string) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(call)) // it never fails
	return int(h.Sum64() >> 16 % 100)
}
