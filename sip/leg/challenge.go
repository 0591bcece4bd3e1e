package leg

import (
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// credentials answer a challenge of our INVITE or BYE (RFC 3261 section 22); nil if it is
// none, was answered already, or is not ours to answer.
func (l *Leg) credentials(res *sip.Response, method sip.RequestMethod) sip.Header {
	asks, answers := "WWW-Authenticate", "Authorization"
	switch res.StatusCode {
	case 407:
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	case 401:
	default:
		return nil
	}
	if l.answer == nil || l.proven {
		return nil
	}
	l.proven = true
	value, err := l.answer(message.Headers(res, asks), string(method), l.Dialog.Target.String())
	if err != nil {
		return nil
	}
	return sip.NewHeader(answers, value)
}

// invitedAgain sends our first INVITE again with credentials, if it was challenged.
func (l *Leg) invitedAgain(now time.Time, w Wire, res *sip.Response) bool {
	if l.State != Offered || l.opening == nil {
		return false
	}
	h := l.credentials(res, sip.INVITE)
	if h == nil {
		return false
	}
	l.offer(now, w, l.opening.body, append(slices.Clip(l.opening.headers), h))
	return true
}

// byedAgain sends our BYE again with credentials, if it was challenged.
func (l *Leg) byedAgain(now time.Time, w Wire, res *sip.Response) bool {
	h := l.credentials(res, sip.BYE)
	if h == nil {
		return false
	}
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Request(sip.BYE, flow, l.branch())
	req.AppendHeader(h)
	setBody(req, nil)
	w.Start(now, req, flow, l)
	return true
}
