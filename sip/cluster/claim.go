package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"strowger/sip/state"
)

// claim is a record that this node holds under its lease.
type claim struct {
	table state.Table
	id    string
	rev   state.Rev
}

// takenError: another node holds the record.
type takenError struct{ by []byte }

func (takenError) Error() string { return "another node holds it" }

// hold takes or renews a record. mine tells whether what another write left there
// is this node's; if it is not, the error is takenError.
func (m *Membership) hold(ctx context.Context, c *claim, value []byte, mine func([]byte) bool) error {
	for range holdTries {
		rev, err := m.store.Put(ctx, c.table, everyone, state.Change{
			ID: c.id, Value: value, Expect: c.rev, Expires: time.Now().Add(Lease),
		})
		if !errors.Is(err, state.ErrConflict) {
			if err == nil {
				c.rev = rev
			}
			return err
		}
		r, err := m.store.Get(ctx, c.table, everyone, c.id)
		switch {
		case errors.Is(err, state.ErrNotFound):
			c.rev = state.None
		case err != nil:
			return err
		case !mine(r.Value):
			return takenError{r.Value}
		default:
			c.rev = r.Rev
		}
	}
	return fmt.Errorf("%w: %s/%s", state.ErrConflict, c.table.Name, c.id)
}

// renew prolongs the lease.
func (m *Membership) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := m.hold(ctx, &m.number, []byte(m.self.Name), m.isName); err != nil {
		return err
	}
	return m.hold(ctx, &m.name, m.record(), func(b []byte) bool { return member(b).Started == m.self.Started })
}

// release deletes what this node holds. What another took over is left alone.
func (m *Membership) release(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	var errs []error
	for _, c := range []claim{m.name, m.number} {
		if c.rev == state.None {
			continue
		}
		_, err := m.store.Put(ctx, c.table, everyone, state.Change{ID: c.id, Expect: c.rev})
		if !errors.Is(err, state.ErrConflict) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
