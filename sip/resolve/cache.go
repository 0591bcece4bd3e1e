package resolve

import "time"

// Limits of the cache.
const (
	MaxCached   = 4096             // answers; the one whose time is over first makes way
	MinTTL      = 5 * time.Second  // an answer is used at least so long
	MaxTTL      = time.Hour        // and at most so long before it is asked for again
	NegativeTTL = time.Minute      // at most so long that a name has no record
	MaxStale    = 24 * time.Hour   // beyond its time an answer is used so long if no server answers
	RetryAfter  = 15 * time.Second // and servers are asked again so long after
)

// cache holds answers by their time to live. It is told the time.
type cache struct {
	entries map[question]entry
}

type entry struct {
	answer
	until time.Time // when its time to live is over
}

// get returns an answer: fresh, or stale if its time is over. A stale answer that
// there is no record says nothing, as a server may know better.
func (c *cache) get(now time.Time, q question) (answer, bool) {
	e, ok := c.entries[q]
	if !ok {
		return answer{}, false
	}
	if left := e.until.Sub(now); left > 0 {
		e.ttl = left
		return e.answer, true
	}
	if len(e.records) == 0 || now.Sub(e.until) > MaxStale {
		return answer{}, false
	}
	e.ttl, e.stale = RetryAfter, true
	return e.answer, true
}

// put keeps an answer, which gets a time within the limits. It is true if another
// one had to make way.
func (c *cache) put(now time.Time, q question, a answer) (kept answer, evicted bool) {
	a.ttl, a.stale = max(min(a.ttl, MaxTTL), MinTTL), false
	if len(a.records) == 0 {
		a.ttl = min(a.ttl, NegativeTTL)
	}
	if c.entries == nil {
		c.entries = map[question]entry{}
	}
	if _, known := c.entries[q]; !known && len(c.entries) >= MaxCached {
		c.evict()
		evicted = true
	}
	c.entries[q] = entry{answer: a, until: now.Add(a.ttl)}
	return a, evicted
}

func (c *cache) evict() {
	var oldest question
	var until time.Time
	for q, e := range c.entries {
		if until.IsZero() || e.until.Before(until) {
			oldest, until = q, e.until
		}
	}
	delete(c.entries, oldest)
}
