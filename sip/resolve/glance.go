package resolve

import (
	"context"
	"errors"
	"time"

	"strowger/sip/transport"
)

// Limits of Glance.
const (
	MaxGlances = 8                // names that are asked for at once; of others nothing is known
	glanceTime = 10 * time.Second // for all the answers to one
)

// errUnknown means that an answer is not in the cache.
var errUnknown = errors.New("it was not asked for yet")

// sought is a name that is asked for, without what may not be compared.
type sought struct {
	host  string
	port  uint16
	proto transport.Proto
}

// Glance is where a target is as far as that is known, in an order of trying, and does
// not block. What is not known, or may have changed, is asked for in the background, from
// Start to Close, so that a later glance knows it.
func (r *Resolver) Glance(t Target) []Address {
	p, err := locate(t, r.known)
	if errors.Is(err, errUnknown) || p.stale {
		r.seek(t)
	}
	if err != nil {
		return nil
	}
	return order(p.routes, chance)
}

// known answers from the cache alone.
func (r *Resolver) known(q question) (answer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a, ok := r.cache.get(time.Now(), q); ok {
		return a, nil
	}
	return answer{}, errUnknown
}

// seek asks for what Glance does not know.
func (r *Resolver) seek(t Target) {
	name := sought{t.Host, t.Port, t.Protos[0]}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ctx == nil || r.ctx.Err() != nil || r.glances[name]:
		return
	case len(r.glances) >= MaxGlances:
		r.counters.GlancesFull.Add(1)
		return
	}
	r.glances[name] = true
	r.seeking.Go(func() {
		ctx, cancel := context.WithTimeout(r.ctx, glanceTime)
		defer cancel()
		_, _ = locate(t, func(q question) (answer, error) { return r.lookup(ctx, q) }) // the cache has it
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.glances, name)
	})
}
