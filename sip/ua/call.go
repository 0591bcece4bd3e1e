package ua

import (
	"fmt"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/auth"
	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Call is one call of an Agent.
type Call struct {
	Caller string // user part of the address that calls
	Called string // user part of the address that was called
	Offer  []byte // SDP of a call that came in; nil if it had none

	agent  *Agent
	leg    *leg.Leg
	events func(leg.Event)
	body   []byte // of our INVITE, for the answer to a challenge
	tries  int    // of challenges
	done   chan struct{}
	gone   bool
}

// Call calls a number of the server with an SDP offer. What becomes of it is told
// to events.
func (a *Agent) Call(number string, offer []byte, events func(leg.Event)) (*Call, error) {
	flow, err := a.flow()
	if err != nil {
		return nil, err
	}
	target := message.URI(number, a.cfg.Server)
	if a.cfg.Proto != transport.UDP {
		target.UriParams = sip.HeaderParams{{K: "transport", V: string(a.cfg.Proto)}}
	}
	c := &Call{agent: a, Caller: a.cfg.User, Called: number, events: events, body: offer, done: make(chan struct{})}
	c.leg = leg.Calling(1, leg.Address{
		Flow: flow, Target: target, From: a.name(),
		To: dialog.Name{URI: sip.Uri{Scheme: "sip", User: number, Host: a.cfg.Domain}},
	}, a)
	ok := a.post(func(now time.Time) {
		a.calls[c.leg.Dialog.LocalTag] = c
		c.leg.Invite(now, c, offer, nil)
	})
	if !ok {
		return nil, ErrClosed
	}
	return c, nil
}

// ID is the Call-ID.
func (c *Call) ID() string { return c.leg.Dialog.CallID }

// Done is closed when nothing more will happen: the other side has confirmed the
// end, or 32 s went by.
func (c *Call) Done() <-chan struct{} { return c.done }

// Ring tells the caller that we ring (180).
func (c *Call) Ring() { c.do(func(now time.Time) { c.leg.Progress(now, c, 180, nil) }) }

// Answer accepts a call that came in, with SDP.
func (c *Call) Answer(body []byte) { c.do(func(now time.Time) { c.leg.Answer(now, c, body) }) }

// Refuse refuses a call that came in, with a status of 300 to 699.
func (c *Call) Refuse(status int) {
	c.do(func(now time.Time) { c.leg.End(now, c, cause.New(status, "", cause.Callee)) })
}

// Hangup ends the call in whatever way its state allows: CANCEL, refusal or BYE.
func (c *Call) Hangup() { c.do(func(now time.Time) { c.leg.End(now, c, cause.Verdict{}) }) }

// Reoffer sends a re-INVITE. If one is pending on either side it is lost, which
// is told as leg.ReofferFail.
func (c *Call) Reoffer(body []byte) {
	c.do(func(now time.Time) {
		if c.leg.Reoffer(now, c, body) != nil {
			c.tell(leg.Event{Kind: leg.ReofferFail, Verdict: cause.New(491, "", cause.Nobody)})
		}
	})
}

// AnswerReoffer accepts the other side's re-INVITE.
func (c *Call) AnswerReoffer(body []byte) {
	c.do(func(now time.Time) { c.leg.AnswerReoffer(now, c, body) })
}

// RefuseReoffer refuses the other side's re-INVITE with 488.
func (c *Call) RefuseReoffer() {
	c.do(func(now time.Time) { c.leg.RefuseReoffer(now, c, cause.New(488, "", cause.Us)) })
}

// Info sends a digit by SIP INFO (application/dtmf-relay).
func (c *Call) Info(digit byte) {
	c.do(func(now time.Time) {
		if !c.leg.Talking() {
			return
		}
		req := c.leg.Dialog.Request(sip.INFO, c.leg.Flow, "z9hG4bK"+c.agent.Token())
		req.AppendHeader(sip.NewHeader("Content-Type", "application/dtmf-relay"))
		req.SetBody(fmt.Appendf(nil, "Signal=%c\r\nDuration=100\r\n", digit))
		c.agent.table.Start(now, req, c.leg.Flow, nil)
	})
}

// do runs a verb on the agent's goroutine.
func (c *Call) do(verb func(now time.Time)) {
	c.agent.post(func(now time.Time) {
		if !c.gone {
			verb(now)
			c.tell(leg.Event{})
		}
	})
}

// tell passes an event on, and forgets a call that is over.
func (c *Call) tell(e leg.Event) {
	if c.gone {
		return
	}
	if e.Kind != leg.Nothing {
		c.events(e)
	}
	if c.leg.State == leg.Done {
		delete(c.agent.calls, c.leg.Dialog.LocalTag)
		c.over()
	}
}

func (c *Call) over() {
	if !c.gone {
		c.gone = true
		close(c.done)
	}
}

// failed ends a call whose request got no answer.
func (c *Call) failed(now time.Time, tx *transaction.Client, err error) {
	e := c.leg.Failed(now, c, tx, err)
	if e.Kind == leg.Ends {
		e.Verdict.Reason = err.Error()
	}
	c.tell(e)
}

// maxTries is how many challenges a request may meet: one, and one with a nonce
// that has become stale.
const maxTries = 2

// challenged answers a challenge of our first INVITE.
func (c *Call) challenged(now time.Time, tx *transaction.Client, res *sip.Response) bool {
	if tx.Method != sip.INVITE || c.leg.State > leg.Early || c.tries >= maxTries {
		return false
	}
	h := c.agent.answer(res, sip.INVITE, c.leg.Dialog.Target, c.tries)
	if h == nil {
		return false
	}
	c.tries++
	c.leg.Invite(now, c, c.body, []sip.Header{h})
	return true
}

// answer is the header that answers a challenge, or nil. A second challenge is
// answered only if it says that the nonce was stale: the password is wrong else.
func (a *Agent) answer(res *sip.Response, method sip.RequestMethod, target sip.Uri, tries int) sip.Header {
	ask, reply := "WWW-Authenticate", "Authorization"
	switch res.StatusCode {
	case 401:
	case 407:
		ask, reply = "Proxy-Authenticate", "Proxy-Authorization"
	default:
		return nil
	}
	challenges := message.Headers(res, ask)
	if a.cfg.Password == "" || tries > 0 && !auth.SaysStale(challenges) {
		return nil
	}
	value, err := auth.Answer(challenges, string(method), target.String(), a.cfg.User, a.cfg.Password, 1)
	if err != nil {
		return nil
	}
	a.mu.Lock()
	a.digest = algorithm(value)
	a.mu.Unlock()
	return sip.NewHeader(reply, value)
}

// algorithm is that of an Authorization header of ours; MD5 if it names none (RFC
// 7616 section 3.4).
func algorithm(authorization string) string {
	_, after, ok := strings.Cut(authorization, "algorithm=")
	if !ok {
		return "MD5"
	}
	name, _, _ := strings.Cut(after, ",")
	return strings.Trim(name, `" `)
}

// Respond implements leg.Wire.
func (c *Call) Respond(now time.Time, tx *transaction.Server, res *sip.Response) {
	c.agent.table.Respond(now, tx, res)
}

// Start implements leg.Wire: the owner of a leg's transactions is its call.
func (c *Call) Start(now time.Time, req *sip.Request, f transport.Flow, owner any) *transaction.Client {
	if owner != nil {
		owner = c
	}
	return c.agent.table.Start(now, req, f, owner)
}

// Cancel implements leg.Wire.
func (c *Call) Cancel(now time.Time, tx *transaction.Client, reason string) {
	if tx != nil {
		c.agent.table.Cancel(now, tx, reason)
	}
}

var _ leg.Wire = (*Call)(nil)
