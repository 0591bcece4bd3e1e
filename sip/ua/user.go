package ua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// user takes what the transactions tell (transaction.User).
type user struct{ *Agent }

// Request implements transaction.User.
func (a user) Request(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow) {
	if c := a.calls[message.ToTag(req)]; c != nil && c.leg.Dialog.Matches(req) && c.leg.IsPeer(flow) {
		if tx != nil {
			tx.Owner = c
		}
		c.tell(c.leg.Request(now, c, tx, req))
		return
	}
	switch {
	case tx == nil:
	case message.ToTag(req) != "":
		a.reply(now, tx, req, 481)
	case req.Method == sip.OPTIONS:
		a.reply(now, tx, req, 200)
	case req.Method != sip.INVITE:
		a.reply(now, tx, req, 405)
	case flow.Remote.Addr() != a.cfg.Server.Addr():
		a.reply(now, tx, req, 403)
	case len(a.calls) >= MaxCalls:
		a.reply(now, tx, req, 486)
	default:
		a.incoming(now, tx, req, flow)
	}
}

func (a user) reply(now time.Time, tx *transaction.Server, req *sip.Request, status int) {
	res := message.NewResponse(req, status, "", a.Token())
	res.AppendHeader(sip.NewHeader("Allow", leg.Allow))
	res.SetBody(nil)
	a.table.Respond(now, tx, res)
}

func (a user) incoming(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow) {
	c := &Call{
		agent: a.Agent, done: make(chan struct{}),
		leg:    leg.Answering(1, leg.Party{}, tx, req, flow, a),
		Caller: message.Unescape(req.From().Address.User), Called: message.Unescape(req.Recipient.User),
	}
	c.Offer = c.leg.OfferBody()
	tx.Owner = c
	var events func(leg.Event)
	if a.cfg.Incoming != nil {
		events = a.cfg.Incoming(c)
	}
	if events == nil {
		a.reply(now, tx, req, 480)
		c.over()
		return
	}
	c.events = events
	a.calls[c.leg.Dialog.LocalTag] = c
}

// Cancelled implements transaction.User.
func (a user) Cancelled(now time.Time, tx *transaction.Server, cancel *sip.Request) {
	if c, ok := tx.Owner.(*Call); ok {
		c.tell(c.leg.Cancelled(now, c, tx, cancel))
	}
}

// Response implements transaction.User.
func (a user) Response(now time.Time, tx *transaction.Client, res *sip.Response) {
	switch owner := tx.Owner.(type) {
	case *Call:
		if !owner.challenged(now, tx, res) {
			owner.tell(owner.leg.Response(now, owner, tx, res))
		}
	case *binding:
		a.registered(now, res)
	}
}

// Stray acknowledges a 2xx that is repeated after its transaction's end
// (transaction.User).
func (a user) Stray(now time.Time, res *sip.Response, _ transport.Flow) {
	if c := a.calls[message.FromTag(res)]; c != nil && res.CSeq().MethodName == sip.INVITE && res.StatusCode/100 == 2 {
		c.tell(c.leg.Response(now, c, nil, res))
	}
}

// ClientFailed implements transaction.User.
func (a user) ClientFailed(now time.Time, tx *transaction.Client, err error) {
	switch owner := tx.Owner.(type) {
	case *Call:
		owner.failed(now, tx, err)
	case *binding:
		a.binding.failed(now, err)
	}
}

// ServerFailed implements transaction.User: the leg ends by itself.
func (user) ServerFailed(time.Time, *transaction.Server, error) {}
