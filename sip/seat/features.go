package seat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"strowger/sip/state"
)

// Features are what the person at a seat has set for the calls to it, by feature
// code or through an administrator.
type Features struct {
	DoNotDisturb bool    `json:"do_not_disturb,omitempty"` // its phones do not ring: callers find it busy
	Forward      Forward `json:"forward,omitzero"`
}

// Forward says where calls to a seat go instead: numbers as its phone would dial
// them, "" for nowhere. Always goes before the others.
type Forward struct {
	Always       string `json:"always,omitempty"`
	Busy         string `json:"busy,omitempty"`
	NoAnswer     string `json:"no_answer,omitempty"`
	Unregistered string `json:"unregistered,omitempty"` // no phone is there, or none can be reached
	After        int    `json:"after,omitempty"`        // seconds that NoAnswer waits, 5 to 180; 0 means DefaultAfter
}

// DefaultAfter is how long phones ring before a call is forwarded for want of an
// answer.
const DefaultAfter = 20 * time.Second

// When names one of the numbers of a Forward.
type When string

// The cases of a Forward.
const (
	Always       When = "always"
	Busy         When = "busy"
	NoAnswer     When = "no-answer"
	Unregistered When = "unregistered"
)

// Number is where calls go in a case, to be read and set; nil for no case.
func (f *Forward) Number(w When) *string {
	switch w {
	case Always:
		return &f.Always
	case Busy:
		return &f.Busy
	case NoAnswer:
		return &f.NoAnswer
	case Unregistered:
		return &f.Unregistered
	}
	return nil
}

// Wait is how long NoAnswer waits.
func (f Forward) Wait() time.Duration {
	if f.After == 0 {
		return DefaultAfter
	}
	return time.Duration(f.After) * time.Second
}

var forwardSyntax = regexp.MustCompile(`^\+?[0-9]{2,31}$`)

// Validate returns what is wrong with the features of a seat.
func (f Features) Validate(number string) error {
	for _, w := range []When{Always, Busy, NoAnswer, Unregistered} {
		switch to := *f.Forward.Number(w); {
		case to == "":
		case !forwardSyntax.MatchString(to):
			return fmt.Errorf("forward %s %q: give a number as its phone would dial it, such as 1002 or 901632960123", w, to)
		case to == number:
			return fmt.Errorf("forward %s %q: a seat cannot forward to itself", w, to)
		}
	}
	if a := f.Forward.After; a != 0 && (a < 5 || a > 180) {
		return fmt.Errorf("forward after %d seconds: give 5 to 180", a)
	}
	return nil
}

// With returns the seat with other features.
func (s Seat) With(f Features) Seat {
	s.Features = nil
	if f != (Features{}) {
		s.Features = &f
	}
	return s
}

// Set are the features of a seat, whether any was set or not.
func (s Seat) Set() Features {
	if s.Features == nil {
		return Features{}
	}
	return *s.Features
}

// maxTries bounds how often a change of features is tried again because others
// changed the seat.
const maxTries = 8

// EditFeatures changes the features of a seat, on every node. It does not wait for
// the disk.
func (d *Directory) EditFeatures(ctx context.Context, tenant, number string, edit func(*Features)) (Features, error) {
	for range maxTries {
		s, rev, err := d.SeatRev(ctx, tenant, number)
		if err != nil {
			return Features{}, err
		}
		f := s.Set()
		edit(&f)
		if err := f.Validate(number); err != nil {
			return f, err
		}
		value, err := json.Marshal(s.With(f))
		if err != nil {
			return f, err
		}
		_, err = d.store.Put(ctx, seatTable, tenant, state.Change{ID: number, Value: value, Expect: rev})
		if err := d.counted(&d.counters.SeatWrites, err); !errors.Is(err, state.ErrConflict) {
			return f, err
		}
	}
	return Features{}, state.ErrConflict
}
