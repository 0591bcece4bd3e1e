package state

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Put implements Store.
func (s *Embedded) Put(ctx context.Context, t Table, tenant string, c Change) (Rev, error) {
	if err := checkChange(t, tenant, c); err != nil {
		return None, err
	}
	return s.write(ctx, t, tenant, []Change{c})
}

// Apply implements Store.
func (s *Embedded) Apply(ctx context.Context, t Table, tenant string, changes []Change) error {
	if err := checkApply(t, tenant, changes); err != nil {
		return err
	}
	if len(changes) == 0 {
		return ctx.Err()
	}
	_, err := s.write(ctx, t, tenant, changes)
	return err
}

// write makes all changes or none and returns the last one's revision.
func (s *Embedded) write(ctx context.Context, t Table, tenant string, changes []Change) (Rev, error) {
	if err := ctx.Err(); err != nil {
		return None, err
	}
	s.mu.Lock()
	err := s.admit(t, tenant, changes)
	if err != nil {
		s.mu.Unlock()
		return None, err
	}
	var rev Rev
	for _, c := range changes {
		rev = s.set(t, tenant, c)
	}
	g := s.pending
	s.mu.Unlock()

	s.counters.Writes.Add(uint64(len(changes)))
	signal(s.wake)
	if slices.ContainsFunc(changes, func(c Change) bool { return !c.Late }) {
		signal(s.prompt)
	}
	for _, c := range changes {
		s.watchers.tell(t.Name, tenant, c.ID)
	}
	if slices.ContainsFunc(changes, func(c Change) bool { return c.Durable }) {
		return rev, s.await(ctx, g)
	}
	return rev, nil
}

// admit tells whether the changes can be made. Needs the lock.
func (s *Embedded) admit(t Table, tenant string, changes []Change) error {
	switch {
	case s.closed:
		return errClosed
	case s.diskErr != nil:
		s.counters.Unavailable.Add(1)
		return fmt.Errorf("%w: %w", ErrUnavailable, s.diskErr)
	case len(s.pending.records)+len(changes) > maxPending:
		s.counters.Overruns.Add(1)
		return fmt.Errorf("%w: the disk is too slow, %d records wait for it", ErrUnavailable, len(s.pending.records))
	}
	now := time.Now().UnixMilli()
	for _, c := range changes {
		rev := None
		if p, ok := s.tables[t.Name][tenant][c.ID]; ok && !p.expired(now) {
			rev = p.rev()
		}
		if !c.Expect.allows(rev) {
			s.counters.Conflicts.Add(1)
			return fmt.Errorf("%w: %s/%s/%s", ErrConflict, t.Name, tenant, c.ID)
		}
	}
	return nil
}

// set makes one change and returns the new revision. Needs the lock.
func (s *Embedded) set(t Table, tenant string, c Change) Rev {
	key := recordKey{t.Name, tenant, c.ID}
	if c.Value == nil {
		s.remove(key)
		return None
	}
	s.rev++
	p := pack(c.Value, s.rev, c.Expires)
	s.place(key, p)
	s.pending.records[key] = p
	return s.rev
}

func (s *Embedded) place(key recordKey, p packed) {
	tenants := s.tables[key.table]
	if tenants == nil {
		tenants = make(map[string]map[string]packed)
		s.tables[key.table] = tenants
	}
	if tenants[key.tenant] == nil {
		tenants[key.tenant] = make(map[string]packed)
	}
	tenants[key.tenant][key.id] = p
}

// remove deletes a record if it is there. Needs the lock.
func (s *Embedded) remove(key recordKey) {
	records := s.tables[key.table][key.tenant]
	if _, ok := records[key.id]; !ok {
		return
	}
	delete(records, key.id)
	if len(records) == 0 {
		delete(s.tables[key.table], key.tenant)
	}
	s.pending.records[key] = nil
}
