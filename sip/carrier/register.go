package carrier

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/auth"
	"strowger/sip/dialog"
	"strowger/sip/exchange"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
	"strowger/sip/trunk"
	"strowger/sip/trunk/registration"
)

// enrolment is our registration with one trunk. The desk's lock guards it; seq is of the
// helper that is asking.
type enrolment struct {
	trunk *trunk.Trunk
	registration.Machine
	user   string // of our contact: nobody can guess it
	callID string
	seq    uint32
	next   time.Time // when to register; zero: at the next sweep
	asking bool
	at     string // the address that knows us
}

// Registration is our registration with a trunk as an operator sees it.
type Registration struct {
	State string    `json:"state"` // registered, failed, or trying until the first answer
	At    string    `json:"at,omitempty"`
	Until time.Time `json:"until,omitzero"`
	Next  time.Time `json:"next,omitzero"` // when REGISTER is sent again
	Error string    `json:"error,omitempty"`
}

// Registration is that with a trunk, nil if there is none.
func (d *Desk) Registration(now time.Time, t *trunk.Trunk) *Registration {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.enrolments[nameOf(t)]
	if e == nil {
		return nil
	}
	r := &Registration{State: "trying", Next: e.next.UTC(), Error: e.Why}
	switch {
	case e.Registered(now):
		r.State, r.At, r.Until = "registered", e.at, e.Until.UTC()
	case e.Why != "":
		r.State = "failed"
	}
	return r
}

// Registered is the trunk that has a user for our contact and sends from an address of
// its own on its network, or nil (admission.Desk).
func (d *Desk) Registered(f transport.Flow, user string) *trunk.Trunk {
	for _, e := range d.enrolments {
		if t := e.trunk; user == e.user && t.Network == f.Network && t.IsAt(f.Remote.Addr()) {
			return t
		}
	}
	return nil
}

// Registrar tells whether an address of a network is that of a trunk that we register
// with, as of the last second. It never waits: it is asked of every message.
func (d *Desk) Registrar(network string, from netip.Addr) bool {
	sites := d.registrars.Load()
	if sites == nil {
		return false
	}
	_, ok := (*sites)[site{network, from.Unmap()}]
	return ok
}

// noteRegistrars keeps what Registrar tells: the addresses that Registered takes.
func (d *Desk) noteRegistrars() {
	if len(d.enrolments) == 0 {
		return
	}
	sites := map[site]struct{}{}
	for _, e := range d.enrolments {
		for _, w := range e.trunk.Known() {
			sites[site{e.trunk.Network, w.Addr().Unmap()}] = struct{}{}
		}
	}
	d.registrars.Store(&sites)
}

// enrol has helpers register where it is time. The lock is held.
func (d *Desk) enrol(ctx context.Context, now time.Time, free chan struct{}) {
	d.countRegistered(now)
	d.noteRegistrars()
	if d.leaving {
		return
	}
	for _, e := range d.enrolments {
		_, off := d.switches[nameOf(e.trunk)]
		wanted := !now.Before(e.next)
		if off {
			wanted = e.Registered(now)
		}
		if e.asking || !wanted {
			continue
		}
		select {
		case free <- struct{}{}:
		default:
			d.counters.ProbesLate.Add(1)
			return
		}
		e.asking = true
		d.enrolling.Add(1)
		d.running.Go(func() {
			defer func() {
				<-free
				d.enrolling.Done()
			}()
			d.register(ctx, e, off)
		})
	}
}

// countRegistered keeps the gauge. The lock is held.
func (d *Desk) countRegistered(now time.Time) {
	registered := 0
	for _, e := range d.enrolments {
		if e.Registered(now) {
			registered++
		}
	}
	d.counters.Registered.Store(int64(registered))
}

// register registers with a trunk, or gives the binding up. It returns the last answer.
func (d *Desk) register(ctx context.Context, e *enrolment, giveUp bool) registration.Answer {
	credentials := sip.Header(nil)
	for {
		d.mu.Lock()
		wish, ways := e.Wish, e.trunk.Known()
		d.mu.Unlock()
		if giveUp {
			wish = 0
		}
		good, rest := d.Sort(time.Now(), e.trunk, ways)
		res, at, err := d.askRegistrar(ctx, e, append(good, rest...), wish, credentials)
		answer, header := d.read(e, res, err)
		now := time.Now()
		d.mu.Lock()
		was := e.Registered(now)
		var again bool
		again, e.next = e.Step(now, answer)
		if at != "" {
			e.at = at
		}
		done := !again || ctx.Err() != nil
		if giveUp && !again {
			e.Gone()
			e.next = time.Time{}
		}
		e.asking = !done
		if ctx.Err() == nil {
			d.tell(e, was, giveUp, now)
		}
		d.countRegistered(now)
		d.mu.Unlock()
		if done {
			return answer
		}
		credentials = header
	}
}

// tell logs and counts what came of a REGISTER. The lock is held.
func (d *Desk) tell(e *enrolment, was, giveUp bool, now time.Time) {
	is := e.Registered(now)
	switch {
	case giveUp:
	case is && !was:
		d.cfg.Log.Info("registered with a trunk", "trunk", e.trunk.Name, "address", e.at, "until", e.Until)
	case e.Why != "":
		d.counters.RegistersFailed.Add(1)
		d.cfg.Log.Warn("a trunk does not register us", "trunk", e.trunk.Name, "still registered", is, "error", e.Why)
	}
}

// askRegistrar sends a REGISTER to the first address that answers it.
func (d *Desk) askRegistrar(ctx context.Context, e *enrolment, ways []trunk.Way, wish time.Duration, credentials sip.Header) (res *sip.Response, at string, err error) {
	err = errors.New("none of its targets resolves to an address")
	for _, w := range ways {
		var flow transport.Flow
		if flow, err = d.cfg.Sender.FlowTo(e.trunk.Network, w.Proto, w.AddrPort); err != nil {
			continue
		}
		d.counters.Registers.Add(1)
		e.seq++
		seq := e.seq
		try, cancel := context.WithTimeout(ctx, ProbeTimeout)
		res, err = d.asker.Ask(try, flow, func(branch, tag string) *sip.Request {
			return register(flow, e, seq, wish, credentials, branch, tag)
		})
		cancel()
		if err == nil && res.StatusCode != 503 || ctx.Err() != nil {
			return res, w.String(), err
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("%s does not answer within %v", w, ProbeTimeout)
		}
	}
	return res, "", err
}

// register is a REGISTER of our contact.
func register(flow transport.Flow, e *enrolment, seq uint32, wish time.Duration, credentials sip.Header, branch, tag string) *sip.Request {
	r := e.trunk.Registration
	us := sip.Uri{Scheme: "sip", User: r.User, Host: r.Domain}
	req := sip.NewRequest(sip.REGISTER, sip.Uri{Scheme: "sip", Host: r.Domain})
	head(req, flow, us, us, branch, tag)
	id := sip.CallIDHeader(e.callID)
	req.ReplaceHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: sip.REGISTER})
	req.AppendHeader(&sip.ContactHeader{Address: dialog.ContactFor(flow, e.user)})
	req.AppendHeader(sip.NewHeader("Expires", strconv.FormatInt(int64(wish/time.Second), 10)))
	req.AppendHeader(sip.NewHeader("Allow", leg.Allow))
	req.AppendHeader(sip.NewHeader("User-Agent", leg.Product))
	if credentials != nil {
		req.AppendHeader(credentials)
	}
	return req
}

// read says what an answer to a REGISTER means, with the credentials for the next if it
// is a challenge.
func (d *Desk) read(e *enrolment, res *sip.Response, err error) (registration.Answer, sip.Header) {
	if err != nil {
		return registration.Answer{Why: err.Error()}, nil
	}
	a := registration.Answer{
		Status: res.StatusCode, RetryAfter: exchange.RetryAfter(res), Granted: granted(res, e.user),
		Why: fmt.Sprintf("%d %s", res.StatusCode, res.Reason),
	}
	if n, err := strconv.ParseUint(message.Header(res, "Min-Expires"), 10, 31); err == nil {
		a.MinExpires = time.Duration(n) * time.Second
	}
	asks, answers := "WWW-Authenticate", "Authorization"
	switch res.StatusCode {
	case 407:
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	case 401:
	default:
		return a, nil
	}
	challenges := message.Headers(res, asks)
	value, err := d.accounts[nameOf(e.trunk)].answer(challenges, string(sip.REGISTER), "sip:"+e.trunk.Registration.Domain)
	if err != nil {
		d.counters.NotAnswered.Add(1)
		a.Why = err.Error()
		return a, nil
	}
	a.Answerable, a.Stale = true, auth.SaysStale(challenges)
	return a, sip.NewHeader(answers, value)
}

// granted is the time that a registrar gave to our contact.
func granted(res *sip.Response, user string) time.Duration {
	for _, c := range message.Contacts(res) {
		if c.Address.User != user {
			continue
		}
		seconds, ok := message.ContactExpires(c)
		if !ok {
			seconds, _ = message.Expires(res)
		}
		return time.Duration(seconds) * time.Second
	}
	return 0
}
