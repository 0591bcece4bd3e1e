package edition

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"strowger/sip/state"
)

// Draft is a plan that is to be published.
type Draft struct {
	Files   []File
	Meaning string // see Version
	By
	Forced string // see Version
	// Base is the version that the draft was made of: if another is published it is an
	// *OvertakenError. "" means whichever is published now.
	Base string
	// Within is how long the version waits to be confirmed; after that the one before
	// comes back. 0 means that it stays.
	Within time.Duration
	// At is when the version is published. Zero means now.
	At time.Time
}

// Publish makes a draft a version and publishes it. What is published already stays as
// it is: the answer is the head.
func (a *Archive) Publish(ctx context.Context, now time.Time, tenant string, d Draft) (Head, error) {
	if err := d.check(now); err != nil {
		return Head{}, err
	}
	if _, err := a.Head(ctx, tenant); err != nil && !errors.Is(err, state.ErrNotFound) {
		return Head{}, err
	}
	based := d.Base != ""
	return a.change(ctx, tenant, now, func(s *shelf) error {
		if !based {
			d.Base, based = s.head.Version, true
		}
		return s.publish(d)
	})
}

func (d *Draft) check(now time.Time) error {
	for _, text := range []string{d.Message, d.Forced} {
		if err := checkText(text); err != nil {
			return err
		}
	}
	size := 0
	for _, f := range d.Files {
		size += len(f.Text)
	}
	switch {
	case size > MaxText:
		return refuse("the plan has %d bytes, at most %d are kept; make it smaller", size, MaxText)
	case d.Within != 0 && (d.Within < MinConfirm || d.Within > MaxConfirm):
		return refuse("a version can wait to be confirmed for %v to %v, not %v", MinConfirm, MaxConfirm, d.Within)
	case !d.At.IsZero() && !d.At.After(now):
		return refuse("the time %s is over; leave it out to publish at once", clock(d.At))
	case d.At.Sub(now) > MaxAhead:
		return refuse("the time %s is more than %d days ahead", clock(d.At), MaxAhead/(24*time.Hour))
	}
	return nil
}

// checkText refuses what is no message.
func checkText(text string) error {
	switch {
	case len(text) > MaxMessage:
		return refuse("the message has %d bytes, at most %d are kept", len(text), MaxMessage)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return refuse("the message is not one line of text")
	}
	return nil
}

// publish publishes a draft, now or at its time.
func (s *shelf) publish(d Draft) error {
	id := ID(d.Files)
	at, _ := s.head.Due()
	switch {
	case !at.IsZero():
		return &BusyError{s.head}
	case id == s.head.Version:
		return nil
	case d.Base != s.head.Version:
		return &OvertakenError{s.head}
	case d.Within != 0 && s.head.Version == "":
		return refuse("the first version has none to go back to; publish it without a time to confirm it")
	}
	size, err := s.keep(id, d)
	if err != nil {
		return err
	}
	if !d.At.IsZero() {
		s.head.Planned = &Planned{Version: id, At: d.At.UTC(), Within: d.Within, By: d.By}
		s.tell(Publishing{Kind: Scheduled, Version: id, By: d.By})
	} else {
		s.begin(id, d.By, d.Within)
	}
	last := &s.journal.Publishings[len(s.journal.Publishings)-1]
	last.Forced, last.Bytes = d.Forced, size
	return nil
}

// begin publishes a version that may have to be confirmed.
func (s *shelf) begin(version string, by By, within time.Duration) {
	back := s.head.Version
	s.turn(Applied, version, by)
	if within != 0 {
		s.head.Unconfirmed = &Unconfirmed{Until: s.now.Add(within), Back: back}
	}
}

// keep stores a draft as a version, unless it is one; it returns the bytes that it adds.
func (s *shelf) keep(id string, d Draft) (int, error) {
	_, err := s.store.Version(s.ctx, s.tenant, id)
	if !errors.Is(err, state.ErrNotFound) {
		return 0, err
	}
	v := Version{
		ID: id, Parent: s.head.Version, Author: d.Author, At: s.now, Message: d.Message, Forced: d.Forced,
		Meaning: d.Meaning, Files: d.Files,
	}
	value, err := compress(v)
	if err != nil {
		return 0, err
	}
	if len(value) > state.MaxValue {
		return 0, refuse("the plan takes %d bytes to store, at most %d are kept; make it smaller", len(value), state.MaxValue)
	}
	s.changes = append(s.changes, state.Change{ID: versionID + id, Value: value, Expect: state.None, Durable: true})
	return len(value), nil
}

// Rollback publishes a former version, "" is the one before, and drops what waits.
func (a *Archive) Rollback(ctx context.Context, now time.Time, tenant, id string, by By) (Head, error) {
	if err := checkText(by.Message); err != nil {
		return Head{}, err
	}
	return a.change(ctx, tenant, now, func(s *shelf) error {
		if id == s.head.Version && s.head.Version != "" {
			return refuse("version %s is published already", Short(id))
		}
		to := id
		if to == "" {
			to = s.journal.before()
		}
		if to == "" {
			return refuse("there is no version before; see: strowger dialplan history")
		}
		if _, err := a.Version(ctx, tenant, to); err != nil {
			return err
		}
		s.turn(RolledBack, to, by)
		return nil
	})
}

// Before is the version that Rollback goes back to if it is told none.
func (a *Archive) Before(ctx context.Context, tenant string) (string, error) {
	j, err := a.journal(ctx, tenant)
	if id := j.before(); err != nil || id != "" {
		return id, err
	}
	return "", refuse("there is no version before; see: strowger dialplan history")
}

// Confirm lets the published version stay.
func (a *Archive) Confirm(ctx context.Context, now time.Time, tenant string, by By) (Head, error) {
	return a.change(ctx, tenant, now, func(s *shelf) error {
		if s.head.Unconfirmed == nil {
			return refuse("no version waits to be confirmed; see: strowger dialplan history")
		}
		s.head.Unconfirmed = nil
		s.tell(Publishing{Kind: Confirmed, Version: s.head.Version, By: by})
		return nil
	})
}

// Cancel drops the version that waits for its time.
func (a *Archive) Cancel(ctx context.Context, now time.Time, tenant string, by By) (Head, error) {
	return a.change(ctx, tenant, now, func(s *shelf) error {
		if s.head.Planned == nil {
			return refuse("no version waits for its time; see: strowger dialplan history")
		}
		dropped := s.head.Planned.Version
		s.head.Planned = nil
		s.tell(Publishing{Kind: Canceled, Version: dropped, By: by})
		return nil
	})
}

// Advance does what is due at now: it publishes the version whose time has come, or the
// one before if nobody confirmed in time. by is the node, for a return.
func (a *Archive) Advance(ctx context.Context, now time.Time, tenant string, by By) (Head, error) {
	return a.change(ctx, tenant, now, func(s *shelf) error {
		at, version := s.head.Due()
		switch p := s.head.Planned; {
		case at.IsZero() || now.Before(at):
		case p != nil:
			s.begin(version, p.By, p.Within)
		default:
			s.turn(Returned, version, by)
		}
		return nil
	})
}
