package subscribe_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/subscribe"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// wire takes what a book sends.
type wire struct {
	tokens    int
	notified  []*sip.Request
	owners    []any
	responses []int
	gone      bool // every flow
}

func (w *wire) Token() string {
	w.tokens++
	return fmt.Sprintf("token%d", w.tokens)
}

func (w *wire) Respond(_ time.Time, _ *transaction.Server, res *sip.Response) {
	w.responses = append(w.responses, res.StatusCode)
}

func (w *wire) Start(_ time.Time, req *sip.Request, _ transport.Flow, owner any) *transaction.Client {
	w.notified = append(w.notified, req)
	w.owners = append(w.owners, owner)
	return nil
}

func (w *wire) Stands(transport.Flow) bool { return !w.gone }

// flow is the way to the phone of a seat.
func flow(seat int) transport.Flow {
	return transport.Flow{
		Listener: "udp", Proto: transport.UDP, Advertised: netip.MustParseAddrPort("192.0.2.1:5060"),
		Remote: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(seat)),
	}
}

// watch has a seat subscribe to another one.
func watch(t *testing.T, b *subscribe.Book, now time.Time, w *wire, seat int, watched string) {
	t.Helper()
	text := fmt.Sprintf("SUBSCRIBE sip:%s@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n"+
		"From: <sip:%d@a>;tag=t\r\nTo: <sip:%s@a>\r\nCall-ID: %d-%s\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:%d@10.0.0.1>\r\n"+
		"Event: dialog\r\nContent-Length: 0\r\n\r\n", watched, seat, watched, seat, watched, seat)
	msg, err := message.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	req := msg.(*sip.Request)
	wish, status, _ := subscribe.Read(req)
	if status != 0 {
		t.Fatalf("the wish is refused with %d", status)
	}
	g := subscribe.Grant{
		Subscriber: subscribe.Name{Tenant: "demo", Number: strconv.Itoa(seat)}, Resource: subscribe.Name{Tenant: "demo", Number: watched},
	}
	b.Begin(now, nil, req, flow(seat), wish, g, w)
}

func talking(seat, id string, p subscribe.Progress) subscribe.Change {
	return subscribe.Change{
		Name: subscribe.Name{Tenant: "demo", Number: seat}, Owner: "call-" + id,
		Conversation: subscribe.Conversation{ID: id, Progress: p, Peer: "<&>"},
	}
}

// run advances a book to a time, in steps of 20 ms, and answers every NOTIFY.
func run(b *subscribe.Book, from, to time.Time, w *wire) {
	for now := from; !now.After(to); now = now.Add(20 * time.Millisecond) {
		if d := b.Deadline(); !d.IsZero() && !d.After(now) {
			b.Tick(now, w)
		}
		for _, o := range w.owners {
			if s, ok := o.(*subscribe.Subscription); ok {
				b.Answered(now, s, 200)
			}
		}
		w.owners = nil
	}
}

// TestStorm: thirty thousand watch, everything changes ten times a second, and no
// second has more NOTIFYs than are allowed; in the end all know the last state.
func TestStorm(t *testing.T) {
	const seats, rate = 3000, 500
	b, w := subscribe.New(subscribe.Limits{Rate: rate}, 1), &wire{}
	for i := range seats {
		watch(t, b, start, w, 1000+i, "9999")
	}
	now := start
	busiest := 0
	for i := range 100 {
		p := subscribe.Early
		if i%2 > 0 {
			p = subscribe.Confirmed
		}
		b.Apply(now, []subscribe.Change{talking("9999", "d", p)})
		before := len(w.notified)
		for range 10 {
			run(b, now, now.Add(80*time.Millisecond), w)
			now = now.Add(100 * time.Millisecond)
		}
		busiest = max(busiest, len(w.notified)-before)
	}
	if busiest > rate+rate/10 {
		t.Errorf("%d NOTIFYs in one second, at most %d are allowed", busiest, rate)
	}
	run(b, now, now.Add(10*time.Second), w)
	last := map[string]string{}
	for _, n := range w.notified {
		last[n.CallID().Value()] = string(n.Body())
	}
	for id, body := range last {
		if !strings.Contains(body, "<state>confirmed</state>") {
			t.Fatalf("%s was told last:\n%s", id, body)
		}
	}
	if len(last) != seats || b.Counters().Paced.Load() == 0 {
		t.Errorf("%d of %d were told, %d waits", len(last), seats, b.Counters().Paced.Load())
	}
}

// TestLimits: of one seat, and of all.
func TestLimits(t *testing.T) {
	b, w := subscribe.New(subscribe.Limits{PerSeat: 2, Subscriptions: 3}, 1), &wire{}
	for i, want := range []int{200, 200, 503} {
		watch(t, b, start, w, 1001, strconv.Itoa(2000+i))
		if got := w.responses[len(w.responses)-1]; got != want {
			t.Errorf("subscription %d of a seat: %d, want %d", i, got, want)
		}
	}
	watch(t, b, start, w, 1002, "2000")
	watch(t, b, start, w, 1003, "2000")
	if got := w.responses; !slices.Equal(got, []int{200, 200, 503, 200, 503}) {
		t.Errorf("answers %v", got)
	}
	if c := b.Counters(); c.Full.Load() != 1 || c.SeatFull.Load() != 1 || c.Live.Load() != 3 {
		t.Errorf("full %d, seat full %d, live %d", c.Full.Load(), c.SeatFull.Load(), c.Live.Load())
	}
}

// TestFlowGone: there is no other way to a phone than its flow.
func TestFlowGone(t *testing.T) {
	b, w := subscribe.New(subscribe.Limits{}, 1), &wire{}
	watch(t, b, start, w, 1001, "1002")
	run(b, start, start.Add(time.Second), w)
	w.gone = true
	sent := len(w.notified)
	b.Apply(start.Add(time.Second), []subscribe.Change{talking("1002", "d", subscribe.Early)})
	run(b, start.Add(time.Second), start.Add(5*time.Second), w)
	if len(w.notified) != sent || b.Watching() {
		t.Errorf("%d NOTIFYs after the flow was gone, still watching: %t", len(w.notified)-sent, b.Watching())
	}
}

// TestOwner: a dialog that has moved to another call is not ended by the first one.
func TestOwner(t *testing.T) {
	b, w := subscribe.New(subscribe.Limits{}, 1), &wire{}
	watch(t, b, start, w, 1001, "1002")
	b.Apply(start, []subscribe.Change{talking("1002", "d", subscribe.Confirmed)})
	moved := talking("1002", "d", subscribe.Confirmed)
	moved.Owner = "other"
	b.Apply(start, []subscribe.Change{moved, talking("1002", "d", subscribe.Over)})
	run(b, start, start.Add(time.Second), w)
	if body := string(w.notified[len(w.notified)-1].Body()); !strings.Contains(body, "confirmed") {
		t.Errorf("told:\n%s", body)
	}
}

// TestNews: what one node's calls do reaches the phones of another, in pages, after
// it fell behind, and after the other node began anew.
func TestNews(t *testing.T) {
	teller, learner := subscribe.New(subscribe.Limits{}, 7), subscribe.New(subscribe.Limits{}, 8)
	w := &wire{}
	watch(t, learner, start, w, 1001, "1002")
	var place subscribe.Place
	read := func() (pages int) {
		for {
			pages++
			n := teller.Since(start, place)
			place = n.Place
			learner.Learn(start, "other", n)
			if !n.More {
				return pages
			}
		}
	}
	state := func() string {
		w.notified = nil
		start = start.Add(5 * time.Second)
		run(learner, start, start.Add(2*time.Second), w)
		if len(w.notified) == 0 {
			return "nothing new"
		}
		_, s, _ := strings.Cut(string(w.notified[len(w.notified)-1].Body()), "<state>")
		s, _, _ = strings.Cut(s, "<")
		return s
	}
	read()
	if !teller.Wanted(start) || teller.Wanted(start.Add(time.Minute)) {
		t.Error("a question makes a node tell for a while")
	}
	many := make([]subscribe.Change, 0, 2500)
	for i := range cap(many) {
		many = append(many, talking("5000", strconv.Itoa(i), subscribe.Early))
	}
	teller.Apply(start, append(many, talking("1002", "d", subscribe.Early)))
	if pages := read(); pages != 3 {
		t.Errorf("%d pages, want 3", pages)
	}
	if got := state(); got != "early" {
		t.Errorf("after pages: %s", got)
	}
	teller.Forget(start, "")
	teller.Apply(start, []subscribe.Change{talking("1002", "e", subscribe.Confirmed)})
	read()
	if got := state(); got != "confirmed" {
		t.Errorf("after a new epoch: %s", got)
	}
	for range 40 {
		teller.Apply(start, many)
		for i := range many {
			many[i].Conversation.Progress ^= 1 // early and trying
		}
	}
	teller.Apply(start, []subscribe.Change{talking("1002", "e", subscribe.Over)})
	behind := teller.Counters().FellBehind.Load()
	read()
	if got := state(); got != "terminated" || teller.Counters().FellBehind.Load() == behind {
		t.Errorf("after it fell behind: %s", got)
	}
	learner.Forget(start, "other")
	if got := state(); got != "nothing new" {
		t.Errorf("of a lost node: %s", got)
	}
}
