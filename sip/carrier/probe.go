package carrier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/dialog"
	"strowger/sip/exchange"
	"strowger/sip/leg"
	"strowger/sip/transport"
	"strowger/sip/trunk"
	"strowger/sip/trunk/health"
)

// sweep follows the addresses of the trunks and asks those that are due.
func (d *Desk) sweep(ctx context.Context, now time.Time, free chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.cfg.Trunks.All() {
		for _, w := range t.Known() {
			at := place{t.Network, w.AddrPort, w.Proto}
			a := d.places[at]
			if a == nil {
				a = &address{Health: health.Health{Rule: rule(t, w)}}
				d.places[at] = a
			}
			a.seen = now
			if asks(t, w) && !a.asking && !now.Before(a.next) {
				d.due(ctx, t, w, a, free)
			}
		}
	}
	d.enrol(ctx, now, free)
	for at, a := range d.places {
		if a.seen != now && !a.asking {
			if a.Status == health.Down {
				d.counters.Down.Add(-1)
			}
			delete(d.places, at)
		}
	}
}

func rule(t *trunk.Trunk, w trunk.Way) health.Rule {
	return health.Rule{Down: t.Probe.Down, Up: t.Probe.Up, Asked: asks(t, w), Answers: t.Probe.Answers}
}

// asks tells whether an address is asked by OPTIONS. What is on loopback is a program
// that somebody tries calls with, and many such take an OPTIONS for a call.
func asks(t *trunk.Trunk, w trunk.Way) bool {
	return t.Probe.Interval > 0 && (t.Probe.Answers || !w.Addr().IsLoopback())
}

// due has a helper ask an address. The lock is held.
func (d *Desk) due(ctx context.Context, t *trunk.Trunk, w trunk.Way, a *address, free chan struct{}) {
	select {
	case free <- struct{}{}:
	default:
		d.counters.ProbesLate.Add(1)
		return
	}
	a.asking = true
	d.running.Go(func() {
		defer func() { <-free }()
		_, _ = d.ask(ctx, t, w)
		d.mu.Lock()
		defer d.mu.Unlock()
		a.asking, a.next = false, time.Now().Add(wait(t.Probe.Interval, a.Doubtful()))
	})
}

// wait is how long after an answer an address is asked again.
func wait(interval time.Duration, doubtful bool) time.Duration {
	if doubtful {
		return min(interval, Doubt)
	}
	return interval
}

// Ping asks every address of a trunk by OPTIONS, and counts what they answer as if
// it was their time. The outcomes are in the order of the ways.
func (d *Desk) Ping(ctx context.Context, t *trunk.Trunk) []Pong {
	ways := t.Known()
	pongs := make([]Pong, len(ways))
	done := make(chan struct{}, len(ways))
	for i, w := range ways {
		d.running.Go(func() {
			took, err := d.ask(ctx, t, w)
			pongs[i] = Pong{Address: w.String(), Took: took}
			if err != nil {
				pongs[i].Error = err.Error()
			}
			done <- struct{}{}
		})
	}
	for range ways {
		<-done
	}
	return pongs
}

// Pong is what an address made of an OPTIONS.
type Pong struct {
	Address string        `json:"address"` // as "192.0.2.1:5060/udp"
	Took    time.Duration `json:"took"`
	Error   string        `json:"error,omitempty"` // "" if it answered
}

// ask sends OPTIONS to an address and learns from what comes back.
func (d *Desk) ask(ctx context.Context, t *trunk.Trunk, w trunk.Way) (time.Duration, error) {
	begun := time.Now()
	event, err := d.options(ctx, t, w)
	now := time.Now()
	took := now.Sub(begun)
	if event.Kind != health.Answer {
		d.counters.ProbesFailed.Add(1)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	at := place{t.Network, w.AddrPort, w.Proto}
	if a := d.places[at]; a != nil && !errors.Is(err, context.Canceled) {
		a.took = took
		d.step(now, at, a, event)
	}
	return took, err
}

func (d *Desk) options(ctx context.Context, t *trunk.Trunk, w trunk.Way) (health.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, ProbeTimeout)
	defer cancel()
	flow, err := d.cfg.Sender.FlowTo(t.Network, w.Proto, w.AddrPort)
	if err != nil {
		return health.Event{Kind: health.Failure, Why: err.Error()}, err
	}
	d.counters.Probes.Add(1)
	res, err := d.asker.Ask(ctx, flow, func(branch, tag string) *sip.Request { return options(flow, w, branch, tag) })
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %v", ProbeTimeout)
		return health.Event{Kind: health.Silence, Why: err.Error()}, err
	case err != nil:
	case res.StatusCode == 503:
		return refusal(exchange.RetryAfter(res)), fmt.Errorf("503 %s", res.Reason)
	case res.StatusCode == 408:
		err = fmt.Errorf("408 %s", res.Reason)
	default:
		return health.Event{Kind: health.Answer, Asked: true}, nil
	}
	return health.Event{Kind: health.Failure, Why: err.Error()}, err
}

// options asks a trunk whether it is there (RFC 3261 section 11.1).
func options(flow transport.Flow, w trunk.Way, branch, tag string) *sip.Request {
	req := sip.NewRequest(sip.OPTIONS, w.URI(""))
	us := sip.Uri{Scheme: "sip", Host: dialog.Host(flow.Advertised.Addr())}
	head(req, flow, us, w.URI(""), branch, tag)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: sip.OPTIONS})
	req.AppendHeader(&sip.ContactHeader{Address: dialog.ContactFor(flow, "")})
	req.AppendHeader(sip.NewHeader("Accept", "application/sdp"))
	req.AppendHeader(sip.NewHeader("User-Agent", leg.Product))
	return req
}

// head is what every request outside of a dialog begins with; its Call-ID is made of
// the tag.
func head(req *sip.Request, flow transport.Flow, from, to sip.Uri, branch, tag string) {
	req.AppendHeader(dialog.Via(flow, branch))
	forwards := sip.MaxForwardsHeader(dialog.MaxForwards)
	req.AppendHeader(&forwards)
	req.AppendHeader(&sip.FromHeader{Address: from, Params: sip.HeaderParams{{K: "tag", V: tag}}})
	req.AppendHeader(&sip.ToHeader{Address: to})
	callID := sip.CallIDHeader(tag + "@" + from.Host)
	req.AppendHeader(&callID)
}
