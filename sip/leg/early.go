package leg

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
)

// mayUpdate tells whether the party takes an offer of ours before its INVITE, or ours,
// is answered: the first exchange was settled reliably, and it says that it takes
// UPDATE (RFC 3311 section 5.1).
func (l *Leg) mayUpdate() bool {
	if l.State != Early || l.asks != 0 || l.update != nil {
		return false
	}
	if l.Inbound {
		return l.invite != nil && l.settled && !l.promise.open() && message.HasOption(l.invite, "Allow", string(sip.UPDATE))
	}
	f := l.forked(l.Dialog.RemoteTag)
	return f != nil && f.settled && l.byUpdate
}

// ask offers by UPDATE. Its answer is told as that of a re-INVITE.
func (l *Leg) ask(now time.Time, w Wire, body []byte) {
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Request(sip.UPDATE, flow, l.branch())
	setBody(req, body)
	if f := l.forked(l.Dialog.RemoteTag); f != nil {
		f.answer = nil // it answered another offer
	}
	l.asks = req.CSeq().SeqNo
	l.start(now, w, req, flow)
}

// answeredEarly takes the response to our offer by UPDATE.
func (l *Leg) answeredEarly(res *sip.Response) Event {
	if res.StatusCode < 200 {
		return Event{}
	}
	l.asks = 0
	switch {
	case !l.Live():
		return Event{}
	case res.StatusCode >= 300:
		v := reasoned(res, cause.Verdict{Status: res.StatusCode, Reason: res.Reason, Fault: cause.Peer})
		return Event{Kind: ReofferFail, Verdict: v}
	}
	l.Dialog.Retarget(res)
	return Event{Kind: Reanswers, Body: sdpBody(res)}
}
