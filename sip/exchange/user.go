package exchange

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/b2bua"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// supported are the option tags that a request may Require.
var supported = []string{"path", "outbound", "timer", "100rel"}

// Request takes a request that is no retransmission (transaction.User).
func (s *strand) Request(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow) {
	if tag := message.Tag(req.To().Params); tag != "" {
		s.inDialog(now, tx, req, flow, tag)
		return
	}
	if req.Method == sip.ACK {
		return
	}
	if forwards := req.MaxForwards(); forwards != nil && forwards.Val() == 0 && req.Method != sip.REGISTER {
		s.reply(now, tx, req, 483)
		return
	}
	if missing := unsupported(req); missing != "" {
		s.reply(now, tx, req, 420, sip.NewHeader("Unsupported", missing))
		return
	}
	if req.Method == sip.INVITE && leg.TooBrief(req) {
		s.reply(now, tx, req, 422, leg.MinSE())
		return
	}
	switch req.Method {
	case sip.INVITE:
		s.invite(now, tx, req, flow)
	case sip.REGISTER:
		s.register(now, tx, req, flow)
	case sip.OPTIONS:
		s.reply(now, tx, req, 200, sip.NewHeader("Allow", leg.Allow+", REGISTER"), sip.NewHeader("Accept", "application/sdp"))
	case sip.BYE, sip.INFO, sip.UPDATE, sip.PRACK:
		s.reply(now, tx, req, 481)
	default:
		s.reply(now, tx, req, 405, sip.NewHeader("Allow", leg.Allow+", REGISTER"))
	}
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

// reply answers a request outside of any dialog.
func (s *strand) reply(now time.Time, tx *transaction.Server, req *sip.Request, status int, headers ...sip.Header) {
	if tx == nil {
		return
	}
	res := message.NewResponse(req, status, "", s.Token())
	for _, h := range headers {
		res.AppendHeader(h)
	}
	res.SetBody(nil)
	s.table.Respond(now, tx, res)
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
	switch {
	case l.IsPeer(flow):
		s.step(now, r, b2bua.Request{Leg: l.ID, Tx: tx, Msg: req})
	case req.Method == sip.ACK: // matched by tags and CSeq; it can only stop a retransmission
		s.step(now, r, b2bua.Request{Leg: l.ID, Msg: withoutBody(req)})
	case l.Party.Kind == leg.Seat:
		s.x.counters.ForeignSource.Add(1)
		s.authenticate(now, r, l, tx, req, flow)
	default:
		s.x.counters.ForeignSource.Add(1)
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

// Response takes a response to its leg (transaction.User).
func (s *strand) Response(now time.Time, tx *transaction.Client, res *sip.Response) {
	switch o := tx.Owner.(type) {
	case place:
		s.heard(now, o, tx, res)
		s.step(now, o.run, b2bua.Response{Leg: o.leg, Tx: tx, Msg: res})
	case *question:
		o.response(tx, res)
	case *orphan:
		o.leg.Response(now, o, tx, res)
	}
}

// Stray counts a response without a transaction (transaction.User). A 2xx that is
// repeated after its transaction's end is acknowledged by the leg if it lives.
func (s *strand) Stray(now time.Time, res *sip.Response, _ transport.Flow) {
	s.x.counters.StrayResponses.Add(1)
	if res.CSeq().MethodName != sip.INVITE || res.StatusCode/100 != 2 {
		return
	}
	if r, l := s.find(message.Tag(res.From().Params)); r != nil {
		s.step(now, r, b2bua.Response{Leg: l.ID, Msg: res})
	}
}

// ClientFailed takes the failure of a request of ours to its leg (transaction.User).
func (s *strand) ClientFailed(now time.Time, tx *transaction.Client, err error) {
	switch o := tx.Owner.(type) {
	case place:
		s.broke(now, o, tx, err)
		s.step(now, o.run, b2bua.Failed{Leg: o.leg, Tx: tx, Err: err})
	case *question:
		o.answered(outcome{err: err})
	case *orphan:
		o.leg.Failed(now, o, tx, err)
	}
}

// ServerFailed: the final response of an INVITE was never acknowledged, or could
// not be sent (transaction.User). The leg ends by itself in both cases.
func (s *strand) ServerFailed(time.Time, *transaction.Server, error) {}
