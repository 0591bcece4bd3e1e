package exchange

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Trunks is told what the addresses of trunks make of calls that go out to them: a
// party's Home, by a transport. Its methods do not block; every strand calls them.
type Trunks interface {
	// Heard tells of a response to an INVITE, other than 100, and of its Retry-After,
	// 0 if it has none.
	Heard(now time.Time, p leg.Party, proto transport.Proto, status int, retryAfter time.Duration)
	// Failed tells that an INVITE had no response, and why.
	Failed(now time.Time, p leg.Party, proto transport.Proto, why string)
}

// untold is for an exchange that nobody listens to.
type untold struct{}

func (untold) Heard(time.Time, leg.Party, transport.Proto, int, time.Duration) {}
func (untold) Failed(time.Time, leg.Party, transport.Proto, string)            {}

// calling is the leg whose trunk a transaction calls, or nil.
func calling(o place, tx *transaction.Client) *leg.Leg {
	l := o.run.call.Leg(o.leg)
	if tx.Method != sip.INVITE || l == nil || l.Inbound || l.Party.Kind != leg.Trunk || l.Talking() {
		return nil
	}
	return l
}

// heard tells of what a trunk makes of a call.
func (s *strand) heard(now time.Time, o place, tx *transaction.Client, res *sip.Response) {
	if l := calling(o, tx); l != nil && res.StatusCode > 100 {
		s.x.cfg.Trunks.Heard(now, l.Party, l.Flow.Proto, res.StatusCode, RetryAfter(res))
	}
}

// broke tells of a trunk that cannot be reached. Of one that was given up because it
// was silent that was told.
func (s *strand) broke(now time.Time, o place, tx *transaction.Client, err error) {
	if l := calling(o, tx); l != nil && l.Live() {
		s.x.cfg.Trunks.Failed(now, l.Party, l.Flow.Proto, err.Error())
	}
}

// Silent tells that a leg's trunk said nothing to our INVITE (b2bua.Effects).
func (r *running) Silent(now time.Time, id int) {
	if l := r.call.Leg(id); l != nil {
		r.x.cfg.Trunks.Failed(now, l.Party, l.Flow.Proto, "no response")
	}
}

// RetryAfter is how long a response asks to be left alone, 0 if it does not say (RFC
// 3261 section 20.33).
func RetryAfter(res *sip.Response) time.Duration {
	text, _, _ := strings.Cut(message.Header(res, "Retry-After"), ";")
	text, _, _ = strings.Cut(text, "(")
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}
