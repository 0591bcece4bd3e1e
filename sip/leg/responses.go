package leg

import (
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Response takes a response to a request of this leg.
func (l *Leg) Response(now time.Time, w Wire, tx *transaction.Client, res *sip.Response) Event {
	if tx != nil {
		l.connected(tx.Flow)
	}
	if res.StatusCode > 100 { // a 100 is the next hop's
		l.Dialog.Hear(res)
	}
	switch {
	case l.proven(now, w, tx, res):
		return l.saidAgain(res)
	case res.CSeq().MethodName == sip.UPDATE && res.CSeq().SeqNo == l.asks:
		return l.answeredEarly(res)
	case res.CSeq().MethodName == sip.UPDATE:
		return l.renewed(now, w, res)
	case res.CSeq().MethodName == sip.NOTIFY:
		return l.reported(tx, res.StatusCode)
	case res.CSeq().MethodName == sip.INFO:
		return l.keyed(now, w, tx, res.StatusCode)
	case res.CSeq().MethodName != sip.INVITE:
		if res.StatusCode >= 200 && l.State == Ending && res.CSeq().MethodName == sip.BYE {
			l.finish()
		}
		return Event{}
	case res.StatusCode < 200:
		return l.progressed(now, w, res)
	case res.StatusCode < 300:
		return l.accepted(now, w, res)
	default:
		return l.refused(now, w, tx, res)
	}
}

// saidAgain tells that our first INVITE was sent anew.
func (l *Leg) saidAgain(res *sip.Response) Event {
	if l.State == Offered && res.CSeq().MethodName == sip.INVITE {
		return Event{Kind: Again}
	}
	return Event{}
}

// connected takes the number of the connection that was made for the leg.
func (l *Leg) connected(f transport.Flow) {
	bare := f
	bare.Conn = 0
	if bare == l.Flow {
		l.Flow = f
	}
}

func (l *Leg) progressed(now time.Time, w Wire, res *sip.Response) Event {
	if l.Talking() {
		l.rung(now)
	}
	if l.State > Early || res.StatusCode == 100 || message.Tag(res.To().Params) == "" {
		return Event{}
	}
	if rseq, reliable := message.RSeq(res); reliable && !l.acknowledge(now, w, res, rseq) {
		return Event{}
	}
	l.State = Early
	l.Dialog.Confirm(res)
	l.glance(w)
	l.learn(res)
	return Event{Kind: Rings, Status: res.StatusCode, Body: l.answerIn(res)}
}

// accepted takes a 2xx to INVITE: the first, a repeated one, or one of a fork.
func (l *Leg) accepted(now time.Time, w Wire, res *sip.Response) Event {
	tag := message.Tag(res.To().Params)
	seq := res.CSeq().SeqNo
	switch {
	case l.answered && tag != l.Dialog.RemoteTag:
		var v cause.Verdict
		if l.Live() {
			v.Q850 = Elsewhere
		}
		giveBack(now, w, l, l.Dialog.Fork(res), seq, reasonFor(v))
		return Event{}
	case l.sent.branch != "" && l.sent.seq == seq:
		l.ack(now, w, l.sent)
		return Event{}
	case l.Talking(): // 2xx to a re-INVITE
		l.client, l.reoffering = nil, nil
		l.Dialog.Retarget(res)
		l.granted(now, res)
		l.sendAck(now, w, seq)
		return Event{Kind: Reanswers, Body: sdpBody(res)}
	}
	ended, known := l.State >= Ending, l.answered
	l.client, l.answered = nil, true
	if ended && known { // repeated after the leg was over
		l.sendAck(now, w, seq)
		return Event{}
	}
	l.Dialog.Confirm(res)
	l.sendAck(now, w, seq)
	if ended { // the 2xx crossed our CANCEL, and is told the same
		var v cause.Verdict
		if l.ending != nil && l.ending.cause != nil {
			v = *l.ending.cause
		}
		l.bye(now, w, v)
		return Event{}
	}
	l.State = Answered
	l.learn(res)
	l.granted(now, res)
	body := l.answerIn(res)
	l.opening = nil
	return Event{Kind: Accepts, Status: res.StatusCode, Body: body}
}

func (l *Leg) sendAck(now time.Time, w Wire, seq uint32) {
	l.sent = ackSent{seq: seq, branch: l.branch()}
	l.ack(now, w, l.sent)
	l.Dialog.Rest()
}

func (l *Leg) ack(now time.Time, w Wire, a ackSent) {
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Ack(a.seq, flow, a.branch)
	if l.proof != nil && l.proof.invite != nil {
		req.AppendHeader(l.proof.invite)
	}
	w.Start(now, req, flow, l)
}

// giveBack ends a fork that answered too late: ACK and BYE, with a reason if not "".
func giveBack(now time.Time, w Wire, l *Leg, d *dialog.Dialog, seq uint32, reason string) {
	flow := l.way(w, d)
	ack := d.Ack(seq, flow, l.branch())
	w.Start(now, ack, flow, l)
	bye := d.Request(sip.BYE, flow, l.branch())
	if reason != "" {
		bye.AppendHeader(sip.NewHeader("Reason", reason))
	}
	w.Start(now, bye, flow, nil)
}

// GiveBack ends what a 2xx has begun whose INVITE is forgotten, so long after its end
// does it come: ACK and BYE go where it came from.
func GiveBack(now time.Time, w Wire, res *sip.Response, flow transport.Flow, tokens Tokens) {
	l := &Leg{Flow: flow, tokens: tokens}
	giveBack(now, w, l, dialog.Late(res), res.CSeq().SeqNo, "")
}

func (l *Leg) refused(now time.Time, w Wire, tx *transaction.Client, res *sip.Response) Event {
	v := reasoned(res, cause.Verdict{Status: res.StatusCode, Reason: res.Reason, Fault: cause.Callee})
	if tx == l.client {
		l.client = nil
	}
	switch {
	case l.Talking() && (res.StatusCode == 408 || res.StatusCode == 481):
		// The party does not know the dialog any more (RFC 5057).
		l.bye(now, w, v)
		return Event{Kind: Ends, Verdict: v}
	case l.Talking():
		return l.notReoffered(now, res, v)
	case l.State == Ending:
		l.finish()
		return Event{}
	case l.State == Done:
		return Event{}
	case res.StatusCode == 422 && l.State == Offered && l.opening != nil && l.raise(res):
		l.offer(now, w, l.opening.body, l.opening.headers)
		return l.saidAgain(res)
	case (res.StatusCode == 488 || res.StatusCode == 606) && l.State == Offered && l.opening != nil && l.opening.other:
		l.opening.other = false
		return Event{Kind: Unfit}
	}
	l.finish()
	return Event{Kind: Ends, Verdict: v, Moved: moved(res)}
}

// Failed takes the end of a transaction without an answer. tx is nil if every one of
// the leg has ended.
func (l *Leg) Failed(now time.Time, w Wire, tx *transaction.Client, err error) Event {
	v := failure(err)
	switch {
	case tx != nil && tx.Method == sip.UPDATE && l.asks != 0 && l.Live() && !l.Talking():
		l.asks = 0
		return Event{Kind: ReofferFail, Verdict: v}
	case tx != nil && tx.Method == sip.NOTIFY: // the INVITE or BYE matters, as it does for PRACK
		return l.reported(tx, 408)
	case tx != nil && tx.Method == sip.INFO: // the digit is said in another way
		return l.keyed(now, w, tx, 408)
	case tx != nil && (tx.Method == sip.PRACK || tx.Method == sip.UPDATE && !l.Talking()): // the INVITE or BYE matters
		return Event{}
	case tx != nil && tx.Method == sip.UPDATE && !l.session.isOurs() && l.Party.Kind != Node: // it was to inform: no reason to end the call
		l.byUpdate = false
		return Event{}
	case l.State == Done:
		return Event{}
	case l.State == Ending:
		l.finish()
		return Event{}
	case l.Talking():
		l.client = nil
		l.bye(now, w, v)
	case errors.Is(err, transport.ErrUnreachable): // a 2xx may be lost on the way, and will be repeated
		l.State, l.client = Ending, nil
		l.ending = &ending{giveUp: now.Add(linger)}
	default:
		l.finish()
	}
	return Event{Kind: Ends, Verdict: v}
}

// failure is what the end of a transaction without an answer means (RFC 3261
// section 8.1.3.1).
func failure(err error) cause.Verdict {
	if errors.Is(err, transaction.ErrTimeout) {
		return cause.Verdict{Status: 408, Q850: 102, Reason: "No response", Fault: cause.Peer}
	}
	return cause.Verdict{Status: 503, Q850: 38, Reason: "Cannot be reached", Fault: cause.Peer}
}

// Moved takes another flow for the party, after it proved who it is.
func (l *Leg) Moved(f transport.Flow) { l.Flow = f }

// moved are the contacts of a 3xx.
func moved(res *sip.Response) []sip.Uri {
	if res.StatusCode/100 != 3 {
		return nil
	}
	var list []sip.Uri
	for _, c := range message.Contacts(res) {
		list = append(list, c.Address)
	}
	return list
}
