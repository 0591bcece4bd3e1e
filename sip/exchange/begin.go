package exchange

import (
	"context"
	"log/slog"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/leg"
	"strowger/sip/security"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// overload is the refusal of what the node cannot take now.
var overload = cause.Verdict{Status: 503, Q850: 42, Reason: "Too many calls", Fault: cause.Us}

// loaded is the same where more sound would harm that of the calls that stand.
var loaded = cause.Verdict{Status: 503, Q850: 42, Reason: "Media overload", Fault: cause.Us}

// retryAfter asks to come back in so many seconds.
func retryAfter() sip.Header { return sip.NewHeader("Retry-After", "5") }

// invite begins a call and has admission decide about it.
func (s *strand) invite(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow) {
	if status, headers, ok := s.x.cfg.Admission.Challenge(now, req, flow); ok {
		s.reply(now, tx, req, status, headers...)
		return
	}
	// Above the limit there is room for what admission has to look into first; an
	// emergency call needs none.
	limit := s.x.cfg.MaxCalls
	if s.x.Active() >= limit+limit/10+1 && !s.x.cfg.Admission.Emergency(req) {
		s.x.counters.CallsRefused.Add(1)
		s.reply(now, tx, req, 503, retryAfter())
		return
	}
	r := &running{strand: s, arrived: s.arrived}
	r.call = b2bua.New(callID(now, s.Token()), now, tx, req, flow, s, b2bua.Rules{Timer: s.x.cfg.Session, Convert: s.x.cfg.Convert})
	caller := r.call.Caller()
	r.know(caller)
	tx.Owner, tx.Tag = place{run: r, leg: caller.ID}, caller.Dialog.LocalTag
	s.calls[r.call.ID] = r
	s.x.calls.Add(1)
	asked := time.Now()
	queued := s.decide(now, req, func(ctx context.Context) func(time.Time) {
		p := s.x.cfg.Admission.Admit(ctx, now, req, flow)
		return func(now time.Time) {
			s.x.cfg.Delays.Admitted(time.Since(asked))
			s.admitted(now, r, tx, p)
		}
	})
	if !queued {
		s.admitted(now, r, tx, b2bua.Program{Refuse: &overload, Headers: []sip.Header{retryAfter()}, Silent: true})
	}
}

// admitted begins a program, or looks first for what it is to pick or where to park; then it
// comes again.
func (s *strand) admitted(now time.Time, r *running, tx *transaction.Server, p b2bua.Program) {
	over := r.call.Over() // cancelled meanwhile
	if p.Pick != nil && p.Refuse == nil && !over && !p.AsksPIN() {
		s.pick(now, r, tx, p)
		return
	}
	if !over && s.reserves(now, r, tx, p) {
		return
	}
	if settled := p.Settled; settled != nil {
		p.Settled = nil
		defer settled()
	}
	if over {
		return
	}
	if !p.Emergency && p.Refuse == nil && !p.Transfers() {
		s.room(&p)
	}
	if !p.Silent {
		s.x.counters.CallsStarted.Add(1)
		r.note(now, r.call.Caller(), p.Caller)
		if log := s.x.log; log.Enabled(s.x.ctx, slog.LevelDebug) {
			log.Debug("call begins", "call", r.call.ID, "party", p.Caller.String(), "from", p.From, "to", p.To)
		}
	}
	if r.once = p.Silent; !p.Silent {
		s.table.Trying(now, tx, r.call.Caller().Dialog.Trying)
	}
	s.step(now, r, b2bua.Admitted{Program: p})
}

// room refuses a program if the node is at a limit.
func (s *strand) room(p *b2bua.Program) {
	switch {
	case s.x.Active() > s.x.cfg.MaxCalls, s.x.draining.Load():
		s.x.counters.CallsRefused.Add(1)
		p.Refuse = &overload
	case s.x.cfg.Full():
		s.x.counters.LoadRefused.Add(1)
		p.Refuse = &loaded
	default:
		return
	}
	p.Headers = []sip.Header{retryAfter()}
}

// callID is a call's name: when it came and 40 random bits, easy to say and to
// sort.
func callID(now time.Time, token string) string {
	return now.UTC().Format("0102-150405") + "-" + token[:8]
}

// register answers a REGISTER.
func (s *strand) register(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow) {
	if !s.x.sources.allow(now, flow.Remote.Addr()) {
		s.x.counters.RegistersSlowed.Add(1)
		if s.x.slowed.AllowN(now, 1) {
			s.x.cfg.Events.Report(now, security.Event{
				Kind: security.Limit, Source: flow.Remote, Transport: string(flow.Proto), Network: flow.Network,
				Method: string(req.Method), Detail: "registers of limits",
			})
		}
		s.reply(now, tx, req, 503, retryAfter())
		return
	}
	if status, headers, ok := s.x.cfg.Admission.Challenge(now, req, flow); ok {
		s.reply(now, tx, req, status, headers...)
		return
	}
	queued := s.decide(now, req, func(ctx context.Context) func(time.Time) {
		res := s.x.cfg.Admission.Register(ctx, now, req, flow)
		return func(now time.Time) {
			if res.StatusCode == 200 {
				s.x.cfg.Registered(flow)
			}
			s.table.Respond(now, tx, res)
		}
	})
	if !queued {
		s.reply(now, tx, req, 503, retryAfter())
	}
}

// authenticate has a seat prove that a request of its dialog, which came by
// another flow, is its own; the leg then follows it there.
func (s *strand) authenticate(now time.Time, l *leg.Leg, tx *transaction.Server, req *sip.Request, flow transport.Flow) {
	party, tag := l.Party, l.Dialog.LocalTag
	queued := s.decide(now, req, func(ctx context.Context) func(time.Time) {
		ok, status, headers := s.x.cfg.Admission.Authenticate(ctx, now, req, flow, party)
		return func(now time.Time) {
			if !ok {
				s.reply(now, tx, req, status, headers...)
				return
			}
			if r, l := s.find(tag); l != nil {
				l.Moved(flow)
				s.step(now, r, b2bua.Request{Leg: l.ID, Tx: tx, Msg: req})
			} else { // it has moved or ended meanwhile
				s.reply(now, tx, req, 500, retryAfter())
			}
		}
	})
	if !queued {
		s.reply(now, tx, req, 503, retryAfter())
	}
}
