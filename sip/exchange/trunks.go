package exchange

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
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
	// Seize takes a channel of a trunk for a call that comes in by it or goes out. free
	// gives it back; it is nil if there is none, and the verdict says why. An urgent
	// call always has one.
	Seize(now time.Time, p leg.Party, inbound, urgent bool) (free func(), v cause.Verdict)
}

// untold is for an exchange that nobody listens to.
type untold struct{}

func (untold) Heard(time.Time, leg.Party, transport.Proto, int, time.Duration) {}
func (untold) Failed(time.Time, leg.Party, transport.Proto, string)            {}

func (untold) Seize(time.Time, leg.Party, bool, bool) (func(), cause.Verdict) {
	return func() {}, cause.Verdict{}
}

// Seize takes a channel of a trunk for a leg (b2bua.Effects).
func (r *running) Seize(now time.Time, id int, p leg.Party, inbound, urgent bool) (cause.Verdict, bool) {
	free, v := r.x.cfg.Trunks.Seize(now, p, inbound, urgent)
	if free == nil {
		return v, false
	}
	r.hold(id, free)
	return cause.Verdict{}, true
}

// hold keeps what gives a leg's channel back.
func (r *running) hold(id int, free func()) {
	for len(r.channels) < id {
		r.channels = append(r.channels, nil)
	}
	r.channels[id-1] = free
}

// Free gives a leg's channel back, if it has one.
func (r *running) Free(id int) {
	if id <= len(r.channels) && r.channels[id-1] != nil {
		r.channels[id-1]()
		r.channels[id-1] = nil
	}
}

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
