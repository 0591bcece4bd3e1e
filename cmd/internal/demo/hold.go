package demo

import (
	"context"
	"errors"
	"sync"

	"strowger/cmd/internal/phone"
	"strowger/media/prompt"
)

// ear keeps the last second that a phone heard.
type ear struct {
	mu    sync.Mutex
	heard []int16
}

func (e *ear) hear(pcm []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, pcm...)
	if extra := len(e.heard) - prompt.SampleRate; extra > 0 {
		e.heard = append(e.heard[:0], e.heard[extra:]...)
	}
}

// last is the loudest sample of the last second.
func (e *ear) last() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	loudest := 0
	for _, s := range e.heard {
		loudest = max(loudest, int(s), -int(s))
	}
	return loudest
}

// hold has a seat hold the call: the carrier hears music on hold, though the seat sends
// nothing but silence.
func (c *centre) hold(ctx context.Context, call, seat *phone.Call) error {
	var e ear
	if err := call.Record(e.hear); err != nil {
		return err
	}
	if err := wait(ctx, ringTime, call); err != nil { // they talk a little before
		return err
	}
	if _, err := seat.Play(silence); err != nil {
		return err
	}
	if err := seat.Hold(ctx); err != nil {
		return err
	}
	c.say("  seat %s holds: the carrier hears music", seat.Report().Phone)
	if err := wait(ctx, holdTime, call); err != nil {
		return err
	}
	if e.last() < audible {
		return errors.New("no music was heard on hold")
	}
	if err := seat.Resume(ctx); err != nil {
		return err
	}
	c.say("  seat %s resumes", seat.Report().Phone)
	_, err := seat.Play(tone(600))
	return err
}
