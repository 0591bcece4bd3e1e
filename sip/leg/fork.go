package leg

import (
	"fmt"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// maxForks bounds the early dialogs of a leg whose responses are acknowledged; those
// of others are not taken.
const maxForks = 8

// fork is an early dialog with reliable responses (RFC 3262 section 4).
type fork struct {
	tag     string
	rseq    uint32 // of the last response that was acknowledged
	settled bool   // the offer of our INVITE has its answer
	answer  []byte // that answer; nil if another exchange followed
}

// forked is the early dialog with that tag, or nil.
func (l *Leg) forked(tag string) *fork {
	if l.opening == nil {
		return nil
	}
	forks := l.opening.forks
	if i := slices.IndexFunc(forks, func(f fork) bool { return f.tag == tag }); i >= 0 {
		return &forks[i]
	}
	return nil
}

// acknowledge takes a reliable response and sends PRACK. It is false if the response
// is repeated or one before it is missing, and so must not be taken.
func (l *Leg) acknowledge(now time.Time, w Wire, res *sip.Response, rseq uint32) bool {
	f, o := l.forked(message.ToTag(res)), l.opening
	switch {
	case f != nil && rseq != f.rseq+1, f == nil && (o == nil || len(o.forks) >= maxForks):
		return false
	case f == nil:
		o.forks = append(o.forks, fork{tag: message.ToTag(res)})
		f = &o.forks[len(o.forks)-1]
	}
	f.rseq = rseq
	if body := sdpBody(res); body != nil && !f.settled {
		f.settled, f.answer = true, body
	}
	l.Dialog.Confirm(res)
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Request(sip.PRACK, flow, l.branch())
	req.AppendHeader(sip.NewHeader("RAck", fmt.Sprintf("%d %d %s", rseq, res.CSeq().SeqNo, sip.INVITE)))
	setBody(req, nil)
	l.start(now, w, req, flow)
	return true
}

// answerIn is the answer to our INVITE that a response carries. The first reliable
// one of its dialog counts, whatever comes later (RFC 3261 section 13.2.1).
func (l *Leg) answerIn(res *sip.Response) []byte {
	if f := l.forked(message.ToTag(res)); f != nil && f.settled {
		return f.answer
	}
	return sdpBody(res)
}
