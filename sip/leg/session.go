package leg

import (
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
	"strowger/sip/transaction"
)

// MinSession is the shortest time that a session may live without a refresh (RFC
// 4028 section 4).
const MinSession = 90 * time.Second

// SessionTimer is what is ours to say of session timers (RFC 4028).
type SessionTimer struct {
	// Expires is how long a session that nobody refreshes lives. 0 means that we ask
	// for no timer; the party's is kept.
	Expires time.Duration
	// Min is the shortest time that we take, our Min-SE; less than MinSession means
	// that.
	Min time.Duration
}

func (t SessionTimer) min() time.Duration { return max(t.Min, MinSession) }

// Limits of what a party may ask of our refreshes.
const (
	maxSession = 24 * time.Hour   // a longer Min-SE is not followed
	maxBrief   = 3                // so many 422 are followed
	soon       = 3 * time.Second  // before a refresh that met another request is tried again
	later      = 30 * time.Second // the same for one that was refused
)

// supportedTimer is the option tag of RFC 4028.
const supportedTimer = "timer"

// session is the timer of RFC 4028: a session that nobody refreshes ends. A leg without
// one has none, and lives until it is hung up.
type session struct {
	interval time.Duration
	refresh  time.Time // when we refresh; zero if the party does or a refresh is under way
	end      time.Time // when the leg is ended
	ours     bool      // we refresh
}

// isOurs tells whether there is a timer, and we refresh.
func (s *session) isOurs() bool { return s != nil && s.ours }

// due is when a refresh of ours is, or the end; zero means never.
func (s *session) due() time.Time {
	if s == nil {
		return time.Time{}
	}
	return earlier(s.refresh, s.end)
}

// begin starts the timer anew. Whoever refreshes does so at half the time (section
// 7.2); who waits for it gives up a little before the end (section 10).
func (l *Leg) begin(now time.Time, interval time.Duration, ours bool) {
	l.brief = 0
	if ours {
		l.session = &session{interval: interval, ours: true, refresh: now.Add(interval / 2), end: now.Add(interval)}
	} else {
		l.session = &session{interval: interval, end: now.Add(interval - min(32*time.Second, interval/3))}
	}
}

// learn notes whether the party takes UPDATE and INFO, if it says what it takes.
func (l *Leg) learn(msg sip.Message) {
	if message.Header(msg, "Allow") != "" {
		l.allows = true
		l.byUpdate = message.HasOption(msg, "Allow", string(sip.UPDATE))
		l.byInfo = message.HasOption(msg, "Allow", string(sip.INFO))
	}
}

// proposal is the interval of our next request; 0 if it asks for no timer.
func (l *Leg) proposal() time.Duration {
	interval := l.Timer.Expires
	if l.session != nil {
		interval = l.session.interval
	}
	if interval > 0 {
		interval = max(interval, l.minSE, l.Timer.Min)
	}
	return interval
}

// raise takes the Min-SE of a 422; it is false if that cannot be followed.
func (l *Leg) raise(res *sip.Response) bool {
	value, ok := message.MinSE(res)
	least := seconds(value)
	if !ok || least <= l.proposal() || least > maxSession || l.brief >= maxBrief {
		return false
	}
	l.brief++
	l.minSE = least
	return true
}

// TooBrief tells whether a request asks for a session shorter than we take and can be
// told so by a 422 (section 9).
func (t SessionTimer) TooBrief(req *sip.Request) bool {
	asked, _, ok := message.SessionExpires(req)
	return ok && seconds(asked) < t.min() && message.HasOption(req, "Supported", supportedTimer)
}

// MinSE is the header of a 422.
func (t SessionTimer) MinSE() sip.Header { return secondsHeader("Min-SE", t.min(), "") }

// refuseBrief answers a request that is TooBrief.
func (l *Leg) refuseBrief(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) bool {
	if !l.Timer.TooBrief(req) {
		return false
	}
	res := l.respond(req, 422, "", nil)
	res.AppendHeader(l.Timer.MinSE())
	w.Respond(now, tx, res)
	return true
}

// grant settles the timer as the one who answers, in our 2xx (section 9). Who asked
// for a timer and names nobody refreshes; who only knows timers is given ours, and
// we refresh. A timer of ours goes on whatever the party says later.
func (l *Leg) grant(now time.Time, req *sip.Request, res *sip.Response) {
	asked, refresher, wish := message.SessionExpires(req)
	interval := seconds(asked)
	wish = wish && interval >= l.Timer.min()
	if !wish && l.Timer.Expires == 0 && l.session == nil {
		return
	}
	knows := message.HasOption(req, "Supported", supportedTimer) || message.HasOption(req, "Require", supportedTimer)
	switch {
	case wish && l.Timer.Expires > 0:
		least, _ := message.MinSE(req)
		interval = min(interval, max(l.Timer.Expires, seconds(least), l.Timer.min()))
	case wish:
	case l.session.isOurs():
		interval, refresher = l.session.interval, "uas"
	case knows && l.Timer.Expires > 0:
		interval, refresher = l.Timer.Expires, "uas"
	default:
		l.session = nil
		return
	}
	switch {
	case !knows:
		refresher = "uas"
	case refresher == "":
		refresher = "uac"
	}
	if refresher == "uac" {
		res.AppendHeader(sip.NewHeader("Require", supportedTimer))
	}
	res.AppendHeader(secondsHeader("Session-Expires", interval, ";refresher="+refresher))
	l.learn(req)
	l.begin(now, interval, refresher == "uas")
}

// granted settles the timer by a 2xx to our request (section 7.2). One without a
// timer ends it, unless it is we who refresh.
func (l *Leg) granted(now time.Time, res *sip.Response) {
	value, refresher, ok := message.SessionExpires(res)
	switch {
	case ok:
		l.learn(res)
		l.begin(now, max(seconds(value), MinSession), refresher != "uas")
	case l.session.isOurs():
		l.begin(now, l.session.interval, true)
	default:
		l.session = nil
	}
}

// propose adds our side of the timer to an INVITE or UPDATE.
func (l *Leg) propose(req *sip.Request) {
	refresher := ""
	switch {
	case l.session == nil: // who answers chooses
	case l.session.ours:
		refresher = ";refresher=uac"
	default:
		refresher = ";refresher=uas"
	}
	if interval := l.proposal(); interval > 0 {
		req.AppendHeader(secondsHeader("Session-Expires", interval, refresher))
	}
	if least := max(l.minSE, l.Timer.Min); least > MinSession || l.minSE > 0 {
		req.AppendHeader(secondsHeader("Min-SE", least, ""))
	}
}

// Check has a node asked at a time whether it has the dialog still, by a refresh of the
// session, which every node takes as an UPDATE: one that does not answer, or knows of no
// dialog, ends the leg.
func (l *Leg) Check(at time.Time) {
	if !l.Talking() {
		return
	}
	if l.session == nil {
		l.session = &session{}
	}
	l.byUpdate, l.session.refresh = true, earlier(l.session.refresh, at)
}

// renew is due when we refresh: by UPDATE, which changes nothing, or else by a
// re-INVITE, which the call has to fill.
func (l *Leg) renew(now time.Time, w Wire) Event {
	if !l.byUpdate && l.busy() { // what is under way may refresh it as well
		l.session.refresh = now.Add(soon)
		return Event{}
	}
	l.session.refresh = time.Time{}
	if !l.byUpdate {
		return Event{Kind: Refreshes}
	}
	l.refresh(now, w)
	return Event{}
}

// refresh sends an UPDATE without an offer, with headers.
func (l *Leg) refresh(now time.Time, w Wire, headers ...sip.Header) {
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Request(sip.UPDATE, flow, l.branch())
	for _, h := range headers {
		req.AppendHeader(h)
	}
	req.AppendHeader(sip.NewHeader("Supported", supported))
	l.propose(req)
	setBody(req, nil)
	l.start(now, w, req, flow)
}

// renewed takes the response to our UPDATE (section 7.3).
func (l *Leg) renewed(now time.Time, w Wire, res *sip.Response) Event {
	switch {
	case res.StatusCode < 200 || !l.Talking():
		return Event{}
	case res.StatusCode < 300:
		l.Dialog.Retarget(res)
		l.granted(now, res)
		return Event{}
	case res.StatusCode == 408 || res.StatusCode == 481:
		v := reasoned(res, cause.Verdict{Status: res.StatusCode, Reason: res.Reason, Fault: cause.Peer})
		l.bye(now, w, v)
		return Event{Kind: Ends, Verdict: v}
	case res.StatusCode == 405 || res.StatusCode == 501:
		l.byUpdate = false
	}
	l.notRenewed(now, res)
	return Event{}
}

// notRenewed plans what follows a refresh that was refused. Until the session's end
// it may come about yet.
func (l *Leg) notRenewed(now time.Time, res *sip.Response) {
	s := l.session
	if !s.isOurs() || !s.refresh.IsZero() { // none was under way
		return
	}
	switch {
	case res.StatusCode == 405, res.StatusCode == 501, res.StatusCode == 422 && l.raise(res):
		s.refresh = now
	default:
		after, ok := l.refusedForNow(res)
		if !ok {
			after = later
		}
		s.refresh = now.Add(after)
	}
}

// expired ends a leg whose session nobody has refreshed (section 10).
func (l *Leg) expired(now time.Time, w Wire) Event {
	v := cause.Verdict{Status: 408, Q850: 102, Reason: "Session expired", Fault: cause.Peer}
	l.bye(now, w, v)
	return Event{Kind: Ends, Verdict: v}
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }

func secondsHeader(name string, d time.Duration, params string) sip.Header {
	return sip.NewHeader(name, strconv.FormatInt(int64(d/time.Second), 10)+params)
}
