package exchange_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// admission decides as the program of a story says. A program has one line each:
//
//	ring 1001 1002/b carrier [timeout=10s] [busy] [confirm]   a stage; digits are
//	                                                         seats, NAME! is one who must confirm
//	offline 480                                                a stage without targets
//	echo, play NAME..., refuse 404, challenge 401
//	emergency, delay 1s, max-calls 1, caller-seat, forged (who moves cannot prove it)
//	ports 1 (so many and no more), unreachable 1001 (sending there fails),
//	strands 3 (for stories without a transcript)
type admission struct {
	world     *world
	program   b2bua.Program
	rings     []action
	challenge int
	delay     time.Duration
	maxCalls  int
	strands   int
	seat      bool
	forged    bool
}

func parseProgram(w *world, text string) *admission {
	a := &admission{world: w}
	w.party("caller")
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		arg := strings.Join(f[1:], " ")
		switch f[0] {
		case "ring", "offline":
			a.rings = append(a.rings, action{what: f[0], args: f[1:]})
			for _, name := range f[1:] {
				if isParty(name) && f[0] == "ring" {
					w.party(strings.TrimSuffix(name, "!"))
				}
			}
		case "echo":
			a.program.App = b2bua.AppEcho
		case "play":
			a.program.App, a.program.Prompts = b2bua.AppPlay, f[1:]
		case "refuse":
			v := cause.New(atoi(arg), "", cause.Caller)
			a.program.Refuse = &v
		case "challenge":
			a.challenge = atoi(arg)
		case "emergency":
			a.program.Emergency = true
		case "delay":
			a.delay, _ = time.ParseDuration(arg)
		case "max-calls":
			a.maxCalls = atoi(arg)
		case "caller-seat":
			a.seat = true
		case "strands":
			a.strands = atoi(arg)
		case "forged":
			a.forged = true
		case "ports":
			w.sound.limit = atoi(arg)
		case "unreachable":
			w.party(arg).unreachable = true
		default:
			w.t.Fatalf("program line %q", line)
		}
	}
	return a
}

func isParty(word string) bool {
	return word != "busy" && word != "confirm" && !strings.Contains(word, "=")
}

// Challenge asks who shows no credentials, if the program says so.
func (a *admission) Challenge(_ time.Time, req *sip.Request, _ transport.Flow) (int, []sip.Header, bool) {
	if a.challenge == 0 || message.Header(req, "Authorization") != "" {
		return 0, nil, false
	}
	return a.challenge, []sip.Header{sip.NewHeader("WWW-Authenticate", `Digest realm="demo"`)}, true
}

// Admit gives the program of the story.
func (a *admission) Admit(ctx context.Context, _ time.Time, req *sip.Request, flow transport.Flow) b2bua.Program {
	if a.delay > 0 {
		select {
		case <-time.After(a.delay):
		case <-ctx.Done():
		}
	}
	p := a.program
	name := req.From().Address.User
	kind := leg.Trunk
	if a.seat {
		kind = leg.Seat
	}
	p.Caller = partyOf(kind, name, flow.Remote.Addr())
	p.From, p.To, p.Entry = name, req.Recipient.User, "story"
	for _, r := range a.rings {
		p.Stages = append(p.Stages, a.stage(r, req))
	}
	return p
}

func (a *admission) stage(r action, req *sip.Request) b2bua.Stage {
	var s b2bua.Stage
	if r.what == "offline" {
		s.Empty = cause.New(atoi(r.args[0]), "", cause.Callee)
		return s
	}
	if v, ok := r.option("timeout"); ok {
		s.Timeout, _ = time.ParseDuration(v)
	}
	_, s.Busy = r.option("busy")
	_, confirm := r.option("confirm")
	for _, name := range r.args {
		if isParty(name) {
			name, one := strings.CutSuffix(name, "!")
			s.Targets = append(s.Targets, b2bua.Target{Address: a.address(name, req), Confirm: confirm || one})
		}
	}
	return s
}

func (a *admission) address(name string, req *sip.Request) leg.Address {
	a.world.mu.Lock()
	addr := a.world.party(name).addr
	a.world.mu.Unlock()
	seat, _, _ := strings.Cut(name, "/")
	kind := leg.Trunk
	if strings.Trim(seat, "0123456789") == "" {
		kind = leg.Seat
	}
	target := message.URI(seat, addr)
	address := leg.Address{
		Party: partyOf(kind, seat, addr.Addr()), Flow: flowTo(addr), Target: target,
		To:   dialog.Name{URI: target},
		From: dialog.Name{URI: message.URI(req.From().Address.User, self)},
	}
	if f := req.MaxForwards(); f != nil {
		address.Forwards = f.Val() - 1
	}
	return address
}

func partyOf(kind leg.Kind, name string, addr netip.Addr) leg.Party {
	p := leg.Party{Kind: kind, Name: name, Tenant: "demo", Network: "net"}
	if kind == leg.Trunk {
		p.Sources = []netip.Prefix{netip.PrefixFrom(addr, 32)}
	}
	return p
}

// Register refuses.
func (a *admission) Register(_ context.Context, _ time.Time, req *sip.Request, _ transport.Flow) *sip.Response {
	return message.NewResponse(req, 403, "", "registrar")
}

// Authenticate believes whoever shows credentials, unless forged.
func (a *admission) Authenticate(_ context.Context, _ time.Time, req *sip.Request, _ transport.Flow, _ leg.Party) (bool, int, []sip.Header) {
	if !a.forged && message.Header(req, "Authorization") != "" {
		return true, 0, nil
	}
	return false, 401, []sip.Header{sip.NewHeader("WWW-Authenticate", `Digest realm="demo"`)}
}

// recorder is the ledger.
type recorder struct {
	world  *world
	events []ledger.Event
}

// Record notes an event.
func (r *recorder) Record(e ledger.Event) {
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	r.events = append(r.events, e)
	var b strings.Builder
	b.WriteString(string(e.Kind))
	add := func(name string, value any, show bool) {
		if show {
			fmt.Fprintf(&b, " %s=%v", name, value)
		}
	}
	add("leg", e.Leg, e.Leg != 0)
	add("peer", e.Peer, e.Peer != 0)
	add("party", e.Party, e.Party != "")
	add("to", e.To, e.To != "")
	add("status", e.Status, e.Status != 0)
	add("q850", e.Q850, e.Q850 != 0)
	add("by", e.By, e.By != "")
	add("reason", fmt.Sprintf("%q", e.Reason), e.Reason != "")
	add("detail", fmt.Sprintf("%q", e.Detail), e.Detail != "" && e.Kind == ledger.Alarm)
	add("emergency", e.Emergency, e.Emergency)
	r.world.log("ledger", b.String())
}

// check asserts that every call and every leg has one beginning and one end.
func (r *recorder) check() {
	count := map[string]int{}
	for _, e := range r.events {
		count[fmt.Sprintf("%s %s %d", e.Kind, e.Call, e.Leg)]++
		switch e.Kind {
		case ledger.Arrived:
			count["begun "+e.Call]++
		case ledger.Ended:
			count["begun "+e.Call]--
		}
	}
	for what, n := range count {
		begun := strings.HasPrefix(what, "begun ")
		once := strings.HasPrefix(what, string(ledger.Ended)) || strings.HasPrefix(what, string(ledger.LegEnded))
		if begun && n != 0 || once && n != 1 {
			r.world.t.Errorf("ledger: %s: %d", what, n)
		}
	}
}

// plane is the sound plane.
type plane struct {
	world *world
	next  uint16
	limit int // of ports; 0 means none
	ports []*port
}

// port is an endpoint; its name is the party whose SDP was applied to it.
type port struct {
	media.Endpoint
	plane  *plane
	number uint16
	owner  string
	events media.Events
	closed bool
}

// Open gives the next port while there are any.
func (p *plane) Open(_, _ string, events media.Events) (media.Endpoint, error) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	if p.limit > 0 && len(p.ports) >= p.limit {
		return nil, media.ErrNoPorts
	}
	e := &port{plane: p, number: p.next, events: events}
	p.next += 2
	p.ports = append(p.ports, e)
	p.world.log("sound", fmt.Sprintf("open %d", e.number))
	return e, nil
}

// Stats is not used.
func (p *plane) Stats() media.PlaneStats { return media.PlaneStats{} }

// Close is not used.
func (p *plane) Close() error { return nil }

// tell makes an event happen at the port of a party.
func (p *plane) tell(owner string, args []string) {
	kinds := map[string]media.EventKind{"timeout": media.Timeout, "ended": media.Ended, "oneway": media.OneWay, "digit": media.Digit}
	e := media.Event{Kind: kinds[args[0]], At: time.Now()}
	if len(args) > 1 {
		e.Digit = args[1][0]
	}
	p.world.log("sound", owner+" "+strings.Join(args, " "))
	for _, port := range p.ports {
		if port.owner == owner && !port.closed {
			port.events(e)
			return
		}
	}
}

func (p *plane) check() {
	for _, e := range p.ports {
		if !e.closed {
			p.world.t.Errorf("port %d (%s) was never closed", e.number, e.owner)
		}
	}
}

func (e *port) name() string {
	if e.owner != "" {
		return e.owner
	}
	return fmt.Sprint(e.number)
}

// note writes to the transcript; world.mu is held.
func (e *port) note(format string, args ...any) {
	if e.closed {
		e.plane.world.t.Errorf("port %d is used after its Close", e.number)
	}
	e.plane.world.log("sound", fmt.Sprintf(format, args...))
}

// MediaSource marks an endpoint as a source.
func (e *port) MediaSource() {}

// Local is its address.
func (e *port) Local() netip.AddrPort { return netip.AddrPortFrom(self.Addr(), e.number) }

// Update notes the far side.
func (e *port) Update(r media.Remote) error {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	for _, p := range e.plane.world.order {
		if p.addr.Addr() == r.RTP.Addr() {
			e.owner = p.name
		}
	}
	var codecs []string
	for _, p := range r.Payloads {
		codecs = append(codecs, fmt.Sprintf("%s/%d", p.Encoding, p.Type))
	}
	e.note("%d is %s: %s send=%t receive=%t %s", e.number, e.name(), r.RTP, r.Send, r.Receive, strings.Join(codecs, ","))
	return nil
}

// Hear notes an edge.
func (e *port) Hear(from media.Source) error {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	switch from := from.(type) {
	case *port:
		e.note("%s hears %s", e.name(), from.name())
	case *media.Prompt:
		e.note("%s hears prompt %s", e.name(), from.Name)
	default:
		e.note("%s hears nothing", e.name())
	}
	return nil
}

// SetTimeout notes the media timeout.
func (e *port) SetTimeout(d time.Duration) {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	e.note("%s timeout %s", e.name(), d)
}

// Stats are none.
func (e *port) Stats() media.Stats { return media.Stats{} }

// Close notes the end.
func (e *port) Close() media.Stats {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	e.note("close %d", e.number)
	e.closed = true
	return media.Stats{}
}
