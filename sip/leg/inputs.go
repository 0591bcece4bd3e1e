package leg

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
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
		w.Respond(now, tx, l.respond(req, 200, "", nil))
		if d := infoDigit(req); d != 0 && l.Live() {
			return Event{Kind: Digit, Digit: d}
		}
	case sip.OPTIONS:
		w.Respond(now, tx, l.respond(req, 200, "", nil))
	default:
		res := l.respond(req, 405, "", nil)
		res.AppendHeader(sip.NewHeader("Allow", Allow))
		w.Respond(now, tx, res)
	}
	return Event{}
}

func (l *Leg) acked(now time.Time, w Wire, ack *sip.Request) Event {
	if !l.reliable.pending() || ack.CSeq().SeqNo != l.seq {
		return Event{}
	}
	l.reliable = reliable{}
	if l.State == Ending {
		if l.byeCause != nil {
			l.bye(now, w, *l.byeCause)
		}
		return Event{}
	}
	l.State = Confirmed
	return Event{Kind: Acked, Body: sdpBody(ack)}
}

func (l *Leg) byed(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) Event {
	if !l.Inbound && !l.answered { // the callee has no dialog yet to hang up (15)
		w.Respond(now, tx, l.respond(req, 481, "", nil))
		return Event{}
	}
	w.Respond(now, tx, l.respond(req, 200, "", nil))
	l.dropQuestion(now, w)
	v := cause.Verdict{Q850: Q850Of(req)}
	if l.server != nil {
		w.Respond(now, l.server, l.respond(l.invite, 487, "", nil))
		if !l.Talking() { // instead of a CANCEL
			v.Status = 487
		}
	}
	wasLive := l.Live()
	l.finish()
	if !wasLive {
		return Event{}
	}
	return Event{Kind: Ends, Verdict: v}
}

func (l *Leg) reoffered(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) Event {
	switch {
	case l.Live() && (l.server != nil || l.update != nil || l.reliable.pending()):
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
	return Event{Kind: Ends, Verdict: cause.Verdict{Status: 487, Q850: Q850Of(cancel), Fault: cause.Nobody}}
}

// sdpBody is the SDP of a message, or nil.
func sdpBody(msg sip.Message) []byte {
	kind := strings.ToLower(message.Header(msg, "Content-Type"))
	if len(msg.Body()) == 0 || !strings.HasPrefix(kind, "application/sdp") {
		return nil
	}
	return msg.Body()
}

// infoDigit reads the digit of an INFO with application/dtmf-relay or
// application/dtmf, or 0.
func infoDigit(req *sip.Request) byte {
	ct := strings.ToLower(message.Header(req, "Content-Type"))
	body := strings.TrimSpace(string(req.Body()))
	if strings.HasPrefix(ct, "application/dtmf-relay") {
		_, after, ok := strings.Cut(strings.ToLower(body), "signal=")
		if !ok {
			return 0
		}
		body = strings.TrimSpace(strings.SplitN(after, "\n", 2)[0])
	} else if !strings.HasPrefix(ct, "application/dtmf") {
		return 0
	}
	body = strings.ToUpper(body)
	if len(body) == 1 && strings.Contains("0123456789*#ABCD", body) {
		return body[0]
	}
	return 0
}
