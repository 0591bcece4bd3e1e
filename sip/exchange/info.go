package exchange

import (
	"context"
	"slices"
	"strings"
	"time"

	"strowger/media"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/transaction"
)

// Call is a call as an operator sees it.
type Call struct {
	b2bua.Info
	Sound     []media.Stats `json:"sound"`               // by leg; zero for a leg without ports
	Recording *Tape         `json:"recording,omitempty"` // nil if it is not recorded
}

// Calls returns the calls that are not over, oldest first.
func (x *Exchange) Calls(ctx context.Context) ([]Call, error) {
	var all []Call
	for _, s := range x.strands {
		part, err := ask(ctx, s, func() []Call {
			var calls []Call
			for _, r := range s.calls {
				if !r.call.Over() {
					calls = append(calls, r.info())
				}
			}
			return calls
		})
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	slices.SortFunc(all, func(a, b Call) int {
		if c := a.Started.Compare(b.Started); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, nil
}

// Call returns one call, or ErrNoCall.
func (x *Exchange) Call(ctx context.Context, id string) (Call, error) {
	for _, s := range x.strands {
		found, err := ask(ctx, s, func() *Call {
			if r := s.calls[id]; r != nil {
				c := r.info()
				return &c
			}
			return nil
		})
		if err != nil {
			return Call{}, err
		}
		if found != nil {
			return *found, nil
		}
	}
	return Call{}, ErrNoCall
}

// Hangup ends a call for an administrator, or returns ErrNoCall.
func (x *Exchange) Hangup(ctx context.Context, id string) error {
	for _, s := range x.strands {
		ended, err := ask(ctx, s, func() bool {
			r := s.calls[id]
			if r == nil || r.call.Over() {
				return false
			}
			s.step(time.Now(), r, b2bua.Hangup{By: "admin", Verdict: cause.Verdict{}})
			return true
		})
		if err != nil {
			return err
		}
		if ended {
			return nil
		}
	}
	return ErrNoCall
}

// ask runs fn on the strand and returns its result.
func ask[T any](ctx context.Context, s *strand, fn func() T) (T, error) {
	result := make(chan T, 1)
	s.box.post(func(time.Time) { result <- fn() })
	select {
	case r := <-result:
		return r, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (r *running) info() Call {
	c := Call{Info: r.call.Info()}
	for _, p := range r.ports {
		var st media.Stats
		if p != nil {
			st = p.Stats()
		}
		c.Sound = append(c.Sound, st)
	}
	if r.isTaped() {
		t := r.tape.Tape
		c.Recording = &t
	}
	return c
}

// Transactions are the live figures of the transaction tables, one for each strand.
func (x *Exchange) Transactions() []*transaction.Counters {
	all := make([]*transaction.Counters, 0, len(x.strands))
	for _, s := range x.strands {
		all = append(all, s.table.Counters())
	}
	return all
}
