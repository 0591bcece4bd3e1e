package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"strowger/cmd/internal/phone"
	"strowger/media"
	"strowger/media/prompt"
)

// Caller is the number that the demo's carrier presents, of Ofcom's drama range.
const Caller = "+441632960999"

// scene is one call of the carrier.
type scene struct {
	number string
	title  string
	seats  int           // that ring; the first of them answers
	talk   time.Duration // until the carrier hangs up; 0 means that the node does
	holds  bool          // the seat holds it for a while
	refuse int           // status that is expected instead of an answer
}

var script = []scene{
	{number: "+448081570001", title: "rings seats 1001 to 1005 together", seats: 5, talk: talkTime},
	{number: "+448081570002", title: "rings seat 1002, which holds it", seats: 1, holds: true, talk: talkTime},
	{number: "+448081570003", title: "echoes", talk: talkTime},
	{number: "+448081570004", title: "plays an announcement and hangs up"},
	{number: "+448081570007", title: "rings seats 1001 to 1005 together", seats: 5, talk: talkTime},
	{number: "+448081570099", title: "is not in the plan", refuse: 404},
}

const (
	talkTime = 3 * time.Second
	ringTime = time.Second // before a seat answers
	holdTime = 1500 * time.Millisecond
	longest  = 30 * time.Second
)

// audible is a sample that is no silence.
const audible = 500

// silence is what a seat says that holds.
var silence = &media.Prompt{Name: "silence", PCM: make([]int16, prompt.SampleRate), Loop: true}

// tone is what the carrier and the seats say.
func tone(freq float64) *media.Prompt {
	return &media.Prompt{Name: "tone", PCM: prompt.Tone(freq, time.Second, -20), Loop: true}
}

// perform makes one call of the script.
func (c *centre) perform(ctx context.Context, s scene) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	c.line("")
	c.say("%s %s", s.number, s.title)
	call, err := c.carrier.Call(s.number)
	if err != nil {
		return err
	}
	defer call.Hangup()
	if _, err := call.Play(tone(400)); err != nil && !errors.Is(err, phone.ErrOver) { // refused by now?
		return err
	}
	seat, err := c.answer(ctx, s)
	if err != nil {
		return err
	}
	select {
	case <-call.Answered():
	case <-call.Ended():
		return c.refused(s, call.Report())
	case <-ctx.Done():
		return errors.New("nobody answered")
	}
	if s.refuse != 0 {
		return fmt.Errorf("was answered, not refused with %d", s.refuse)
	}
	c.say("  the carrier is connected")
	if s.holds {
		if err := c.hold(ctx, call, seat); err != nil {
			return err
		}
	}
	if err := c.listen(ctx, s, call, seat); err != nil {
		return err
	}
	return c.judge(ctx, call, seat)
}

// answer waits until the seats ring, and has the first of them answer.
func (c *centre) answer(ctx context.Context, s scene) (*phone.Call, error) {
	var first *phone.Call
	for range s.seats {
		select {
		case call := <-c.rings:
			c.say("  seat %s rings: %s calls", call.Report().Phone, call.Number)
			if first == nil {
				first = call
			}
		case <-ctx.Done():
			return nil, errors.New("not every seat rang")
		}
	}
	if first == nil {
		return nil, nil
	}
	if err := wait(ctx, ringTime, first); err != nil {
		return nil, err
	}
	c.say("  seat %s answers", first.Report().Phone)
	if _, err := first.Play(tone(600)); err != nil {
		return nil, err
	}
	return first, first.Answer()
}

// wait lets time pass in a call.
func wait(ctx context.Context, d time.Duration, call *phone.Call) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-call.Ended():
		return fmt.Errorf("ended early: %d %s", call.Report().Status, call.Report().Reason)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listen shows both sides of a call each second until it ends.
func (c *centre) listen(ctx context.Context, s scene, call, seat *phone.Call) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	hangup := make(<-chan time.Time)
	if s.talk > 0 {
		timer := time.NewTimer(s.talk)
		defer timer.Stop()
		hangup = timer.C
	}
	for {
		select {
		case <-ticker.C:
			c.figures("carrier", call)
			if seat != nil {
				c.figures("seat "+seat.Report().Phone, seat)
			}
		case <-hangup:
			c.say("  carrier hangs up")
			call.Hangup()
			return nil
		case <-call.Ended():
			if s.talk > 0 {
				return errors.New("ended early")
			}
			c.say("  the node hangs up")
			return nil
		case <-ctx.Done():
			return errors.New("does not end")
		}
	}
}

func (c *centre) figures(who string, call *phone.Call) {
	r := call.Report()
	c.say("    %-9s sent %4d  received %4d  lost %d  jitter %4.1f ms  MOS %.1f", who, r.Sent, r.Received, r.Lost,
		r.JitterMs, r.MOS)
}

// judge wants sound to have come to both sides.
func (c *centre) judge(ctx context.Context, call, seat *phone.Call) error {
	if seat != nil {
		select {
		case <-seat.Ended():
		case <-ctx.Done():
			return errors.New("the seat was not told of the end")
		}
		if seat.Report().Received == 0 {
			return errors.New("the seat heard nothing")
		}
	}
	if call.Report().Received == 0 {
		return errors.New("the carrier heard nothing")
	}
	return nil
}

// refused judges a call that was not answered.
func (c *centre) refused(s scene, r phone.Report) error {
	if s.refuse != r.Status {
		return fmt.Errorf("refused: %d %s", r.Status, r.Reason)
	}
	c.say("  refused as it should be: %d %s", r.Status, r.Reason)
	return nil
}
