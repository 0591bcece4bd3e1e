package exchange

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/subscribe"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// desk is what the strand of subscriptions has: it runs no calls, and whatever
// phones watch lives there.
type desk struct {
	*strand
	book       *subscribe.Book
	generation uint64 // of what calls tell, the last one
	mailboxes  map[subscribe.Name]bool
	reading    bool // a job reads mailboxes
}

// watch is how calls tell the desk what their seats do. Safe for concurrent use.
type watch struct {
	generation atomic.Uint64 // 0: nobody wants to know
	phones     atomic.Bool   // a phone of this node does

	mu   sync.Mutex
	news []subscribe.Change
	lost bool
}

// newsLimit bounds the changes that wait for the desk; beyond it every call is asked
// anew.
const newsLimit = 65_536

// newsDelay is how long changes are gathered, so that many calls wake the desk once.
const newsDelay = 50 * time.Millisecond

func newDesk(x *Exchange, id uint16) *desk {
	d := &desk{
		strand: newStrand(x, id), mailboxes: map[subscribe.Name]bool{},
		book: subscribe.New(x.cfg.Subscriptions, uint64(time.Now().UnixNano())),
	}
	d.desk = d
	return d
}

// Respond sends a response (subscribe.Effects).
func (d *desk) Respond(now time.Time, tx *transaction.Server, res *sip.Response) {
	d.table.Respond(now, tx, res)
}

// Start sends a request (subscribe.Effects).
func (d *desk) Start(now time.Time, req *sip.Request, f transport.Flow, owner any) *transaction.Client {
	return d.table.Start(now, req, f, owner)
}

// Stands tells whether a flow is there (subscribe.Effects).
func (d *desk) Stands(f transport.Flow) bool { return d.x.cfg.Sender.Stands(f) }

// tick runs what is due, and begins or ends the interest in calls.
func (d *desk) tick(now time.Time) {
	d.book.Tick(now, d)
	w := &d.x.watch
	w.phones.Store(d.book.Watching())
	switch wanted, on := d.book.Wanted(now), w.generation.Load() != 0; {
	case wanted && !on:
		d.renew()
	case !wanted && on:
		w.generation.Store(0)
		d.book.Forget(now, "")
	}
}

// renew has every call tell what its seats do.
func (d *desk) renew() {
	d.generation++
	d.x.watch.generation.Store(d.generation)
	for _, s := range d.x.strands {
		s.box.post(func(time.Time) {
			for _, r := range s.calls {
				r.publish()
			}
		})
	}
}

// tell has the desk take news of calls.
func (x *Exchange) tell(generation uint64, changes []subscribe.Change) {
	w := &x.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if generation != w.generation.Load() {
		return
	}
	if len(w.news)+len(changes) > newsLimit {
		x.counters.NewsLost.Add(uint64(len(changes)))
		w.lost = true
		return
	}
	if len(w.news) == 0 {
		time.AfterFunc(newsDelay, func() { x.desk.box.post(x.desk.hear) })
	}
	w.news = append(w.news, changes...)
}

// hear takes the news that waits.
func (d *desk) hear(now time.Time) {
	w := &d.x.watch
	w.mu.Lock()
	news, lost := w.news, w.lost
	w.news, w.lost = nil, false
	w.mu.Unlock()
	switch {
	case w.generation.Load() == 0: // nobody wants to know any more
	case lost:
		d.book.Forget(now, "")
		d.renew()
	default:
		d.book.Apply(now, news)
	}
}

// subscribe takes a SUBSCRIBE.
func (d *desk) subscribe(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow) {
	if tx == nil {
		return
	}
	if !d.x.watchers.allow(now, flow.Remote.Addr()) {
		d.x.counters.SubscribesSlowed.Add(1)
		d.reply(now, tx, req, 503, retryAfter())
		return
	}
	if missing := unsupported(req); missing != "" {
		d.reply(now, tx, req, 420, sip.NewHeader("Unsupported", missing))
		return
	}
	wish, status, headers := subscribe.Read(req)
	if message.ToTag(req) != "" {
		d.refresh(now, tx, req, flow, wish, status, headers)
		return
	}
	if status == 0 {
		status, headers, _ = d.x.cfg.Admission.Challenge(now, req, flow)
	}
	if status != 0 {
		d.reply(now, tx, req, status, headers...)
		return
	}
	d.grant(now, tx, req, flow, subscribe.Held{}, func(now time.Time, g subscribe.Grant, status int, headers []sip.Header) {
		if status != 0 {
			d.reply(now, tx, req, status, headers...)
			return
		}
		d.book.Begin(now, tx, req, flow, wish, g, d)
	})
}

// refresh takes a SUBSCRIBE of a subscription. By another flow than before it needs
// credentials.
func (d *desk) refresh(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow, wish subscribe.Wish, status int, headers []sip.Header) {
	s := d.book.Find(req)
	if s == nil {
		d.reply(now, tx, req, 481)
		return
	}
	held := s.Held(flow)
	if !held.Known {
		d.foreign(req.Method, flow)
		if challenge, with, ok := d.x.cfg.Admission.Challenge(now, req, flow); ok {
			d.reply(now, tx, req, challenge, with...)
			return
		}
	}
	if status != 0 {
		d.book.Reject(now, tx, req, s, status, headers, d)
		return
	}
	d.grant(now, tx, req, flow, held, func(now time.Time, g subscribe.Grant, status int, headers []sip.Header) {
		switch {
		case !held.Known && (status != 0 || g.Subscriber != held.Subscriber): // a stranger ends nothing
			if status == 0 {
				status = 403
			}
			d.reply(now, tx, req, status, headers...)
		case status != 0:
			d.book.Reject(now, tx, req, s, status, headers, d)
		default:
			d.book.Refresh(now, tx, req, flow, s, wish, d)
		}
	})
}

// grant has admission decide about a SUBSCRIBE.
func (d *desk) grant(now time.Time, tx *transaction.Server, req *sip.Request, flow transport.Flow, held subscribe.Held,
	then func(now time.Time, g subscribe.Grant, status int, headers []sip.Header),
) {
	queued := d.decide(now, req, func(ctx context.Context) func(time.Time) {
		g, status, headers := d.x.cfg.Admission.Subscribe(ctx, now, req, flow, held)
		return func(now time.Time) { then(now, g, status, headers) }
	})
	if !queued {
		d.reply(now, tx, req, 503, retryAfter())
	}
}

// MessagesChanged has the messages of a seat read again; of every watched one for
// "", "".
func (x *Exchange) MessagesChanged(tenant, number string) {
	if !x.watch.phones.Load() {
		return
	}
	x.desk.box.post(func(now time.Time) {
		d := x.desk
		if tenant == "" && number == "" {
			for _, n := range d.book.Mailboxes() {
				d.mailboxes[n] = true
			}
		} else if n := (subscribe.Name{Tenant: tenant, Number: number}); d.book.Watched(n) {
			d.mailboxes[n] = true
		}
		d.read()
	})
}

// mailboxesAtOnce bounds the mailboxes that one job reads.
const mailboxesAtOnce = 100

// read has a worker read the mailboxes that changed, a few at a time.
func (d *desk) read() {
	if d.reading || len(d.mailboxes) == 0 || d.x.cfg.Messages == nil {
		return
	}
	var names []subscribe.Name
	for n := range d.mailboxes {
		if len(names) == mailboxesAtOnce {
			break
		}
		names = append(names, n)
		delete(d.mailboxes, n)
	}
	d.reading = d.work(func(ctx context.Context) func(time.Time) {
		counts := map[subscribe.Name]subscribe.Messages{}
		for _, n := range names {
			if m, err := d.x.cfg.Messages(ctx, n.Tenant, n.Number); err == nil {
				counts[n] = m
			}
		}
		return func(now time.Time) {
			d.reading = false
			for n, m := range counts {
				d.book.SetSummary(now, n, m)
			}
			d.read()
		}
	})
}

// Subscriptions are the live figures of the subscriptions.
func (x *Exchange) Subscriptions() *subscribe.Counters { return x.desk.book.Counters() }

var _ subscribe.Effects = (*desk)(nil)
