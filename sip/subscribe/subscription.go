package subscribe

import (
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/deadline"
	"strowger/sip/dialog"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Subscription is one phone's wish to know about one resource.
type Subscription struct {
	deadline.Place
	subscriber Name
	resource   *resource
	wish       Wish
	dialog     *dialog.Dialog
	flow       transport.Flow
	expires    time.Time

	version uint32
	told    []told
	full    bool // the next NOTIFY tells all
	dirty   bool // there may be something to tell
	busy    bool // a NOTIFY is under way
	sent    time.Time
	wait    time.Time // no NOTIFY before
	ended   string    // the reason that the last NOTIFY gives; "" while it lives
}

// Begin grants a subscription, or refuses it by a limit. A wish for no time is
// answered once.
func (b *Book) Begin(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow, w Wish, g Grant, out Effects) {
	if b.replaced(flow, w, g); !b.room(g) {
		refuse(now, tx, req, out)
		return
	}
	tag := out.Token()
	s := &Subscription{
		subscriber: g.Subscriber, resource: b.resource(g.Resource), wish: w, flow: flow,
		dialog:  dialog.NewServer(req, tag, dialog.ContactFor(flow, tag)),
		expires: now.Add(w.expires), full: true, dirty: true,
	}
	if w.Package == Summary {
		s.resource.messages = g.Messages
	}
	if !b.Wanted(now) {
		b.warm = now.Add(warmUp)
	}
	b.enter(s)
	b.counters.Begun.Add(1)
	b.accept(now, tx, req, s, out)
}

// room tells whether a limit lets the subscriber have one more, and counts if not.
func (b *Book) room(g Grant) bool {
	switch {
	case len(b.byTag) >= b.limits.Subscriptions:
		b.counters.Full.Add(1)
	case b.bySeat[g.Subscriber] >= b.limits.PerSeat:
		b.counters.SeatFull.Add(1)
	default:
		return true
	}
	return false
}

func refuse(now time.Time, tx *transaction.Server, req *sip.Request, out Effects) {
	res := message.NewResponse(req, 503, "Too Many Subscriptions", out.Token())
	res.AppendHeader(sip.NewHeader("Retry-After", seconds(10*time.Minute)))
	out.Respond(now, tx, res)
}

// replaced ends what a phone that has been restarted had before.
func (b *Book) replaced(flow transport.Flow, w Wish, g Grant) {
	r := b.resources[g.Resource]
	if r == nil {
		return
	}
	for _, s := range slices.Clone(r.watchers) {
		if s.flow == flow && s.subscriber == g.Subscriber && s.wish.event == w.event {
			b.counters.Replaced.Add(1)
			b.drop(s)
		}
	}
}

// Find returns the subscription of a SUBSCRIBE with one of our tags, or nil.
func (b *Book) Find(req *sip.Request) *Subscription {
	s := b.byTag[message.ToTag(req)]
	if s == nil || !s.dialog.Matches(req) {
		b.counters.Unknown.Add(1)
		return nil
	}
	return s
}

// Held tells of the subscription for a request that came by a flow.
func (s *Subscription) Held(flow transport.Flow) Held {
	return Held{Subscriber: s.subscriber, Watched: s.resource.name.Number, Known: s.flow == flow}
}

// Refresh lengthens a subscription, or ends it if that is the wish. The phone has
// proved who it is if it came by another flow.
func (b *Book) Refresh(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow, s *Subscription, w Wish, out Effects) {
	if b.byTag[s.dialog.LocalTag] != s || w.event != s.wish.event {
		respond(now, tx, s.dialog.Respond(req, 481, ""), out)
		return
	}
	if err := s.dialog.Order(req); err != nil {
		respond(now, tx, s.dialog.Respond(req, 500, "CSeq Out Of Order"), out)
		return
	}
	b.counters.Refreshed.Add(1)
	s.dialog.Retarget(req)
	b.move(s, flow)
	s.expires, s.full, s.dirty = now.Add(w.expires), true, true
	s.wish.expires = w.expires
	b.accept(now, tx, req, s, out)
}

// Reject refuses a refresh. The subscription ends if its subscriber may not watch any
// more (403) or its resource is gone (404).
func (b *Book) Reject(now time.Time, tx *transaction.Server, req *sip.Request, s *Subscription, status int, headers []sip.Header, out Effects) {
	res := s.dialog.Respond(req, status, "")
	for _, h := range headers {
		res.AppendHeader(h)
	}
	respond(now, tx, res, out)
	if b.byTag[s.dialog.LocalTag] != s || status != 403 && status != 404 {
		return
	}
	s.ended = "rejected"
	if status == 404 {
		s.ended = "noresource"
	}
	b.plan(now, s)
}

// accept answers 200 and has the state told at once.
func (b *Book) accept(now time.Time, tx *transaction.Server, req *sip.Request, s *Subscription, out Effects) {
	res := s.dialog.Respond(req, 200, "")
	res.AppendHeader(sip.NewHeader("Expires", seconds(s.wish.expires)))
	res.AppendHeader(s.dialog.Contact())
	respond(now, tx, res, out)
	if s.wish.expires == 0 {
		s.ended = "timeout"
	}
	s.sent, s.wait = time.Time{}, time.Time{}
	b.plan(now, s)
	b.Tick(now, out)
}

func respond(now time.Time, tx *transaction.Server, res *sip.Response, out Effects) {
	out.Respond(now, tx, res)
}

// plan sets when something is due for a subscription.
func (b *Book) plan(now time.Time, s *Subscription) {
	at := s.expires
	switch {
	case s.busy: // its answer, or the lack of one, comes first
		at = time.Time{}
	case s.ended != "":
		at = latest(now, b.warm)
	case s.dirty:
		if next := latest(now, s.sent.Add(gap), s.wait, b.warm); next.Before(at) {
			at = next
		}
	}
	if due := s.Due(); !due.IsZero() && !s.busy && !due.After(now) {
		return // it keeps its turn
	}
	b.due.Set(s, at)
}

// run does what is due for a subscription.
func (b *Book) run(now time.Time, s *Subscription, out Effects) {
	b.due.Set(s, time.Time{})
	if s.ended == "" && !now.Before(s.expires) {
		b.counters.Expired.Add(1)
		s.ended = "timeout"
	}
	if !out.Stands(s.flow) {
		b.counters.Unreached.Add(1)
		b.drop(s)
		return
	}
	if s.ended != "" {
		s.full = true
	}
	mimeType, body := s.content()
	s.dirty = false
	if body != "" {
		s.full = false
		s.notify(now, mimeType, body, out)
		b.counters.Notified.Add(1)
	}
	if s.ended != "" {
		b.drop(s)
		return
	}
	b.plan(now, s)
}

// notify sends a NOTIFY. Who is told for the last time may answer as it likes.
func (s *Subscription) notify(now time.Time, mimeType, body string, out Effects) {
	req := s.dialog.Request(sip.NOTIFY, s.flow, "z9hG4bK"+out.Token())
	req.AppendHeader(s.dialog.Contact())
	req.AppendHeader(sip.NewHeader("Event", s.wish.event))
	state := "terminated;reason=" + s.ended
	if s.ended == "" {
		state = "active;expires=" + seconds(s.expires.Sub(now).Round(time.Second))
	}
	req.AppendHeader(sip.NewHeader("Subscription-State", state))
	req.AppendHeader(sip.NewHeader("Content-Type", mimeType))
	req.SetBody([]byte(body))
	s.sent, s.busy = now, s.ended == ""
	if s.ended != "" {
		out.Start(now, req, s.flow, nil)
		return
	}
	out.Start(now, req, s.flow, s)
}

// Answered takes the final response to a NOTIFY. A phone in trouble is told again
// later; any other refusal ends the subscription (RFC 6665 section 4.2.2).
func (b *Book) Answered(now time.Time, s *Subscription, status int) {
	if status < 200 || b.byTag[s.dialog.LocalTag] != s {
		return
	}
	s.busy = false
	switch {
	case status >= 500 && status < 600 && status != 501:
		s.full, s.dirty, s.wait = true, true, now.Add(troubled)
	case status >= 300:
		b.counters.Refused.Add(1)
		b.drop(s)
		return
	}
	b.plan(now, s)
}

// Failed takes the end of a NOTIFY that nobody answered.
func (b *Book) Failed(s *Subscription) {
	if b.byTag[s.dialog.LocalTag] == s {
		b.counters.Unreached.Add(1)
		b.drop(s)
	}
}

// Broken ends the subscriptions of a connection that is gone.
func (b *Book) Broken(f transport.Flow) {
	for s := range b.byConn[f.Conn] {
		if s.flow.Node == f.Node {
			b.Failed(s)
		}
	}
}
