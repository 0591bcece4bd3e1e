package exchange

import (
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/b2bua"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/security"
	"strowger/sip/subscribe"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// allow are the methods that are understood outside of a call.
const allow = leg.Allow + ", REGISTER, SUBSCRIBE"

// supported are the option tags that a request may Require.
var supported = []string{"path", "outbound", "timer", "100rel", "replaces", "norefersub"}

// Request takes a request that is no retransmission (transaction.User).
func (s *strand) Request(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow) {
	if s.desk != nil && req.Method == sip.SUBSCRIBE {
		s.desk.subscribe(now, tx, req, flow)
		return
	}
	if tag := message.Tag(req.To().Params); tag != "" {
		s.inDialog(now, tx, req, flow, tag)
		return
	}
	if req.Method == sip.ACK {
		return
	}
	if scheme := req.Recipient.Scheme; scheme != "sip" && scheme != "sips" && scheme != "tel" {
		s.reply(now, tx, req, 416)
		return
	}
	if missing := unsupported(req); missing != "" {
		s.reply(now, tx, req, 420, sip.NewHeader("Unsupported", missing))
		return
	}
	if req.Method == sip.INVITE && s.refused(now, tx, req, flow) {
		return
	}
	switch req.Method {
	case sip.INVITE:
		s.invite(now, tx, req, flow)
	case sip.REGISTER:
		s.register(now, tx, req, flow)
	case sip.OPTIONS:
		s.options(now, tx, req)
	case sip.BYE, sip.INFO, sip.UPDATE, sip.PRACK, sip.REFER:
		s.reply(now, tx, req, 481)
	default:
		s.reply(now, tx, req, 405, sip.NewHeader("Allow", allow))
	}
}

// refused answers an INVITE that goes no further, whoever sent it. One for an
// emergency number is taken with what can be read of it.
func (s *strand) refused(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow) bool {
	status, headers := leg.Unreadable(req)
	forwards := req.MaxForwards()
	switch {
	case forwards != nil && forwards.Val() == 0:
		status, headers = 483, nil
	case status != 0 && s.x.cfg.Admission.Emergency(req):
		status = 0
	}
	if status == 0 && flow.Proto != transport.Node && s.x.cfg.Session.TooBrief(req) {
		status, headers = 422, []sip.Header{s.x.cfg.Session.MinSE()}
	}
	if status != 0 {
		s.reply(now, tx, req, status, headers...)
	}
	return status != 0
}

// options answers as an INVITE would be (RFC 3261 section 11.2): a node that takes no
// more calls says so to whoever spreads them.
func (s *strand) options(now time.Time, tx *transaction.Server, req *sip.Request) {
	if s.x.draining.Load() {
		s.reply(now, tx, req, 503, retryAfter())
		return
	}
	headers := append(leg.Capabilities(), sip.NewHeader("Allow", allow), sip.NewHeader("Allow-Events", subscribe.AllowEvents))
	s.reply(now, tx, req, 200, headers...)
}

func unsupported(req *sip.Request) string {
	var missing []string
	for _, tag := range message.Options(req, "Require") {
		known := false
		for _, k := range supported {
			known = known || strings.EqualFold(k, tag)
		}
		if !known {
			missing = append(missing, tag)
		}
	}
	return strings.Join(missing, ", ")
}

// reply answers a request of which nobody knows yet who sent it, and forgets it.
// Headers that make the answer too long for that are left out, the first ones first;
// a challenge without any is not sent.
func (s *strand) reply(now time.Time, tx *transaction.Server, req *sip.Request, status int, headers ...sip.Header) {
	if tx == nil {
		return
	}
	for challenge := status == 401 || status == 407; ; headers = headers[1:] {
		res := message.NewResponse(req, status, "", s.table.Tag())
		for _, h := range headers {
			res.AppendHeader(h)
		}
		res.SetBody(nil)
		if s.table.Refuse(now, tx, res) {
			return
		}
		if len(headers) == 0 || challenge && len(headers) == 1 {
			s.x.counters.Unanswered.Add(1)
			s.table.Forget(tx)
			return
		}
	}
}

// isPeer tells whether a CANCEL by a flow is of the party that sent the INVITE.
func (s *strand) isPeer(tx *transaction.Server, flow transport.Flow) bool {
	if p, ok := tx.Owner.(place); ok {
		if l := p.run.call.Leg(p.leg); l != nil && l.IsPeer(flow) {
			return true
		}
	}
	s.foreign(sip.CANCEL, flow)
	return false
}

// foreign counts and reports a request that a party of its dialog did not send.
func (s *strand) foreign(method sip.RequestMethod, flow transport.Flow) {
	s.x.counters.ForeignSource.Add(1)
	s.x.cfg.Events.Report(time.Now(), security.Event{
		Kind: security.ForeignRequest, Source: flow.Remote, Transport: string(flow.Proto), Network: flow.Network, Method: string(method),
	})
}

// inDialog takes a request with one of our tags to its leg, if it comes from the
// leg's party.
func (s *strand) inDialog(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow, tag string) {
	r, l := s.find(tag)
	if r == nil || !l.Dialog.Matches(req) {
		s.x.counters.UnknownDialog.Add(1)
		s.reply(now, tx, req, 481)
		return
	}
	if tx != nil {
		tx.Owner = place{run: r, leg: l.ID}
	}
	missing := ""
	if tx != nil && req.Method != sip.BYE { // whatever it asks for, the call ends
		missing = unsupported(req)
	}
	switch {
	case l.IsPeer(flow) && missing != "":
		s.reply(now, tx, req, 420, sip.NewHeader("Unsupported", missing))
	case l.IsPeer(flow):
		s.step(now, r, b2bua.Request{Leg: l.ID, Tx: tx, Msg: req})
	case req.Method == sip.ACK: // matched by tags and CSeq; it can only stop a retransmission
		s.step(now, r, b2bua.Request{Leg: l.ID, Msg: withoutBody(req)})
	case l.Party.Kind == leg.Seat:
		s.x.counters.ForeignSource.Add(1)
		s.authenticate(now, l, tx, req, flow)
	default:
		s.foreign(req.Method, flow)
		s.reply(now, tx, req, 403)
	}
}

func withoutBody(req *sip.Request) *sip.Request {
	bare := *req
	bare.SetBody(nil)
	return &bare
}

// Cancelled takes a CANCEL to its leg (transaction.User).
func (s *strand) Cancelled(now time.Time, tx *transaction.Server, cancel *sip.Request) {
	if p, ok := tx.Owner.(place); ok {
		s.step(now, p.run, b2bua.Cancelled{Leg: p.leg, Tx: tx, Msg: cancel})
	}
}

// Redial is the way back to a carrier that called by a connection that is gone
// (transaction.Redialler). A phone is never dialled: its flow is all there is of it.
func (s *strand) Redial(tx *transaction.Server, port uint16) (transport.Flow, bool) {
	p, ok := tx.Owner.(place)
	if !ok {
		return transport.Flow{}, false
	}
	if l := p.run.call.Leg(p.leg); l == nil || l.Party.Kind != leg.Trunk || tx.Flow.Node != "" {
		return transport.Flow{}, false
	}
	f, err := s.x.cfg.Sender.FlowTo(tx.Flow.Network, tx.Flow.Proto, netip.AddrPortFrom(tx.Flow.Remote.Addr(), port))
	return f, err == nil
}

// Response takes a response to its leg (transaction.User).
func (s *strand) Response(now time.Time, tx *transaction.Client, res *sip.Response) {
	switch o := tx.Owner.(type) {
	case place:
		s.heard(now, o, tx, res)
		o.run.hears(now, o.leg, res)
		s.step(now, o.run, b2bua.Response{Leg: o.leg, Tx: tx, Msg: res})
	case *inquiry:
		o.response(tx, res)
	case *orphan:
		o.leg.Response(now, o, tx, res)
	case *subscribe.Subscription:
		s.desk.book.Answered(now, o, res.StatusCode)
	}
}

// Stray counts a response without a transaction (transaction.User). A 2xx that is
// repeated after its transaction's end is acknowledged by the leg if it lives; one of a
// call that is over is hung up.
func (s *strand) Stray(now time.Time, res *sip.Response, flow transport.Flow) {
	if to := s.moved[message.Tag(res.From().Params)]; to != nil {
		to.box.post(func(now time.Time) { to.Stray(now, res, flow) })
		return
	}
	s.x.counters.StrayResponses.Add(1)
	if res.CSeq().MethodName != sip.INVITE || res.StatusCode/100 != 2 {
		return
	}
	if r, l := s.find(message.Tag(res.From().Params)); r != nil {
		s.step(now, r, b2bua.Response{Leg: l.ID, Msg: res})
		return
	}
	leg.GiveBack(now, &orphan{strand: s}, res, flow, s)
}

// ClientFailed takes the failure of a request of ours to its leg (transaction.User).
func (s *strand) ClientFailed(now time.Time, tx *transaction.Client, err error) {
	switch o := tx.Owner.(type) {
	case place:
		s.broke(now, o, tx, err)
		s.step(now, o.run, b2bua.Failed{Leg: o.leg, Tx: tx, Err: err})
	case *inquiry:
		o.answered(outcome{err: err})
	case *orphan:
		o.leg.Failed(now, o, tx, err)
	case *subscribe.Subscription:
		s.desk.book.Failed(o)
	}
}

// ServerFailed: the final response of an INVITE was never acknowledged, or could
// not be sent (transaction.User). The leg ends by itself in both cases.
func (s *strand) ServerFailed(time.Time, *transaction.Server, error) {}
