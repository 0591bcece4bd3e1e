package leg

import (
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
)

// ErrPending means that an offer is under way already on this leg (RFC 3261 section 14.1).
var ErrPending = errors.New("another offer is pending on this leg")

// Allow lists the methods that a leg understands.
const Allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER"

// Capabilities are the headers that tell in the answer to OPTIONS, beside Allow, what
// we understand (RFC 3261 section 11.2).
func Capabilities() []sip.Header {
	return []sip.Header{
		sip.NewHeader("Accept", Accept), sip.NewHeader("Accept-Encoding", "identity"), sip.NewHeader("Supported", supported),
	}
}

// supported are the option tags that a request of ours offers.
const supported = reliableTag + ", " + supportedTimer + ", replaces, " + norefersub

// Product is what we call ourselves in User-Agent and Server.
const Product = "Strowger"

// Progress sends a provisional response to an inbound leg, with SDP if body is
// not nil, and with headers. MustOffer says whether the SDP has to be an offer.
func (l *Leg) Progress(now time.Time, w Wire, status int, body []byte, headers ...sip.Header) {
	if !l.Inbound || l.server == nil || l.State > Early {
		return
	}
	l.State = Early
	l.reply(now, w, response{status, body, headers})
}

// Answer accepts an inbound leg, at once or when an outstanding PRACK has come, with
// extra headers. A leg that is Settled takes no body.
func (l *Leg) Answer(now time.Time, w Wire, body []byte, headers ...sip.Header) {
	if !l.Inbound || l.server == nil || l.State > Early {
		return
	}
	l.reply(now, w, response{200, body, headers})
}

// accept sends the 2xx of the pending INVITE and begins to wait for its ACK.
func (l *Leg) accept(now time.Time, w Wire, body []byte, headers ...sip.Header) {
	l.glance(w)
	res := l.respond(l.invite, 200, "", body, headers...)
	l.grant(now, l.invite, res)
	l.seq = l.invite.CSeq().SeqNo
	l.reliable = repeatUntilAcked(now, l.server, res, !l.settled && sdpBody(l.invite) == nil)
	tx := l.server
	l.server, l.invite, l.promise = nil, nil, nil
	w.Respond(now, tx, res)
}

func (l *Leg) respond(req *sip.Request, status int, reason string, body []byte, headers ...sip.Header) *sip.Response {
	res := l.Dialog.Respond(req, status, reason)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if status > 100 && status < 300 {
		res.AppendHeader(sip.NewHeader("Allow", Allow))
	}
	setBody(res, body)
	return res
}

// Invite sends the INVITE of an outbound leg, with extra headers.
func (l *Leg) Invite(now time.Time, w Wire, body []byte, headers []sip.Header) {
	l.opening = &opening{body: body, headers: headers}
	l.offer(now, w, body, headers)
}

// Another has a refusal of the first INVITE's offer told as Unfit, once: another can be
// made.
func (l *Leg) Another() { l.opening.other = true }

// Offer sends the first INVITE anew with another offer, after Unfit.
func (l *Leg) Offer(now time.Time, w Wire, body []byte) {
	l.opening.body = body
	l.offer(now, w, body, l.opening.headers)
}

// Reoffer sends a re-INVITE with headers, or an UPDATE before the INVITE is answered.
func (l *Leg) Reoffer(now time.Time, w Wire, body []byte, headers ...sip.Header) error {
	switch {
	case l.mayUpdate():
		l.ask(now, w, body)
		return nil
	case l.busy() || !l.Talking():
		return ErrPending
	}
	l.offer(now, w, body, headers)
	return nil
}

// busy tells whether an offer is under way, or an INVITE that may carry one.
func (l *Leg) busy() bool {
	return l.client != nil || l.server != nil || l.update != nil || l.asks != 0 || l.reliable != nil
}

func (l *Leg) offer(now time.Time, w Wire, body []byte, headers []sip.Header) {
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Request(sip.INVITE, flow, l.branch())
	for _, h := range headers {
		req.AppendHeader(h)
	}
	req.AppendHeader(sip.NewHeader("Allow", Allow))
	req.AppendHeader(sip.NewHeader("Supported", supported))
	l.propose(req)
	req.AppendHeader(sip.NewHeader("User-Agent", Product))
	setBody(req, body)
	l.seq = l.Dialog.LocalSeq()
	l.client = l.start(now, w, req, flow)
}

// AnswerReoffer accepts the party's re-INVITE or UPDATE.
func (l *Leg) AnswerReoffer(now time.Time, w Wire, body []byte) {
	switch {
	case l.update != nil:
		l.answerQuestion(now, w, body)
	case l.server != nil && l.Talking():
		l.accept(now, w, body)
	}
}

// RefuseReoffer refuses the party's re-INVITE or UPDATE; the dialog goes on as it
// was.
func (l *Leg) RefuseReoffer(now time.Time, w Wire, v cause.Verdict) {
	if l.update != nil {
		l.refuseQuestion(now, w, v.Status, v.Phrase())
		return
	}
	if l.server == nil || !l.Talking() {
		return
	}
	tx, req := l.server, l.invite
	l.server, l.invite = nil, nil
	w.Respond(now, tx, l.respond(req, v.Status, v.Phrase(), nil))
}

// End ends the leg in whatever way its state allows. headers go into a final
// response (WWW-Authenticate, Retry-After, ...). Ending twice is harmless.
func (l *Leg) End(now time.Time, w Wire, v cause.Verdict, headers ...sip.Header) {
	switch {
	case l.State >= Ending:
	case l.Talking():
		l.hangUp(now, w, v)
	case l.Inbound:
		l.refuse(now, w, v, headers)
	default:
		l.State = Ending
		l.ending = &ending{giveUp: now.Add(linger), cause: &v}
		w.Cancel(now, l.client, reasonFor(v))
	}
}

func (l *Leg) refuse(now time.Time, w Wire, v cause.Verdict, headers []sip.Header) {
	status := v.Status
	if status < 300 {
		status = cause.ToStatus(v.Cause())
	}
	res := l.respond(l.invite, status, v.Phrase(), nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if v.Wait > 0 {
		res.AppendHeader(secondsHeader("Retry-After", v.Wait, ""))
	}
	if v.Q850 != 0 || v.Said != "" {
		res.AppendHeader(sip.NewHeader("Reason", reasonFor(v)))
	}
	tx := l.server
	l.finish()
	w.Respond(now, tx, res)
}

// hangUp sends BYE, or waits with it until the ACK of our 2xx has come.
func (l *Leg) hangUp(now time.Time, w Wire, v cause.Verdict) {
	if l.Inbound && l.State == Answered && l.reliable != nil {
		l.State = Ending
		l.ending = &ending{cause: &v}
		return
	}
	l.bye(now, w, v)
}

func (l *Leg) bye(now time.Time, w Wire, v cause.Verdict) {
	if l.server != nil { // a re-INVITE must not stay without an answer
		w.Respond(now, l.server, l.respond(l.invite, 487, "", nil))
		l.server, l.invite = nil, nil
	}
	l.dropQuestion(now, w)
	l.State = Ending
	l.ending = &ending{giveUp: now.Add(linger)}
	l.reliable, l.session = nil, nil
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Request(sip.BYE, flow, l.branch())
	req.AppendHeader(sip.NewHeader("Reason", reasonFor(v)))
	setBody(req, nil)
	l.start(now, w, req, flow)
}

func (l *Leg) branch() string { return "z9hG4bK" + l.tokens.Token() }

// setBody attaches SDP, if any. Without the length that is added first, sipgo looks
// through all headers for one.
func setBody(msg sip.Message, body []byte) {
	if body == nil {
		return
	}
	msg.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	length := sip.ContentLengthHeader(len(body))
	msg.AppendHeader(&length)
	msg.SetBody(body)
}
