package exchange_test

import (
	"context"
	"errors"
	"slices"

	"strowger/sip/b2bua"
	"strowger/sip/exchange"
)

// mix does what an operator can do to calls of more than two parties.
func (w *world) mix(a action) {
	ctx := context.Background()
	calls, err := w.x.Calls(ctx)
	if a.what == "hush" || a.what == "unhush" || a.what == "kick" {
		calls = slices.DeleteFunc(calls, func(c exchange.Call) bool { return !c.Conference })
	}
	switch {
	case err != nil:
	case len(calls) == 0:
		err = exchange.ErrNoCall
	case a.what == "supervise":
		mode, bad := b2bua.ParseMode(a.args[0])
		if bad != nil {
			w.t.Error(bad)
			return
		}
		leg := 0
		if len(a.args) > 2 {
			leg = atoi(a.args[2])
		}
		err = w.x.Supervise(ctx, calls[0].ID, leg, a.args[1], mode, "admin")
	case a.what == "merge" && len(calls) > 1:
		err = w.x.Merge(ctx, calls[0].ID, calls[1].ID)
	case a.what == "kick":
		err = w.x.Kick(ctx, calls[0].ID, atoi(a.args[0]))
	default:
		if len(a.args) == 0 {
			err = exchange.ErrNoCall
			break
		}
		err = w.x.Mute(ctx, calls[0].ID, atoi(a.args[0]), a.what == "hush")
	}
	if err != nil && (!w.lenient || !errors.Is(err, exchange.ErrNoCall)) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.log(a.what, err.Error())
	}
}
