package leg

import (
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transaction"
)

// question is a request of the party, other than INVITE, whose offer waits for the
// call to answer it.
type question struct {
	tx  *transaction.Server
	req *sip.Request
}

// Takes tells whether the party takes UPDATE; known is false if it has never said.
func (l *Leg) Takes() (update, known bool) { return l.byUpdate, l.allows }

// Inform sends a quiet leg an UPDATE that offers nothing, for its headers. It renews the
// session as well (RFC 4028 section 7.1).
func (l *Leg) Inform(now time.Time, w Wire, headers ...sip.Header) {
	if l.session.isOurs() {
		l.session.refresh = time.Time{}
	}
	l.refresh(now, w, headers...)
}

// updated takes an UPDATE (RFC 3311 section 5.2). Without SDP it only refreshes the
// target; with SDP it is an offer, for which no other may be open.
func (l *Leg) updated(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) Event {
	body := sdpBody(req)
	switch {
	case !l.Live():
		w.Respond(now, tx, l.respond(req, 481, "", nil))
	case l.update != nil:
		l.later(now, w, tx, req)
	case l.refuseBrief(now, w, tx, req):
	case body == nil:
		l.acceptUpdate(now, w, question{tx, req}, nil)
	case l.offering():
		w.Respond(now, tx, l.respond(req, 491, "", nil))
	case l.asked():
		l.later(now, w, tx, req)
	default:
		l.update = &question{tx, req}
		return Event{Kind: Reoffers, Body: body}
	}
	return Event{}
}

// offering tells whether an offer of ours awaits its answer: in our INVITE, or in
// the response to one that had none.
func (l *Leg) offering() bool {
	if l.asks != 0 || l.promise.open() && l.promise.offer || l.reliable != nil && l.reliable.offer {
		return true
	}
	f := l.forked(l.Dialog.RemoteTag)
	return l.client != nil && (l.Talking() || f == nil || !f.settled)
}

// asked tells whether an INVITE of the party awaits the answer to its offer, or its
// end, before which no other is taken.
func (l *Leg) asked() bool {
	return l.server != nil && (l.Talking() || !l.settled || l.promise.open())
}

// later refuses an offer for the time that another one is open: any up to 10 s (RFC
// 3261 section 14.2, RFC 3311 section 5.2).
func (l *Leg) later(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) {
	res := l.respond(req, 500, "Another offer is pending", nil)
	res.AppendHeader(sip.NewHeader("Retry-After", strconv.Itoa(l.tokens.Random(11))))
	w.Respond(now, tx, res)
}

func (l *Leg) answerQuestion(now time.Time, w Wire, body []byte) {
	q := l.update
	l.update = nil
	if f := l.forked(l.Dialog.RemoteTag); f != nil {
		f.answer = nil // it is history
	}
	l.acceptUpdate(now, w, *q, body)
	l.answeredPrack(now, w, *q)
}

// answeredPrack goes on where an offer in a PRACK has its answer.
func (l *Leg) answeredPrack(now time.Time, w Wire, q question) {
	if q.req.Method == sip.PRACK && l.promise != nil {
		l.release(now, w)
	}
}

func (l *Leg) acceptUpdate(now time.Time, w Wire, q question, body []byte) {
	l.Dialog.Retarget(q.req)
	res := l.respond(q.req, 200, "", body)
	if l.Talking() {
		l.grant(now, q.req, res)
	}
	w.Respond(now, q.tx, res)
}

func (l *Leg) refuseQuestion(now time.Time, w Wire, status int, reason string) {
	q := l.update
	l.update = nil
	w.Respond(now, q.tx, l.respond(q.req, status, reason, nil))
	if l.Live() && status != 487 {
		l.answeredPrack(now, w, *q)
	}
}

// dropQuestion answers what is open when the leg ends.
func (l *Leg) dropQuestion(now time.Time, w Wire) {
	if l.update != nil {
		l.refuseQuestion(now, w, 487, "")
	}
}
