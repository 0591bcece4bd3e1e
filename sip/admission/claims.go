package admission

import "sync"

// claims are the calls that seats with a limit were let have and that are not in the
// record yet: between the decision and its first step others are decided about. They are
// as many as decisions under way. The zero value has none.
type claims struct {
	mu sync.Mutex
	of map[claim]int
}

// claim is a seat.
type claim struct{ tenant, number string }

// take claims a call for a seat, if it has less than limit together with those that are
// recorded, or only looks. Until the claim is given back behind the record, the call
// counts twice for a moment: another one may be refused that came in it.
func (c *claims) take(k claim, limit int, recorded func(tenant, number string) int, look bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if recorded(k.tenant, k.number)+c.of[k] >= limit {
		return false
	}
	if look {
		return true
	}
	if c.of == nil {
		c.of = map[claim]int{}
	}
	c.of[k]++
	return true
}

// give gives claims back.
func (c *claims) give(list []claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range list {
		if c.of[k]--; c.of[k] <= 0 {
			delete(c.of, k)
		}
	}
}
