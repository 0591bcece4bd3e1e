package leg

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
	"strowger/sip/transaction"
)

// Limits of our re-INVITEs.
const (
	maxRetries = 5                   // in a row
	maxRetryIn = 10 * time.Second    // a longer Retry-After is not waited for
	patience   = 64 * transaction.T1 // one that is answered provisionally is cancelled
)

// reoffering is our re-INVITE beside its transaction, or what remains of one that was
// refused.
type reoffering struct {
	cancel    time.Time // when it is cancelled if it has no final response; zero before a provisional one
	cancelled bool
	again     time.Time // when the one that was refused for a time may be tried again; zero for never
	retries   uint8     // in a row
}

func (l *Leg) reoffers() *reoffering {
	if l.reoffering == nil {
		l.reoffering = new(reoffering)
	}
	return l.reoffering
}

// yield is how long a request of ours waits that has met one of the party's (RFC 3261
// section 14.1): longer if the Call-ID is ours, so that both do not meet again.
func (l *Leg) yield() time.Duration {
	const step = 10 * time.Millisecond
	if l.Inbound {
		return time.Duration(l.tokens.Random(201)) * step
	}
	return 2100*time.Millisecond + time.Duration(l.tokens.Random(191))*step
}

// refusedForNow tells how long the refusal of an offer holds: another one is pending,
// or the party asks for time (section 14.2).
func (l *Leg) refusedForNow(res *sip.Response) (time.Duration, bool) {
	switch res.StatusCode {
	case 491:
		return l.yield(), true
	case 500, 503:
		value, _, _ := strings.Cut(message.Header(res, "Retry-After"), ";")
		value, _, _ = strings.Cut(value, "(")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		after := time.Duration(n) * time.Second
		return after, err == nil && n >= 0 && after <= maxRetryIn
	}
	return 0, false
}

// notReoffered takes the refusal of our re-INVITE.
func (l *Leg) notReoffered(now time.Time, res *sip.Response, v cause.Verdict) Event {
	r := l.reoffers()
	if r.cancelled { // by us
		v = cause.Verdict{Status: 500, Q850: 102, Reason: "No answer to a re-INVITE", Fault: cause.Peer}
	}
	r.cancel, r.cancelled = time.Time{}, false
	if after, ok := l.refusedForNow(res); ok && r.retries < maxRetries {
		r.retries++
		r.again = now.Add(after)
	}
	l.notRenewed(now, res)
	return Event{Kind: ReofferFail, Verdict: v}
}

// rung takes a provisional response to our re-INVITE: what is not answered soon after
// it is cancelled, lest the party's offer that it stands for waits for ever.
func (l *Leg) rung(now time.Time) {
	if l.client == nil {
		return
	}
	if r := l.reoffers(); r.cancel.IsZero() {
		r.cancel = now.Add(patience)
	}
}

// reoffersDue runs what is due of our re-INVITEs.
func (l *Leg) reoffersDue(now time.Time, w Wire) Event {
	r := l.reoffering
	if r == nil {
		return Event{}
	}
	switch {
	case due(now, r.cancel):
		r.cancel, r.cancelled = time.Time{}, true
		w.Cancel(now, l.client, "")
	case due(now, r.again) && l.busy(): // what is under way may settle it
		r.again = now.Add(soon)
	case due(now, r.again):
		r.again = time.Time{}
		return Event{Kind: Retries}
	}
	return Event{}
}
