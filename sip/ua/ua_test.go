package ua_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"strowger/sip/leg"
	"strowger/sip/ua"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// pair is two agents that are each other's server.
type pair struct {
	*testing.T
	left, right *ua.Agent
	calls       chan *ua.Call
	events      chan leg.Event // of calls that reach right
}

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

func agent(t *testing.T, c ua.Config) *ua.Agent {
	t.Helper()
	c.Bind = loopback
	a, err := ua.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{T: t, calls: make(chan *ua.Call, 8), events: make(chan leg.Event, 8)}
	p.right = agent(t, ua.Config{
		User: "right", Server: loopback,
		Incoming: func(c *ua.Call) func(leg.Event) {
			if c.Called == "nobody" {
				return nil
			}
			p.calls <- c
			return func(e leg.Event) { p.events <- e }
		},
	})
	p.left = agent(t, ua.Config{User: "left", Display: `L "e" ft`, Server: p.right.Local()})
	return p
}

// call calls right and returns the call and its events.
func (p *pair) call(number, body string) (*ua.Call, chan leg.Event) {
	p.Helper()
	events := make(chan leg.Event, 8)
	c, err := p.left.Call(number, []byte(body), func(e leg.Event) { events <- e })
	if err != nil {
		p.Fatal(err)
	}
	return c, events
}

// talk is call, and right answers.
func (p *pair) talk() (out *ua.Call, events chan leg.Event) {
	p.Helper()
	out, events = p.call("1002", "offer")
	await(p.T, p.calls).Answer([]byte("answer"))
	expect(p.T, events, leg.Accepts)
	expect(p.T, p.events, leg.Acked)
	return out, events
}

func await[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v = <-c:
	case <-timer.C:
		t.Fatal("nothing happened")
	}
	return v
}

func expect(t *testing.T, events <-chan leg.Event, kind leg.EventKind) leg.Event {
	t.Helper()
	e := await(t, events)
	if e.Kind != kind {
		t.Fatalf("event is %+v, want kind %d", e, kind)
	}
	return e
}

func TestCall(t *testing.T) {
	p := newPair(t)
	out, events := p.call("1002", "offer")
	in := await(t, p.calls)
	if in.Caller != "left" || in.Called != "1002" || string(in.Offer) != "offer" || in.ID() != out.ID() {
		t.Errorf("call is %+v", in)
	}
	in.Ring()
	expect(t, events, leg.Rings)
	in.Answer([]byte("answer"))
	if e := expect(t, events, leg.Accepts); string(e.Body) != "answer" {
		t.Errorf("answer is %q", e.Body)
	}
	expect(t, p.events, leg.Acked)

	out.Info('#')
	if e := expect(t, p.events, leg.Digit); e.Digit != '#' {
		t.Errorf("digit is %q", e.Digit)
	}
	in.Reoffer([]byte("hold"))
	if e := expect(t, events, leg.Reoffers); string(e.Body) != "hold" {
		t.Errorf("offer is %q", e.Body)
	}
	out.AnswerReoffer([]byte("held"))
	if e := expect(t, p.events, leg.Reanswers); string(e.Body) != "held" {
		t.Errorf("answer is %q", e.Body)
	}
	expect(t, events, leg.Acked)
	out.Reoffer([]byte("video"))
	expect(t, p.events, leg.Reoffers)
	in.RefuseReoffer()
	if e := expect(t, events, leg.ReofferFail); e.Verdict.Status != 488 {
		t.Errorf("verdict is %+v", e.Verdict)
	}

	in.Hangup()
	expect(t, events, leg.Ends)
	await(t, out.Done())
	await(t, in.Done())
	in.Hangup() // harmless
}

func TestReofferWhilePending(t *testing.T) {
	p := newPair(t)
	out, events := p.talk()
	out.Reoffer([]byte("one"))
	out.Reoffer([]byte("two"))
	if e := expect(t, events, leg.ReofferFail); e.Verdict.Status != 491 {
		t.Errorf("verdict is %+v", e.Verdict)
	}
}

func TestRefused(t *testing.T) {
	p := newPair(t)
	for number, status := range map[string]int{"busy": 486, "nobody": 480} {
		out, events := p.call(number, "offer")
		if number != "nobody" {
			await(t, p.calls).Refuse(status)
		}
		if e := expect(t, events, leg.Ends); e.Verdict.Status != status {
			t.Errorf("%s: verdict is %+v, want %d", number, e.Verdict, status)
		}
		await(t, out.Done())
	}
}

func TestCancel(t *testing.T) {
	p := newPair(t)
	out, events := p.call("1002", "offer")
	in := await(t, p.calls)
	in.Ring()
	expect(t, events, leg.Rings)
	out.Hangup()
	if e := expect(t, p.events, leg.Ends); e.Verdict.Status != 487 {
		t.Errorf("verdict is %+v", e.Verdict)
	}
	await(t, out.Done())
	await(t, in.Done())
}

func TestStrangerIsRefused(t *testing.T) {
	p := newPair(t)
	stranger, err := ua.New(ua.Config{User: "x", Server: p.right.Local(), Bind: netip.MustParseAddrPort("127.0.0.9:0")})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	events := make(chan leg.Event, 1)
	if _, err := stranger.Call("1002", nil, func(e leg.Event) { events <- e }); err != nil {
		t.Fatal(err)
	}
	if e := expect(t, events, leg.Ends); e.Verdict.Status != 403 {
		t.Errorf("verdict is %+v, want 403", e.Verdict)
	}
}

func TestTooManyCalls(t *testing.T) {
	p := newPair(t)
	p.calls = make(chan *ua.Call, ua.MaxCalls)
	p.right.Close()
	p.right = agent(t, ua.Config{
		User: "right", Server: loopback,
		Incoming: func(c *ua.Call) func(leg.Event) { p.calls <- c; return func(leg.Event) {} },
	})
	p.left = agent(t, ua.Config{User: "left", Server: p.right.Local()})
	for range ua.MaxCalls {
		p.call("1002", "offer")
		await(t, p.calls)
	}
	_, events := p.call("1002", "offer")
	if e := expect(t, events, leg.Ends); e.Verdict.Status != 486 {
		t.Errorf("verdict is %+v, want 486", e.Verdict)
	}
}

func TestRegisterIsRefused(t *testing.T) {
	p := newPair(t)
	_, err := p.left.Register(t.Context(), time.Hour)
	var refused *ua.RefusedError
	if !errors.As(err, &refused) || refused.Status != 405 {
		t.Errorf("error is %v, want 405", err)
	}
}

func TestRegisterWithoutAnswer(t *testing.T) {
	silent := agent(t, ua.Config{User: "x", Server: netip.MustParseAddrPort("127.0.0.1:9")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := silent.Register(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestClosed(t *testing.T) {
	p := newPair(t)
	out, _ := p.call("1002", "offer")
	await(t, p.calls)
	registered := make(chan error, 1)
	silent := agent(t, ua.Config{User: "x", Server: netip.MustParseAddrPort("127.0.0.1:9")})
	go func() {
		_, err := silent.Register(t.Context(), time.Hour)
		registered <- err
	}()
	if err := errors.Join(p.left.Close(), p.left.Close(), silent.Close()); err != nil {
		t.Error(err)
	}
	await(t, out.Done())
	if err := await(t, registered); !errors.Is(err, ua.ErrClosed) {
		t.Errorf("Register: %v, want ErrClosed", err)
	}
	if _, err := p.left.Call("1", nil, nil); !errors.Is(err, ua.ErrClosed) {
		t.Errorf("Call: %v, want ErrClosed", err)
	}
	if _, err := p.left.Register(t.Context(), 0); !errors.Is(err, ua.ErrClosed) {
		t.Errorf("Register: %v, want ErrClosed", err)
	}
	out.Hangup() // harmless
}

func TestEventsComeInOrder(t *testing.T) {
	p := newPair(t)
	out, _ := p.talk()
	var got []byte
	for _, d := range []byte("12345678") {
		out.Info(d)
		got = append(got, expect(t, p.events, leg.Digit).Digit)
	}
	if !slices.Equal(got, []byte("12345678")) {
		t.Errorf("digits are %q", got)
	}
}
