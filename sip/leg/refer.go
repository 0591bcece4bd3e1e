package leg

import (
	"fmt"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
	"strowger/sip/transaction"
)

// norefersub is the option tag of RFC 4488: a REFER without a subscription.
const norefersub = "norefersub"

// subscribed is how long the subscription of a REFER is said to live; each NOTIFY says
// so anew. It ends with the transfer, which the call bounds.
const subscribed = 3 * time.Minute

// Referral is what a REFER asks for.
type Referral struct {
	To       sip.Uri           // whom to call, in whatever way leads there
	Replaces *message.Replaces // the dialog to take over; nil for a blind transfer
}

// referring is the last REFER of the party.
type referring struct {
	question                     // until it was answered
	event    string              // of its NOTIFYs; "" if it wants none
	count    int                 // REFERs on this leg so far
	last     *transaction.Client // the last NOTIFY; nil until then
	over     bool                // the party does not know the subscription
}

// open tells whether the party still wants to know how its REFER goes.
func (r *referring) open() bool { return r != nil && r.event != "" && r.last == nil && !r.over }

// referred takes a REFER (RFC 3515). The call answers by AcceptRefer or RefuseRefer,
// before anything else happens.
func (l *Leg) referred(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) Event {
	if !l.Talking() {
		l.answerWith(now, w, tx, req, 481)
		return Event{}
	}
	r, status := referral(req)
	if status != 0 {
		l.answerWith(now, w, tx, req, status)
		return Event{}
	}
	if l.refer == nil {
		l.refer = new(referring)
	}
	l.refer.question = question{tx, req}
	return Event{Kind: Refers, Refer: r}
}

// referral reads a REFER, or says with which status it is refused.
func referral(req *sip.Request) (r Referral, status int) {
	values := message.List(req, "Refer-To")
	if len(values) != 1 {
		return r, 400
	}
	to, err := message.ParseAddress(values[0])
	if err != nil {
		return r, 400
	}
	switch strings.ToLower(to.URI.Scheme) {
	case "sip", "sips", "tel":
	default:
		return r, 416
	}
	if method, ok := message.Param(to.URI.UriParams, "method"); ok && !strings.EqualFold(method, string(sip.INVITE)) {
		return r, 603
	}
	r.To = to.URI
	if value, ok := message.Param(to.URI.Headers, "Replaces"); ok {
		replaces, ok := message.ParseReplaces(message.Unescape(value))
		if !ok {
			return r, 400
		}
		r.Replaces = &replaces
	}
	return r, 0
}

// AcceptRefer answers the party's REFER with 202, and begins its subscription unless
// it wants none (RFC 4488).
func (l *Leg) AcceptRefer(now time.Time, w Wire) {
	if l.refer == nil || l.refer.tx == nil {
		return
	}
	q := l.refer.question
	l.refer = &referring{count: l.refer.count + 1, event: "refer"}
	if l.refer.count > 1 {
		l.refer.event = fmt.Sprintf("refer;id=%d", q.req.CSeq().SeqNo)
	}
	res := l.respond(q.req, 202, "", nil)
	if strings.EqualFold(message.Header(q.req, "Refer-Sub"), "false") {
		l.refer.event = ""
		res.AppendHeader(sip.NewHeader("Refer-Sub", "false"))
		res.AppendHeader(sip.NewHeader("Supported", norefersub))
	}
	w.Respond(now, q.tx, res)
	l.Report(now, w, cause.Verdict{Status: 100}, false)
}

// RefuseRefer answers the party's REFER.
func (l *Leg) RefuseRefer(now time.Time, w Wire, v cause.Verdict) {
	if l.refer == nil || l.refer.tx == nil {
		return
	}
	q := l.refer.question
	l.refer.question = question{}
	w.Respond(now, q.tx, l.respond(q.req, v.Status, v.Phrase(), nil))
}

// Report tells the party by NOTIFY how far the transfer is that it asked for (RFC 3515
// section 2.4.5), the last time if so; also when it has hung up, which leaves the
// subscription (RFC 5057). It is false if there is nobody to tell, and else a
// last report is followed by a Reported event.
func (l *Leg) Report(now time.Time, w Wire, v cause.Verdict, last bool) bool {
	r := l.refer
	if !r.open() || !l.Talking() && l.State != Done {
		return false
	}
	state := fmt.Sprintf("active;expires=%d", int(subscribed.Seconds()))
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Request(sip.NOTIFY, flow, l.branch())
	if last {
		state = "terminated;reason=noresource"
	}
	req.AppendHeader(sip.NewHeader("Event", r.event))
	req.AppendHeader(sip.NewHeader("Subscription-State", state))
	req.AppendHeader(sip.NewHeader("User-Agent", Product))
	req.AppendHeader(sip.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
	req.SetBody(fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", v.Status, v.Phrase()))
	tx := l.start(now, w, req, flow)
	if last {
		r.last = tx
	}
	return true
}

// reported takes the answer to a NOTIFY, or its absence as 408.
func (l *Leg) reported(tx *transaction.Client, status int) Event {
	r := l.refer
	if status < 200 || tx == nil || r == nil {
		return Event{}
	}
	r.over = r.over || status >= 300
	if r.last != tx {
		return Event{}
	}
	return Event{Kind: Reported}
}
