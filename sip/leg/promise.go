package leg

import (
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
	"strowger/sip/transaction"
)

// reliableTag is the option tag of RFC 3262.
const reliableTag = "100rel"

// maxWaiting bounds the responses that wait for a PRACK; the oldest goes.
const maxWaiting = 8

// promise is a provisional response that the party acknowledges by PRACK (RFC 3262
// section 3): repeated after T1, then doubling without an upper bound, for 64*T1.
type promise struct {
	res      *sip.Response // nil once it was acknowledged
	rseq     uint32        // of the last one
	next     time.Time
	interval time.Duration
	end      time.Time
	offer    bool       // its SDP is an offer, which the PRACK answers
	sdp      bool       // it or one before it had SDP
	waiting  []response // what goes out behind it
}

// response is a response to the INVITE that the call has asked for.
type response struct {
	status  int
	body    []byte
	headers []sip.Header
}

// open tells whether a provisional response awaits its PRACK.
func (p *promise) open() bool { return p != nil && p.res != nil }

// Settled tells whether the party gets an answer, or offer, in a reliable response:
// the 2xx has none (RFC 6337 section 3.1).
func (l *Leg) Settled() bool { return l.settled }

// MustOffer tells whether the next response has to carry our offer: a reliable one
// to an INVITE without SDP (RFC 3261 section 13.2.1).
func (l *Leg) MustOffer() bool {
	return !l.settled && l.invite != nil && sdpBody(l.invite) == nil && message.HasOption(l.invite, "Require", reliableTag)
}

// reply sends a response to the INVITE, in its turn.
func (l *Leg) reply(now time.Time, w Wire, r response) {
	switch {
	case l.server == nil:
	case l.promise.open():
		p := l.promise
		if len(p.waiting) >= maxWaiting {
			p.waiting = p.waiting[1:]
		}
		p.waiting = append(p.waiting, r)
		l.settled = l.settled || r.status < 200 && r.body != nil
	case r.status >= 200:
		l.State = Answered
		l.accept(now, w, r.body, r.headers...)
	case l.reliably(r.body):
		l.promised(now, w, r)
	default:
		w.Respond(now, l.server, l.respond(l.invite, r.status, "", r.body, r.headers...))
	}
}

// reliably tells whether a provisional response has to be acknowledged: if the party
// wants it, or knows how and there is SDP.
func (l *Leg) reliably(body []byte) bool {
	return body != nil && message.HasOption(l.invite, "Supported", reliableTag) ||
		message.HasOption(l.invite, "Require", reliableTag)
}

func (l *Leg) promised(now time.Time, w Wire, r response) {
	if l.promise == nil {
		l.promise = new(promise)
	}
	res := l.respond(l.invite, r.status, "", r.body, r.headers...)
	p := l.promise
	if p.rseq++; p.rseq == 1 { // the first is any from 1 to 2^31 - 1
		p.rseq += uint32(l.tokens.Random(1<<31 - 1))
	}
	res.AppendHeader(sip.NewHeader("Require", reliableTag))
	res.AppendHeader(sip.NewHeader("RSeq", strconv.FormatUint(uint64(p.rseq), 10)))
	p.res, p.interval = res, transaction.T1
	p.next, p.end = now.Add(transaction.T1), now.Add(64*transaction.T1)
	p.offer = r.body != nil && sdpBody(l.invite) == nil && !p.sdp
	p.sdp = p.sdp || r.body != nil
	l.settled = l.settled || p.sdp
	w.Respond(now, l.server, res)
}

// promiseDue is when a provisional response is repeated; zero means never.
func (l *Leg) promiseDue() time.Time {
	if !l.promise.open() {
		return time.Time{}
	}
	return l.promise.next
}

// repeatPromise sends a provisional response again, or gives the INVITE up (RFC 3262
// section 3).
func (l *Leg) repeatPromise(now time.Time, w Wire) Event {
	p := l.promise
	if !now.Before(p.end) {
		v := cause.Verdict{Status: 504, Q850: 102, Reason: "No PRACK", Fault: cause.Peer}
		l.refuse(now, w, v, nil)
		return Event{Kind: Ends, Verdict: v}
	}
	w.Respond(now, l.server, p.res)
	p.interval *= 2
	p.next = now.Add(p.interval)
	if p.next.After(p.end) {
		p.next = p.end
	}
	return Event{}
}

// pracked takes a PRACK, with which an offer may come or the answer to ours.
func (l *Leg) pracked(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) Event {
	rseq, cseq, method, ok := message.RAck(req)
	p := l.promise
	switch {
	case !ok:
		w.Respond(now, tx, l.respond(req, 400, "RAck is missing or no three values", nil))
		return Event{}
	case !p.open() || rseq != p.rseq || cseq != l.invite.CSeq().SeqNo || method != string(sip.INVITE):
		w.Respond(now, tx, l.respond(req, 481, "", nil))
		return Event{}
	}
	p.res = nil
	body := sdpBody(req)
	switch {
	case body == nil, p.offer:
		w.Respond(now, tx, l.respond(req, 200, "", nil))
	case !p.sdp: // the offer of the INVITE is open
		l.later(now, w, tx, req)
	default:
		l.update = &question{tx, req}
		return Event{Kind: Reoffers, Body: body}
	}
	l.release(now, w)
	if p.offer {
		return Event{Kind: Acked, Body: body}
	}
	return Event{}
}

// release sends what waited for a PRACK.
func (l *Leg) release(now time.Time, w Wire) {
	waiting := l.promise.waiting
	l.promise.waiting = nil
	for _, r := range waiting {
		l.reply(now, w, r)
	}
}
