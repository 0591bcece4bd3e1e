package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/phone"
	"strowger/media"
	"strowger/media/prompt"
)

// soundFlags say what a phone does in a call.
type soundFlags struct {
	play, record, digits string
	info, echo           bool
}

func (s *soundFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&s.play, "play", "", "sound file to play once answered (WAV, 8000 Hz mono)")
	c.Flags().StringVar(&s.record, "record", "", "WAV file to record what is heard")
	c.Flags().StringVar(&s.digits, "digits", "", "digits to send once answered")
	c.Flags().BoolVar(&s.info, "info", false, "send digits by SIP INFO instead of RFC 4733")
	c.Flags().BoolVar(&s.echo, "echo", false, "send back what is heard")
}

// pickUp answers a call, after a while.
func (f *phoneFlags) pickUp(ctx context.Context, c *cobra.Command, call *phone.Call, after time.Duration) error {
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-call.Ended():
	case <-ctx.Done():
		return errors.New("no call was answered")
	}
	if err := call.Answer(); err != nil {
		return err
	}
	return f.talk(ctx, c, call)
}

// talk does in a call what the flags say, until either side hangs up.
func (f *phoneFlags) talk(ctx context.Context, c *cobra.Command, call *phone.Call) error {
	say := func(text string) { fmt.Fprintln(c.ErrOrStderr(), text) }
	finish, err := f.sound.prepare(call)
	if err != nil && !errors.Is(err, phone.ErrOver) { // one that is over is reported below
		return errors.Join(err, finish())
	}
	ringing, answered := call.Ringing(), call.Answered()
	for open := true; open; {
		select {
		case <-ringing:
			ringing = nil
			say("ringing")
		case <-answered:
			answered = nil
			say("answered")
			if err := f.sound.press(call); err != nil {
				say(err.Error())
			}
		case d := <-call.Digits():
			say("digit " + string(d))
		case <-ctx.Done():
			call.Hangup()
			open = false
		case <-call.Ended():
			open = false
		}
	}
	r := call.Report()
	return errors.Join(finish(), f.print(c.OutOrStdout(), r), failure(r))
}

// failure is the error of a call that nobody answered.
func failure(r phone.Report) error {
	if r.Answered || r.ByUs {
		return nil
	}
	return fmt.Errorf("%s was not reached: %d %s", r.Number, r.Status, r.Reason)
}

// prepare sets a call's sound up. finish ends the recording; it is never nil.
func (s *soundFlags) prepare(call *phone.Call) (finish func() error, err error) {
	finish = func() error { return nil }
	if s.play != "" {
		var p *media.Prompt
		if p, err = prompt.Load(s.play); err != nil {
			return finish, err
		}
		if _, err := call.Play(p); err != nil {
			return finish, err
		}
	}
	if s.echo {
		if err := call.Echo(); err != nil {
			return finish, err
		}
	}
	if s.record == "" {
		return finish, nil
	}
	file, err := os.Create(s.record)
	if err != nil {
		return finish, err
	}
	w, err := prompt.NewWriter(file)
	if err != nil {
		return finish, errors.Join(err, file.Close())
	}
	var fault error // of writing: the disk is full
	finish = func() error { return errors.Join(fault, w.Close(), file.Close()) }
	return finish, call.Record(func(pcm []int16) {
		if fault == nil {
			fault = w.Write(pcm)
		}
	})
}

func (s *soundFlags) press(call *phone.Call) error {
	switch {
	case s.digits == "":
		return nil
	case s.info:
		return call.Info(s.digits)
	}
	return call.Press(s.digits)
}

// print writes the report of a call.
func (f *phoneFlags) print(w io.Writer, r phone.Report) error {
	if f.output == "json" {
		return json.NewEncoder(w).Encode(r)
	}
	outcome := "answered"
	if !r.Answered {
		outcome = strings.TrimSpace(fmt.Sprintf("not answered %d %s", r.Status, r.Reason))
	}
	for _, line := range [][2]string{
		{"call", r.Phone + " with " + r.Number + ", " + outcome},
		{"talked", fmt.Sprintf("%.1f s", r.Duration)},
		{"codec", r.Codec},
		{"srtp", r.SRTP},
		{"packets", fmt.Sprintf("%d sent, %d received, %d lost", r.Sent, r.Received, r.Lost)},
		{"jitter", fmt.Sprintf("%.1f ms", r.JitterMs)},
		{"MOS", fmt.Sprintf("%.1f", r.MOS)},
		{"digits", r.Digits},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "%-8s %s\n", line[0], line[1])
		}
	}
	return nil
}
