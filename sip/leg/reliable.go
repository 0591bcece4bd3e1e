package leg

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transaction"
)

// reliable repeats a 2xx until its ACK comes (RFC 3261 section 13.3.1.4): after
// T1, then doubling up to T2, for 64*T1 in all, on every transport.
type reliable struct {
	tx       *transaction.Server
	res      *sip.Response
	next     time.Time
	interval time.Duration
	end      time.Time
	offer    bool // its SDP is an offer, which the ACK answers
}

func repeatUntilAcked(now time.Time, tx *transaction.Server, res *sip.Response, offer bool) *reliable {
	return &reliable{
		tx: tx, res: res, offer: offer, interval: transaction.T1,
		next: now.Add(transaction.T1), end: now.Add(64 * transaction.T1),
	}
}

// repeat sends the 2xx again, or returns false if the time is over.
func (r *reliable) repeat(now time.Time, w Wire) bool {
	if !now.Before(r.end) {
		return false
	}
	w.Respond(now, r.tx, r.res)
	r.interval = min(2*r.interval, transaction.T2)
	r.next = now.Add(r.interval)
	if r.next.After(r.end) {
		r.next = r.end
	}
	return true
}
