package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/sip/exchange"
	"strowger/sip/mark"
	"strowger/sip/message"
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
	admission *admission
	sound     *plane
	ledger    *recorder
	start     time.Time

	mu      sync.Mutex
	parties map[string]*party
	order   []*party
	inbox   []letter
	wake    chan struct{}
	lines   []string
	finals  map[string]map[int]int // INVITEs of the parties by branch: final responses by status
	closed  bool                   // the story has closed the exchange
	lenient bool                   // parties may misbehave: fewer claims hold
}

// letter is a message of the switch on its way to a party.
type letter struct {
	to  *party
	msg sip.Message
}

func newWorld(t reporter, program string) *world {
	w := &world{
		t: t, start: time.Now(), parties: map[string]*party{}, wake: make(chan struct{}, 1),
		finals: map[string]map[int]int{},
	}
	minter, err := mark.NewMinter(make([]byte, mark.KeySize), 0)
	if err != nil {
		t.Fatal(err)
	}
	w.ledger = &recorder{world: w}
	w.sound = &plane{world: w, next: 20000}
	w.admission = parseProgram(w, program)
	w.x = exchange.New(exchange.Config{
		Minter: minter, Sender: (*network)(w), Media: w.sound, Ledger: w.ledger, Admission: w.admission,
		Prompts: func(names []string) *media.Prompt {
			if names[0] == "missing" {
				return nil
			}
			return &media.Prompt{Name: strings.Join(names, "+")}
		},
		Log: slog.New(slog.DiscardHandler), Strands: max(w.admission.strands, 1), Workers: 2, MaxCalls: w.admission.maxCalls,
	})
	return w
}

// party returns a party of the story. Its address follows from the order in which
// the parties are named.
func (w *world) party(name string) *party {
	p := w.parties[name]
	if p == nil {
		ip := netip.AddrFrom4([4]byte{10, 0, 0, byte(len(w.order) + 1)})
		p = &party{world: w, name: name, addr: netip.AddrPortFrom(ip, 5060), quirks: map[string]bool{}}
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
		if w.deliver() {
			continue
		}
		if len(script) > 0 && script[0].at <= now {
			script = w.batch(script)
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
		case "hangup-all":
			go w.hangUp(0)
		}
	case "sound":
		w.sound.tell(a.what, a.args)
	default:
		w.party(a.who).act(a)
	}
}

// hangUp ends calls as an administrator would: the oldest n, or all for 0.
func (w *world) hangUp(n int) {
	calls, err := w.x.Calls(context.Background())
	if err != nil || len(calls) < n {
		w.t.Errorf("nothing to hang up: %v", err)
	}
	for i, c := range calls {
		if n > 0 && i == n {
			break
		}
		if err := w.x.Hangup(context.Background(), c.ID); err != nil {
			w.t.Error(err)
		}
	}
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
		legs := ""
		for _, l := range c.Legs {
			legs += fmt.Sprintf(" [%d %s %s %s held=%t]", l.ID, l.Party, l.State, l.Codec, l.Held)
		}
		w.mu.Lock()
		w.log("list", c.State+" "+c.From+" to "+c.To+legs)
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
	if n := w.x.Active(); n != 0 {
		w.t.Errorf("%d calls are counted as active at the end", n)
	}
	if !w.closed {
		w.close(time.Second)
	}
	w.sound.check()
	w.ledger.check()
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

func (w *world) log(who, what string) {
	ms := time.Since(w.start).Milliseconds()
	w.lines = append(w.lines, fmt.Sprintf("%8.3f %-14s %s", float64(ms)/1000, who, what))
}

func (w *world) transcript() string { return strings.Join(w.lines, "\n") + "\n" }

// send puts a party's message on the wire.
func (w *world) send(p *party, from netip.AddrPort, text string) {
	msg, err := message.Parse([]byte(text))
	if err != nil {
		w.t.Errorf("%s sends what cannot be read: %v\n%s", p.name, err, text)
		return
	}
	note := summary(msg)
	if from != p.addr {
		note += " from " + from.String()
	}
	w.log(p.name+" ->", note)
	if req, ok := msg.(*sip.Request); ok && req.IsInvite() {
		if b := message.ViaBranch(req); w.finals[b] == nil {
			w.finals[b] = map[int]int{}
		}
	}
	w.x.Receive(transport.Received{Msg: msg, Flow: flowTo(from), At: time.Now()})
}

func flowTo(remote netip.AddrPort) transport.Flow {
	return transport.Flow{Listener: "udp", Network: "net", Proto: transport.UDP, Advertised: self, Remote: remote}
}

// network is the transport of the switch (transport.Sender).
type network world

// Send parses what the switch sends, so that its serialisation is tested too.
func (n *network) Send(f transport.Flow, data []byte) error {
	w := (*world)(n)
	w.mu.Lock()
	defer w.mu.Unlock()
	msg, err := message.Parse(data)
	if err != nil {
		w.t.Errorf("the switch sends what cannot be read: %v\n%s", err, data)
		return err
	}
	if res, ok := msg.(*sip.Response); ok && res.StatusCode >= 200 && res.CSeq().MethodName == sip.INVITE {
		w.finals[message.ViaBranch(res)][res.StatusCode]++
	}
	p := w.byAddr(f.Remote)
	switch {
	case p == nil:
		w.log("-> "+f.Remote.String(), summary(msg))
		return nil
	case p.unreachable:
		w.log("-> "+p.name, "fails: "+summary(msg))
		return transport.ErrNotAllowed
	}
	w.log("-> "+p.name, summary(msg))
	w.inbox = append(w.inbox, letter{p, msg})
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

func (w *world) byAddr(addr netip.AddrPort) *party {
	for _, p := range w.order {
		if p.addr == addr {
			return p
		}
	}
	return nil
}

// FlowTo is the way to an address.
func (n *network) FlowTo(string, transport.Proto, netip.AddrPort) (transport.Flow, error) {
	return transport.Flow{}, transport.ErrNoListener
}

// summary is what a transcript says of a message.
func summary(msg sip.Message) string {
	var b strings.Builder
	switch m := msg.(type) {
	case *sip.Request:
		fmt.Fprintf(&b, "%s %d", m.Method, m.CSeq().SeqNo)
		if m.Method == sip.INVITE {
			fmt.Fprintf(&b, " to %s", mask(m.Recipient.User))
		}
		if f := m.MaxForwards(); f != nil && f.Val() != 70 {
			fmt.Fprintf(&b, " max-forwards=%d", f.Val())
		}
	case *sip.Response:
		fmt.Fprintf(&b, "%d %s (%s %d)", m.StatusCode, m.Reason, m.CSeq().MethodName, m.CSeq().SeqNo)
	}
	for _, name := range []string{"Reason", "Retry-After", "Unsupported", "WWW-Authenticate", "Proxy-Authenticate"} {
		for _, v := range message.Headers(msg, name) {
			fmt.Fprintf(&b, " [%s: %s]", name, v)
		}
	}
	if res, ok := msg.(*sip.Response); ok && res.StatusCode == 405 {
		fmt.Fprintf(&b, " [Allow: %s]", message.Header(msg, "Allow"))
	}
	if s := sdpSummary(string(msg.Body())); s != "" {
		b.WriteString(" " + s)
	}
	return b.String()
}

// mask hides a token of the switch, which is another one each time.
func mask(user string) string {
	if len(user) == mark.Length {
		return "our Contact"
	}
	return user
}

// sdpSummary is address, direction and codecs of a body.
func sdpSummary(body string) string {
	var host, port, direction string
	var codecs []string
	names := map[string]string{"0": "PCMU", "8": "PCMA"}
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, "=")
		f := strings.Fields(value)
		switch {
		case key == "c" && len(f) == 3:
			host = f[2]
		case key == "m" && len(f) > 3 && f[0] == "audio":
			port, codecs = f[1], f[3:]
		case value == "sendrecv", value == "sendonly", value == "recvonly", value == "inactive":
			direction = " " + value
		case strings.HasPrefix(value, "rtpmap:") && len(f) == 2:
			names[strings.TrimPrefix(f[0], "rtpmap:")] = strings.Split(f[1], "/")[0]
		}
	}
	if port == "" {
		return ""
	}
	for i, c := range codecs {
		if n := names[c]; n != "" {
			codecs[i] = n
		}
	}
	return fmt.Sprintf("sdp %s:%s%s %s", host, port, direction, strings.Join(codecs, ","))
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
