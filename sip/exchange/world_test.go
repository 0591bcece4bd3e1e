package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/media/recording"
	"strowger/media/sdp"
	"strowger/sip/b2bua"
	"strowger/sip/exchange"
	"strowger/sip/leg"
	"strowger/sip/mark"
	"strowger/sip/meter"
	"strowger/sip/subscribe"
	"strowger/sip/transport"
)

// settle is how long after the last line everything must have come to its end:
// a BYE that nobody answers, and the transactions behind it.
const settle = 200 * time.Second

var self = netip.MustParseAddrPort("192.0.2.1:5060")

// reporter is a *testing.T, or what collects the failures of a random story.
type reporter interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Error(args ...any)
	Fatalf(format string, args ...any)
}

// world is everything around one exchange. mu is held while a batch of messages
// is put on the wire, so that the switch says nothing in between.
type world struct {
	t         reporter
	x         *exchange.Exchange
	tapes     *recording.Recorder // nil if the story records nothing
	tapeDir   string
	pair      *pair // x and a second node; nil if the story is of one
	admission *admission
	sound     *plane
	ledger    *recorder
	trunks    trunks
	delays    *meter.Delays
	trace     *noted
	start     time.Time

	mu      sync.Mutex
	parties map[string]*party
	order   []*party
	inbox   []letter
	outbox  []transport.Received // on the way to the switch
	wake    chan struct{}
	lines   []string
	ids     []string               // UUIDs, in the order of their appearance
	finals  map[string]map[int]int // INVITEs of the parties by branch: final responses by status
	groups  map[string]string      // pick-up groups of seats
	hosts   map[string]*party      // what DNS knows
	sounds  map[string]*leg.Heard  // of parties
	asked   map[string]time.Time   // when it was asked
	closed  bool                   // the story has closed the exchange
	settled settlements
	secured secured
	secrets int  // drawn
	lenient bool // parties may misbehave: fewer claims hold
}

// letter is a message of the switch on its way to a party.
type letter struct {
	to  *party
	msg sip.Message
}

func newWorld(t reporter, program string) *world {
	w := &world{
		t: t, start: time.Now(), parties: map[string]*party{}, groups: map[string]string{}, hosts: map[string]*party{}, sounds: map[string]*leg.Heard{}, asked: map[string]time.Time{}, wake: make(chan struct{}, 1),
		secured: secured{}, finals: map[string]map[int]int{}, trace: &noted{}, delays: meter.NewDelays([]string{"caller", "carrier"}),
	}
	minter, err := mark.NewMinter(make([]byte, mark.KeySize), 0)
	if err != nil {
		t.Fatal(err)
	}
	w.ledger = &recorder{world: w}
	w.sound = &plane{world: w, next: 20000}
	w.trunks = trunks{start: w.start, limits: map[string]int{}, taken: map[string]int{}, codecs: map[string][]string{}, keys: map[string]leg.Keys{}, follows: map[string]int{}}
	w.admission = parseProgram(w, program)
	if w.admission.nodes > 1 {
		w.join()
	} else {
		w.x = exchange.New(w.config(minter))
	}
	return w
}

// config is that of an exchange.
func (w *world) config(minter *mark.Minter) exchange.Config {
	return exchange.Config{
		Recorder: w.recorder(), Record: w.admission.record,
		Minter: minter, Sender: (*network)(w), Media: w.sound, Ledger: w.ledger, Admission: w.admission, Trunks: &w.trunks,
		Prompts: func(names []string) *media.Prompt {
			if names[0] == "missing" {
				return nil
			}
			return &media.Prompt{Name: strings.Join(names, "+")}
		},
		Log: slog.New(slog.DiscardHandler), Strands: max(w.admission.strands, 1), Workers: 2, MaxCalls: w.admission.maxCalls,
		Full:    func() bool { return w.admission.full },
		Session: leg.SessionTimer{Expires: w.admission.sessions, Min: w.admission.least},
		Convert: w.admission.conversion(),
		Random:  func(n int) int { return (n - 1) * w.admission.random / 100 },
		Secret:  w.secret,
		Delays:  w.delays, Trace: w.trace,
		Hosts: w.lookUp, Messages: w.admission.waiting, Subscriptions: w.admission.limits,
		MediaTimeout: time.Minute, HeldTimeout: 2 * time.Hour,
	}
}

// conversion is what the sound between legs is made into.
func (a *admission) conversion() sdp.Conversion {
	if a.laws {
		return sdp.Laws
	}
	return sdp.Transcode
}

// recorder is one if the story records something. What it writes is for other tests.
func (w *world) recorder() *recording.Recorder {
	if w.admission.record == nil {
		return nil
	}
	dir, err := os.MkdirTemp("", "strowger-story-")
	if err != nil {
		w.t.Fatal(err)
	}
	r, _, err := recording.Open(recording.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.tapes, w.tapeDir = r, dir
	return r
}

// party returns a party of the story. Its address follows from the order in which
// the parties are named.
func (w *world) party(name string) *party {
	p := w.parties[name]
	if p == nil {
		ip := netip.AddrFrom4([4]byte{10, 0, 0, byte(len(w.order) + 1)})
		p = &party{world: w, name: name, addr: netip.AddrPortFrom(ip, 5060), quirks: map[string]bool{}, habits: map[string]action{}}
		w.parties[name] = p
		w.order = append(w.order, p)
	}
	return p
}

// run tells the story and then checks what must hold of every one.
func (w *world) run(script []action) {
	var last time.Duration
	if n := len(script); n > 0 {
		last = script[n-1].at
	}
	for {
		synctest.Wait()
		now := time.Since(w.start)
		if w.deliver() || w.waits() {
			w.post()
			continue
		}
		if len(script) > 0 && script[0].at <= now {
			script = w.batch(script)
			w.post()
			continue
		}
		next := last + settle
		if len(script) > 0 {
			next = script[0].at
		}
		if next <= now {
			break
		}
		timer := time.NewTimer(next - now)
		select {
		case <-w.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	w.check()
}

// batch performs the actions of one time.
func (w *world) batch(script []action) []action {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := script[0].at
	for len(script) > 0 && script[0].at == at {
		w.act(script[0])
		script = script[1:]
	}
	return script
}

func (w *world) act(a action) {
	switch a.who {
	case "switch":
		w.log("switch", a.what)
		switch a.what {
		case "drain":
			w.x.Drain()
		case "hangup":
			go w.hangUp(1)
		case "list":
			go w.list()
		case "close":
			w.closed = true
			go w.close(70 * time.Second)
		case "nobody":
			w.admission.nobody = a.args[0]
		case "transfer":
			go w.transfer(atoi(a.args[0]), a.args[1])
		case "mask":
			go w.mask(atoi(a.args[0]), a)
		case "unmask":
			go w.unmask(atoi(a.args[0]))
		case "collected":
			go w.collected()
		case "supervise", "merge", "hush", "unhush", "kick":
			go w.mix(a)
		case "messages":
			w.admission.messages = subscribe.Messages{New: atoi(a.args[1]), Old: atoi(a.args[2])}
			go w.x.MessagesChanged("demo", a.args[0])
		case "store-away":
			w.pair.places.mu.Lock()
			w.pair.places.away = true
			w.pair.places.mu.Unlock()
		case "mute":
			w.pair.mute = true
		case "cut", "mend":
			w.pair.link(a.what == "cut")
		case "lost":
			w.x.Lost(a.args[0], transport.ErrUnreachable)
		case "hangup-all":
			go w.hangUp(0)
		}
	case "sound":
		w.sound.tell(a.what, a.args)
	default:
		w.party(a.who).act(a)
	}
}

// hangUp ends calls as an administrator would: the oldest n, or all, of both nodes, for 0.
func (w *world) hangUp(n int) {
	w.hangUpAt(w.x, n)
	if n == 0 && w.pair != nil {
		w.hangUpAt(w.pair.nodes[1], 0)
	}
}

func (w *world) hangUpAt(x *exchange.Exchange, n int) {
	calls, err := x.Calls(context.Background())
	if err != nil || len(calls) < n {
		w.t.Errorf("nothing to hang up: %v", err)
	}
	for i, c := range calls {
		if n > 0 && i == n {
			break
		}
		err := x.Hangup(context.Background(), c.ID)
		if w.lenient && errors.Is(err, exchange.ErrNoCall) {
			err = nil // it has just ended by itself
		}
		if err != nil {
			w.t.Error(err)
		}
	}
}

// transfer connects a leg of the oldest call to a number, as an administrator would.
func (w *world) transfer(leg int, number string) {
	calls, err := w.x.Calls(context.Background())
	if err == nil && len(calls) > 0 {
		err = w.x.Transfer(context.Background(), calls[0].ID, leg, number)
	}
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.log("transfer", err.Error())
	}
}

// oldest does something with the oldest call, as an administrator would.
func (w *world) oldest(what string, do func(call string) error) {
	calls, err := w.x.Calls(context.Background())
	if err == nil && len(calls) == 0 {
		err = exchange.ErrNoCall
	}
	if err == nil {
		err = do(calls[0].ID)
	}
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.log(what, err.Error())
	}
}

// mask opens a payment window for a leg of the oldest call.
func (w *world) mask(leg int, a action) {
	window := b2bua.Window{ID: "window", Collect: a.number("collect", 0), For: time.Duration(a.number("for", 0)) * time.Second}
	if key, ok := a.option("until"); ok {
		window.Until = key[0]
	}
	w.oldest("mask", func(call string) error { return w.x.Mask(context.Background(), call, leg, window) })
}

func (w *world) unmask(leg int) {
	w.oldest("unmask", func(call string) error { return w.x.Unmask(context.Background(), call, leg) })
}

// collected writes what was collected in the payment window.
func (w *world) collected() {
	w.oldest("collected", func(call string) error {
		k, err := w.x.Collected(context.Background(), call, "window")
		if err == nil {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.log("collected", fmt.Sprintf("leg=%d open=%t by=%s count=%d digits=%s", k.Leg, k.Open, k.By, k.Count, k.Digits))
		}
		return err
	})
}

// list writes what an operator sees of the calls.
func (w *world) list() {
	calls, err := w.x.Calls(context.Background())
	if err != nil {
		w.t.Errorf("calls: %v", err)
	}
	for _, c := range calls {
		one, err := w.x.Call(context.Background(), c.ID)
		if err != nil || one.State != c.State || len(one.Sound) > len(one.Legs) {
			w.t.Errorf("call %s: %+v, %v", c.ID, one, err)
		}
		var legs strings.Builder
		for _, l := range c.Legs {
			fmt.Fprintf(&legs, " [%d %s %s %s held=%t]", l.ID, l.Party, l.State, l.Codec, l.Held)
		}
		w.mu.Lock()
		w.log("list", c.State+" "+c.From+" to "+c.To+legs.String())
		w.mu.Unlock()
	}
	if _, err := w.x.Call(context.Background(), "none"); !errors.Is(err, exchange.ErrNoCall) {
		w.t.Errorf("a call that is not there: %v", err)
	}
}

// close stops the exchange; nothing may take longer than patience.
func (w *world) close(patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.x.Close(ctx); err != nil {
		w.t.Errorf("close: %v", err)
	}
}

// waits tells whether something is on the way to the switch.
func (w *world) waits() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.outbox) > 0
}

// deliver hands the parties what the switch has sent them.
func (w *world) deliver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	letters := w.inbox
	w.inbox = nil
	for _, l := range letters {
		l.to.take(l.msg)
	}
	return len(letters) > 0
}

// check asserts what holds at the end of every story.
func (w *world) check() {
	w.t.Helper()
	if !w.closed {
		if calls, legs := w.x.Held(context.Background()); calls != 0 || legs != 0 {
			w.t.Errorf("%d calls and %d legs are left in the exchange", calls, legs)
		}
	}
	if w.pair != nil {
		w.pair.check()
	}
	if n := w.x.Active(); n != 0 {
		w.t.Errorf("%d calls are counted as active at the end", n)
	}
	if !w.closed {
		w.close(time.Second)
	}
	w.sound.check()
	if w.tapes != nil {
		if n := w.tapes.Counters().Active.Load(); n != 0 {
			w.t.Errorf("%d recordings have no end", n)
		}
		if err := errors.Join(w.tapes.Close(context.Background()), os.RemoveAll(w.tapeDir)); err != nil {
			w.t.Errorf("recordings: %v", err)
		}
	}
	w.trunks.check(w.t)
	w.ledger.check()
	w.settled.check(w)
	for branch, finals := range w.finals {
		if len(finals) != 1 {
			w.t.Errorf("INVITE %s has final responses %v, want exactly one", branch, finals)
		}
	}
	for _, p := range w.order {
		p.check()
	}
	c := w.x.Counters()
	if started, ended := c.CallsStarted.Load(), c.CallsEnded.Load(); started != ended && !w.closed {
		w.t.Errorf("%d calls started, %d ended", started, ended)
	}
}
