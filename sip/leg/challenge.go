package leg

import (
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Limits of answering challenges.
const (
	maxProofs  = 2 // answers to the challenges of one request: the second if the first nonce was stale
	maxPending = 4 // requests that can be said again; the oldest goes
)

// proof is how a leg answers its party's challenges (RFC 3261 section 22): none of a
// party for whom there are no credentials.
type proof struct {
	answer  Answer
	pending []provable
	invite  sip.Header // credentials of the last INVITE, which its ACK repeats (22.1); nil for none
}

// provable is a request of ours without a final response.
type provable struct {
	req   *sip.Request
	tries int // challenges of it that were answered
}

// Answers has the leg answer its party's challenges; nil leaves it as it is.
func (l *Leg) Answers(a Answer) {
	if a != nil {
		l.proof = &proof{answer: a}
	}
}

// start sends a request in the dialog.
func (l *Leg) start(now time.Time, w Wire, req *sip.Request, flow transport.Flow) *transaction.Client {
	if l.proof != nil {
		l.proof.keep(provable{req: req})
	}
	return w.Start(now, req, flow, l)
}

func (p *proof) keep(one provable) {
	if len(p.pending) >= maxPending {
		p.pending = p.pending[1:]
	}
	p.pending = append(p.pending, one)
	if one.req.Method == sip.INVITE && one.tries == 0 {
		p.invite = nil
	}
}

// take is the request that has its final response; false if it is not known any more.
func (p *proof) take(cseq *sip.CSeqHeader) (one provable, ok bool) {
	i := slices.IndexFunc(p.pending, func(one provable) bool { return one.req.CSeq().SeqNo == cseq.SeqNo })
	if i < 0 {
		return one, false
	}
	one = p.pending[i]
	if p.pending = slices.Delete(p.pending, i, i+1); len(p.pending) == 0 {
		p.pending = nil
	}
	return one, true
}

// proven says a request again with credentials, if its final response is a challenge
// that is ours to answer.
func (l *Leg) proven(now time.Time, w Wire, tx *transaction.Client, res *sip.Response) bool {
	if l.proof == nil || tx == nil || res.StatusCode < 200 {
		return false
	}
	one, ok := l.proof.take(res.CSeq())
	if !ok || !l.still(one.req.Method) {
		return false
	}
	h := l.proof.credentials(one, res)
	if h == nil {
		return false
	}
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Request(one.req.Method, flow, l.branch())
	repeat(req, one.req, h)
	l.proof.keep(provable{req, one.tries + 1})
	l.follow(tx, w.Start(now, req, flow, l), req, res.CSeq().SeqNo)
	if req.Method == sip.INVITE {
		l.proof.invite = h
	}
	return true
}

// still tells whether a request is still to be said, now that it was challenged.
func (l *Leg) still(method sip.RequestMethod) bool {
	switch method {
	case sip.BYE:
		return l.State == Ending
	case sip.INVITE:
		return l.State == Offered || l.Talking()
	case sip.NOTIFY:
		return true
	default:
		return l.Live()
	}
}

// follow has what waits for the answer to a request wait for that to another.
func (l *Leg) follow(old, tx *transaction.Client, req *sip.Request, seq uint32) {
	switch {
	case l.informing != nil && l.informing.tx == old:
		l.informing.tx = tx
	case req.Method == sip.INVITE:
		l.seq, l.client = req.CSeq().SeqNo, tx
		if l.reoffering != nil {
			l.reoffering.cancel = time.Time{}
		}
	case req.Method == sip.UPDATE && l.asks == seq:
		l.asks = req.CSeq().SeqNo
	case req.Method == sip.NOTIFY && l.refer != nil && l.refer.last == old:
		l.refer.last = tx
	}
}

// credentials answer a challenge of a request; nil if it is none, or none to be answered.
func (p *proof) credentials(one provable, res *sip.Response) sip.Header {
	asks, answers := "WWW-Authenticate", "Authorization"
	switch res.StatusCode {
	case 407:
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	case 401:
	default:
		return nil
	}
	challenges := message.Headers(res, asks)
	if one.tries >= maxProofs || one.tries > 0 && !slices.ContainsFunc(challenges, stale) {
		return nil
	}
	value, err := p.answer(challenges, string(one.req.Method), one.req.Recipient.String())
	if err != nil {
		return nil
	}
	return sip.NewHeader(answers, value)
}

// stale tells whether a challenge says that only the nonce was too old (RFC 7616 section
// 3.3).
func stale(challenge string) bool {
	_, params, _ := strings.Cut(strings.TrimSpace(challenge), " ")
	for p := range message.Values(params) {
		k, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(k), "stale") && strings.EqualFold(strings.Trim(v, ` "`), "true") {
			return true
		}
	}
	return false
}

// repeat gives a request what one before it said beyond its dialog, and credentials.
func repeat(req, before *sip.Request, credentials sip.Header) {
	fresh := map[string]bool{credentials.Name(): true, "Content-Length": true}
	for _, h := range req.Headers() {
		fresh[h.Name()] = true
	}
	for _, h := range before.Headers() {
		if !fresh[h.Name()] {
			req.AppendHeader(h)
		}
	}
	req.AppendHeader(credentials)
	if body := before.Body(); body != nil {
		req.SetBody(body)
	}
}
