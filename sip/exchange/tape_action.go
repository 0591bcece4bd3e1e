package exchange

import (
	"context"
	"errors"
	"fmt"

	"strowger/media/recording"
	"strowger/sip/ledger"
)

// TapeAction is what can be done about the recording of a call.
type TapeAction string

// The actions. What is paused or masked is silence in the recording.
const (
	TapeStart  TapeAction = "start"
	TapePause  TapeAction = "pause"
	TapeResume TapeAction = "resume"
	TapeMask   TapeAction = "mask"
	TapeUnmask TapeAction = "unmask"
	TapeStop   TapeAction = "stop" // no rule begins another of the call
)

// Tape does something about the recording of a call for somebody. It returns what
// the recording is then, or was when it was stopped; ErrNoCall or another of its errors.
func (x *Exchange) Tape(ctx context.Context, call string, do TapeAction, who string) (Tape, error) {
	if x.cfg.Recorder == nil {
		return Tape{}, ErrNoRecorder
	}
	type result struct {
		Tape
		err error
	}
	for _, s := range x.strands {
		got, err := ask(ctx, s, func() result {
			r := s.calls[call]
			if r == nil || r.call.Over() {
				return result{err: ErrNoCall}
			}
			t, err := r.operate(do, who)
			s.write()
			return result{t, err}
		})
		if err != nil {
			return Tape{}, err
		}
		if !errors.Is(got.err, ErrNoCall) {
			return got.Tape, got.err
		}
	}
	return Tape{}, ErrNoCall
}

func (r *running) operate(do TapeAction, who string) (Tape, error) {
	switch {
	case do == TapeStart && r.isTaped():
		return Tape{}, ErrRecorded
	case do == TapeStart:
		a, b := r.call.Talkers()
		if a == 0 {
			return Tape{}, ErrNobodyTalks
		}
		if r.begin(who); !r.isTaped() {
			return Tape{}, recording.ErrTooMany
		}
		r.cast(r.call.Leg(a), r.call.Leg(b))
		r.company()
		return r.tape.Tape, nil
	case !r.isTaped():
		return Tape{}, ErrNotRecorded
	}
	t := r.tape
	switch do {
	case TapePause, TapeResume:
		t.Paused = do == TapePause
	case TapeMask, TapeUnmask:
		t.Masked = do == TapeMask
	case TapeStop:
		was := t.Tape
		r.endTape(who)
		t.barred = true
		return was, nil
	default:
		return Tape{}, fmt.Errorf("nobody can %s a recording", do)
	}
	t.rec.Mute(t.Paused || t.Masked, string(do), who)
	r.tell(string(do), ledger.Event{By: who})
	return t.Tape, nil
}
