package leg

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/transaction"
)

// Request takes a request of this dialog (Dialog.Matches holds). tx is nil for an
// ACK.
func (l *Leg) Request(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) Event {
	l.Dialog.Hear(req)
	if req.Method == sip.ACK {
		return l.acked(now, w, req)
	}
	if err := l.Dialog.Order(req); err != nil {
		v := cause.Of(err)
		w.Respond(now, tx, l.respond(req, v.Status, v.Phrase(), nil))
		return Event{}
	}
	if offers(req) && l.refuseBody(now, w, tx, req) {
		return Event{}
	}
	switch req.Method {
	case sip.BYE:
		return l.byed(now, w, tx, req)
	case sip.INVITE:
		return l.reoffered(now, w, tx, req)
	case sip.PRACK:
		return l.pracked(now, w, tx, req)
	case sip.UPDATE:
		return l.updated(now, w, tx, req)
	case sip.INFO:
		return l.informed(now, w, tx, req)
	case sip.REFER:
		return l.referred(now, w, tx, req)
	case sip.OPTIONS:
		l.answerWith(now, w, tx, req, 200, Capabilities()...)
	default:
		l.answerWith(now, w, tx, req, 405, sip.NewHeader("Allow", Allow))
	}
	return Event{}
}

func (l *Leg) acked(now time.Time, w Wire, ack *sip.Request) Event {
	if l.reliable == nil || ack.CSeq().SeqNo != l.seq {
		return Event{}
	}
	l.reliable = nil
	if l.State == Ending {
		if v := l.ending.cause; v != nil {
			l.bye(now, w, *v)
		}
		return Event{}
	}
	l.State = Confirmed
	l.Dialog.Rest()
	return Event{Kind: Acked, Body: sdpBody(ack)}
}

func (l *Leg) byed(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) Event {
	if !l.Inbound && !l.answered { // the callee has no dialog yet to hang up (15)
		w.Respond(now, tx, l.respond(req, 481, "", nil))
		return Event{}
	}
	w.Respond(now, tx, l.respond(req, 200, "", nil))
	l.dropQuestion(now, w)
	v := reasoned(req, cause.Verdict{})
	if l.server != nil {
		w.Respond(now, l.server, l.respond(l.invite, 487, "", nil))
		if !l.Talking() { // instead of a CANCEL
			v.Status = 487
		}
	}
	wasLive, refer := l.Live(), l.refer
	l.finish()
	if refer.open() {
		l.refer = refer
	}
	if !wasLive {
		return Event{}
	}
	return Event{Kind: Ends, Verdict: v}
}

func (l *Leg) reoffered(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) Event {
	switch {
	case l.Live() && (l.server != nil || l.update != nil || l.reliable != nil):
		l.later(now, w, tx, req)
	case l.Live() && l.client != nil:
		w.Respond(now, tx, l.respond(req, 491, "", nil))
	case !l.Talking():
		w.Respond(now, tx, l.respond(req, 481, "", nil))
	case l.refuseBrief(now, w, tx, req):
	default:
		l.Dialog.Retarget(req)
		l.server, l.invite = tx, req
		return Event{Kind: Reoffers, Body: sdpBody(req)}
	}
	return Event{}
}

// Cancelled takes a CANCEL of the pending INVITE: 487 goes out.
func (l *Leg) Cancelled(now time.Time, w Wire, tx *transaction.Server, cancel *sip.Request) Event {
	if l.server != tx {
		return Event{}
	}
	w.Respond(now, tx, l.respond(l.invite, 487, "", nil))
	l.server, l.invite = nil, nil
	if l.Talking() { // a re-INVITE was cancelled: nothing changes
		return Event{}
	}
	l.finish()
	return Event{Kind: Ends, Verdict: reasoned(cancel, cause.Verdict{Status: 487, Fault: cause.Nobody})}
}
