package resolve

import (
	"fmt"
	"testing"
	"time"

	"github.com/miekg/dns"
	"pgregory.net/rapid"
)

var (
	day    = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	record = []dns.RR{&dns.A{}}
)

func ask(n int) question { return question{name: fmt.Sprintf("n%d.", n), kind: dns.TypeA} }

// TestCacheModel: whatever is put when, an answer is fresh for its time within the
// limits, then stale for MaxStale if it has records, then gone.
func TestCacheModel(t *testing.T) {
	type kept struct {
		at       time.Time
		ttl      time.Duration
		negative bool
	}
	rapid.Check(t, func(t *rapid.T) {
		var c cache
		now, model := day, map[int]kept{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 30 * time.Second, time.Hour, 13 * time.Hour}).Draw(t, "pause"))
			n := rapid.IntRange(0, 5).Draw(t, "name")
			if rapid.Bool().Draw(t, "put") {
				ttl := rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute, 10 * time.Minute, 48 * time.Hour}).Draw(t, "ttl")
				negative := rapid.Bool().Draw(t, "negative")
				a := answer{ttl: ttl, records: record}
				limit := time.Hour
				if negative {
					a.records, limit = nil, time.Minute
				}
				c.put(now, ask(n), a)
				model[n] = kept{now, max(min(ttl, limit), 5*time.Second), negative}
				continue
			}
			got, ok := c.get(now, ask(n))
			m, known := model[n]
			age := now.Sub(m.at)
			fresh := known && age < m.ttl
			stale := known && !fresh && !m.negative && age <= m.ttl+24*time.Hour
			if ok != (fresh || stale) || got.stale != stale {
				t.Fatalf("after %v of %v, negative %t: there %t, stale %t", age, m.ttl, m.negative, ok, got.stale)
			}
			if fresh && got.ttl != m.ttl-age {
				t.Fatalf("after %v of %v it is good for %v", age, m.ttl, got.ttl)
			}
		}
	})
}

// TestCacheBound: the answer whose time is over first makes way.
func TestCacheBound(t *testing.T) {
	var c cache
	for n := range MaxCached {
		if _, evicted := c.put(day, ask(n), answer{records: record, ttl: time.Duration(10+n) * time.Second}); evicted {
			t.Fatal("an answer had to make way before the cache was full")
		}
	}
	if _, evicted := c.put(day, ask(1), answer{records: record, ttl: 11 * time.Second}); evicted {
		t.Error("one made way for an answer that was there")
	}
	_, evicted := c.put(day, ask(MaxCached), answer{records: record, ttl: time.Hour})
	_, first := c.get(day, ask(0))
	_, second := c.get(day, ask(1))
	if !evicted || first || !second || len(c.entries) != MaxCached {
		t.Errorf("evicted %t, the first is there %t, the second %t, %d in all", evicted, first, second, len(c.entries))
	}
}
