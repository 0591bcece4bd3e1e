package exchange

import (
	"context"
	"errors"

	"strowger/sip/b2bua"
)

// within runs do on the strand of a call that is not over, and returns its error or
// ErrNoCall.
func (x *Exchange) within(ctx context.Context, call string, do func(s *strand, r *running) error) error {
	for _, s := range x.strands {
		failed, err := ask(ctx, s, func() error {
			r := s.calls[call]
			if r == nil || r.call.Over() {
				return ErrNoCall
			}
			return do(s, r)
		})
		switch {
		case err != nil:
			return err
		case !errors.Is(failed, ErrNoCall):
			return failed
		}
	}
	return ErrNoCall
}

// Mask opens a payment window for leg id of a call. It returns ErrNoCall, or a
// cause.Verdict if there cannot be one now.
func (x *Exchange) Mask(ctx context.Context, call string, id int, w b2bua.Window) error {
	return x.change(ctx, call, func(c *b2bua.Call) (b2bua.Event, error) {
		return b2bua.Mask{Leg: id, Window: w}, c.CanMask(id)
	})
}

// Unmask closes the payment window of leg id of a call, if it is open.
func (x *Exchange) Unmask(ctx context.Context, call string, id int) error {
	return x.change(ctx, call, func(*b2bua.Call) (b2bua.Event, error) { return b2bua.Unmask{Leg: id}, nil })
}

// ErrNoWindow means that a call has no such payment window, or had it too long ago.
var ErrNoWindow = errors.New("there is no such payment window")

// Collected tells how far a payment window is, by its id. The digits of one that is closed
// are told once.
func (x *Exchange) Collected(ctx context.Context, call, window string) (k b2bua.Collected, err error) {
	err = x.within(ctx, call, func(_ *strand, r *running) error {
		var ok bool
		if k, ok = r.call.Collected(window); !ok {
			return ErrNoWindow
		}
		return nil
	})
	return k, err
}
