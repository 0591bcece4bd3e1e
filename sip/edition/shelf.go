package edition

import (
	"context"
	"errors"
	"slices"
	"time"

	"strowger/sip/state"
)

// maxTries is how often a change is tried that others come between.
const maxTries = 10

// shelf is a tenant's head and journal while they are changed.
type shelf struct {
	ctx    context.Context
	store  *Archive
	tenant string
	now    time.Time

	head       Head
	journal    journal
	headRev    state.Rev
	journalRev state.Rev
	had        map[string]bool // versions, when it was opened
	changes    []state.Change  // of versions
	edited     bool
}

// change edits a tenant's head and journal and stores both, or nothing. edit runs again
// if another node comes between; an edit that leaves everything as it is stores nothing.
func (a *Archive) change(ctx context.Context, tenant string, now time.Time, edit func(*shelf) error) (Head, error) {
	var err error
	for range maxTries {
		s := &shelf{ctx: ctx, store: a, tenant: tenant, now: now.UTC().Truncate(time.Millisecond)}
		if err = s.open(); err != nil {
			return s.head, err
		}
		if err = edit(s); err != nil || !s.edited {
			return s.head, err
		}
		if err = s.save(); !errors.Is(err, state.ErrConflict) {
			return s.head, err
		}
	}
	return Head{}, err
}

func (s *shelf) open() error {
	var err error
	if s.headRev, err = s.store.get(s.ctx, s.tenant, headID, &s.head); err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	s.journalRev, err = s.store.get(s.ctx, s.tenant, journalID, &s.journal)
	if errors.Is(err, state.ErrNotFound) {
		err = nil
	}
	s.had = s.journal.versions()
	return err
}

func (s *shelf) save() error {
	s.prune()
	head, err := encode(s.head)
	if err != nil {
		return err
	}
	list, err := encode(s.journal)
	if err != nil {
		return err
	}
	changes := append(s.changes,
		state.Change{ID: journalID, Value: list, Expect: s.journalRev, Durable: true},
		state.Change{ID: headID, Value: head, Expect: s.headRev, Durable: true})
	return s.store.store.Apply(s.ctx, table, s.tenant, changes)
}

// tell writes a change of the head into the journal.
func (s *shelf) tell(p Publishing) {
	s.head.Serial++
	p.Serial, p.At = s.head.Serial, s.now
	s.journal.Publishings = append(s.journal.Publishings, p)
	s.edited = true
}

// turn publishes a version that is stored.
func (s *shelf) turn(kind Kind, version string, by By) {
	s.head.Version, s.head.By, s.head.At = version, by, s.now
	s.head.Unconfirmed, s.head.Planned = nil, nil
	s.tell(Publishing{Kind: kind, Version: version, By: by})
}

// prune forgets the oldest changes, and deletes the versions that nothing names any more.
func (s *shelf) prune() {
	list := s.journal.Publishings
	for len(list) > 1 && (len(list) > MaxHistory || kept(list) > MaxKept) {
		list = list[1:]
	}
	s.journal.Publishings = list
	after := s.journal.versions()
	after[s.head.Version] = true
	if _, next := s.head.Due(); next != "" {
		after[next] = true
	}
	for id := range s.had {
		if !after[id] {
			s.changes = append(s.changes, state.Change{ID: versionID + id, Expect: state.Any})
		}
	}
}

// kept are the bytes of the versions of some changes.
func kept(list []Publishing) (sum int) {
	for _, p := range list {
		sum += p.Bytes
	}
	return sum
}

// before is the version that a rollback goes back to, "" if there is none: each one
// takes back one publishing that is not taken back yet.
func (j *journal) before() string {
	var stack []string
	for _, p := range j.Publishings {
		switch p.Kind {
		case Applied:
			stack = append(stack, p.Version)
		case RolledBack, Returned:
			stack = backTo(stack, p.Version)
		case Confirmed, Scheduled, Canceled:
		}
	}
	if len(stack) < 2 {
		return ""
	}
	return stack[len(stack)-2]
}

// backTo takes publishings away until a version is the last; one that is not among them
// comes on top.
func backTo(stack []string, version string) []string {
	for i, have := range slices.Backward(stack) {
		if have == version {
			return stack[:i+1]
		}
	}
	return append(stack, version)
}
