package exchange_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan/flow"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/exchange"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/subscribe"
	"strowger/sip/transport"
)

// admission decides as the program of a story says. A program has one line each:
//
//	ring 1001 1002/b carrier [timeout=10s] [busy] [confirm]   a stage; digits are
//	                                                         seats, NAME! is one who must confirm,
//	                                                         NAME@NODE one whom another node reaches,
//	                                                         A>B is A, or else B
//	busy 1003, no-answer 1003, unreached 1003                who has the calls of the stage above then
//	offline 480                                                a stage without targets
//	flow NAME (of testdata/flows.hcl; its seats and trunk are parties),
//	echo, play NAME..., refuse 404, challenge 401
//	pick 1002, pick-group desk, pick-place 701 (a call to have), group 1002 desk (its pick-up group),
//	park 701-702 2m (where calls are transferred to),
//	supervise 1002 listen (the seat is supervised), conference 800 3 [PIN or -] [music] (is joined, with so many members),
//	to 1003 LINE                                               what is dialled as 1003, at first or by a transfer
//	notifies 1 (a second, of all), subscriptions 2 (of a seat),
//	nobody 1009 (is no seat to watch), messages 2 1 (new and old, that wait for every seat),
//	emergency, delay 1s, max-calls 1, caller-seat, trunk-transfers, forged (who moves cannot prove it)
//	edge proxy carrier (another address of the trunk, which passes on what it gets)
//	host core.example carrier (a name of that party, known 0.1 s after it was asked for)
//	srtp 1002 optional [clear] (or required: its sound is encrypted; clear: without TLS too),
//	tls 1002 (is on TLS), tcp carrier (is on TCP), ports 1 (so many and no more), unreachable 1001 (sending there fails),
//	channels carrier 1 (so many calls and no more), answers carrier (its challenges),
//	follows carrier 1 (so many of its 3xx), codecs carrier PCMU (is offered these only),
//	keys 1002 info (how it says digits),
//	show From Privacy (these headers are in the transcript too),
//	trusted carrier (says and is told who calls; whoever is named in no such line is not)
//	session 1800s [120s] (is proposed on every leg; the least), random 100 (percent of the longest wait), strands 3 (for stories without a transcript),
//	record 1001 notice (calls of the seat, after a prompt),
//	sounds 1002 cy de sales (language, tones and music of a party, - for none) [ringing] [failures],
//	no-transcode (only the laws of G.711 are converted), full (no more sound can be carried),
//	nodes 2 (of a cluster), other-tenant 1004 (is of one)
type admission struct {
	world     *world
	program   b2bua.Program
	rings     []action
	challenge int
	delay     time.Duration
	maxCalls  int
	full      bool
	sessions  time.Duration
	least     time.Duration
	random    int // percent of what could be
	strands   int
	nodes     int
	record    []exchange.RecordRule
	others    map[string]bool // are of another tenant
	transfers bool            // trunks may
	edges     []string        // further addresses of every trunk
	seat      bool
	numbers   map[string]*admission // what is dialled as such
	forged    bool
	laws      bool // of the conversions of sound, only that between the laws of G.711
	nobody    string
	follows   string // a flow
	messages  subscribe.Messages
	limits    subscribe.Limits
	shows     []string
}

func parseProgram(w *world, text string) *admission {
	a := &admission{world: w, numbers: map[string]*admission{}, others: map[string]bool{}}
	w.party("caller")
	a.parse(text)
	return a
}

func (a *admission) parse(text string) {
	w := a.world
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		arg := strings.Join(f[1:], " ")
		switch f[0] {
		case "to":
			number, rest, _ := strings.Cut(arg, " ")
			if a.numbers[number] == nil {
				a.numbers[number] = &admission{world: w, seat: true}
			}
			a.numbers[number].parse(rest)
		case "busy", "no-answer", "unreached":
			w.party(arg)
			last := &a.rings[len(a.rings)-1]
			last.args = append(last.args, f[0]+"="+arg)
		case "ring", "offline":
			a.rings = append(a.rings, action{what: f[0], args: f[1:]})
			for _, name := range f[1:] {
				if isParty(name) && f[0] == "ring" {
					for name := range strings.SplitSeq(name, ">") {
						name, node, _ := strings.Cut(name, "@")
						w.party(strings.TrimSuffix(name, "!")).node = node
					}
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
		case "flow":
			a.follows, a.program.Entry = arg, "flow"
			for _, name := range []string{"1002", "1003", "carrier"} {
				w.party(name)
			}
		case "emergency":
			a.program.Emergency = true
		case "delay":
			a.delay, _ = time.ParseDuration(arg)
		case "session":
			a.sessions, _ = time.ParseDuration(f[1])
			if len(f) > 2 {
				a.least, _ = time.ParseDuration(f[2])
			}
		case "sounds":
			word := func(i int) string { return strings.Trim(f[i], "-") }
			h := &leg.Heard{Language: word(2), Tones: word(3), Music: word(4)}
			h.Ringing, h.Failures = slices.Contains(f[5:], "ringing"), slices.Contains(f[5:], "failures")
			w.sounds[f[1]] = h
		case "random":
			a.random = atoi(arg)
		case "record":
			a.record = append(a.record, exchange.RecordRule{Seats: f[1], Tenant: "demo", Percent: 100, Announce: strings.Join(f[2:], " ")})
		case "full":
			a.full = true
		case "no-transcode":
			a.laws = true
		case "max-calls":
			a.maxCalls = atoi(arg)
		case "caller-seat":
			a.seat = true
		case "other-tenant":
			a.others[arg] = true
		case "nodes":
			a.nodes = atoi(arg)
		case "strands":
			a.strands = atoi(arg)
		case "show":
			a.shows = f[1:]
		case "trusted":
			w.trunks.trusted = map[string]bool{}
			for _, name := range f[1:] {
				w.trunks.trusted[name] = true
			}
		case "trunk-transfers":
			a.transfers = true
		case "forged":
			a.forged = true
		case "notifies": // a second, of all subscriptions together
			a.limits.Rate = atoi(arg)
		case "subscriptions": // of one seat
			a.limits.PerSeat = atoi(arg)
		case "pick", "pick-group", "pick-place":
			a.program.Pick = map[string]*b2bua.Pick{"pick": {Seat: arg}, "pick-group": {Group: arg}, "pick-place": {Place: arg}}[f[0]]
		case "group":
			w.groups[f[1]] = f[2]
		case "park":
			first, last, _ := strings.Cut(f[1], "-")
			timeout, _ := time.ParseDuration(f[2])
			a.program.App, a.program.Park = b2bua.AppPark, &b2bua.Park{First: atoi(first), Last: atoi(last), Timeout: timeout}
		case "supervise":
			mode, err := b2bua.ParseMode(f[2])
			if err != nil {
				w.t.Fatal(err)
			}
			a.program.Pick, a.program.Part = &b2bua.Pick{Talks: f[1]}, b2bua.Part{Supervise: mode}
		case "conference":
			a.program.Pick, a.program.Part = &b2bua.Pick{Room: f[1]}, b2bua.Part{Room: f[1]}
			a.program.Conference = &b2bua.Conference{Room: f[1], Limit: atoi(f[2]), Music: slices.Contains(f, "music")}
			if len(f) > 3 {
				a.program.Conference.PIN = strings.Trim(f[3], "-")
			}
		case "nobody":
			a.nobody = arg
		case "messages":
			a.messages = subscribe.Messages{New: atoi(f[1]), Old: atoi(f[2])}
		case "ports":
			w.sound.limit = atoi(arg)
		case "edge":
			a.edges = append(a.edges, f[1])
			w.party(f[1]).behind = w.party(f[2])
		case "host":
			w.hosts[f[1]] = w.party(f[2])
		case "tcp":
			w.party(arg).overTCP()
		case "tls":
			w.party(arg).tls = true
		case "srtp":
			w.secured.read(f[1:])
		case "follows":
			w.trunks.follows[f[1]] = atoi(f[2])
		case "keys":
			w.trunks.keys[f[1]] = leg.KeysOf(f[2])
		case "codecs":
			w.trunks.codecs[f[1]] = f[2:]
		case "answers":
			w.trunks.answers = arg
		case "channels":
			w.trunks.limits[f[1]] = atoi(f[2])
		case "unreachable":
			w.party(arg).unreachable = true
		default:
			w.t.Fatalf("program line %q", line)
		}
	}
}

func isParty(word string) bool {
	return word != "busy" && word != "confirm" && !strings.Contains(word, "=")
}

// Challenge asks who shows no credentials, if the program says so.
func (a *admission) Challenge(_ time.Time, req *sip.Request, flow transport.Flow) (int, []sip.Header, bool) {
	if a.challenge == 0 || flow.Proto == transport.Node || message.Header(req, "Authorization") != "" {
		return 0, nil, false
	}
	return a.challenge, []sip.Header{sip.NewHeader("WWW-Authenticate", `Digest realm="demo"`)}, true
}

// Emergency tells what the program says.
func (a *admission) Emergency(*sip.Request) bool { return a.program.Emergency }

// Admit gives the program of the story.
func (a *admission) Admit(ctx context.Context, _ time.Time, req *sip.Request, flow transport.Flow) b2bua.Program {
	a.wait(ctx)
	if p, ok := b2bua.ForNode(req, flow); ok {
		return p
	}
	name := req.From().Address.User
	kind := leg.Trunk
	if a.seat || isNumber(name) {
		kind = leg.Seat
	}
	if b := a.numbers[req.Recipient.User]; b != nil {
		a = b
	}
	if d, found, ok := message.Replaced(req); found && ok {
		return b2bua.Program{Caller: a.partyOf(kind, name, flow.Remote.Addr()), From: name, Entry: "replaces", Replaces: &d}
	}
	return a.world.await(req.CallID().Value(), a.decide(name, kind, req, flow))
}

// Route gives the program of a number.
func (a *admission) Route(ctx context.Context, _ time.Time, ask b2bua.Ask, flow transport.Flow) b2bua.Program {
	a.wait(ctx)
	if ask.Supervise != nil {
		req := sip.NewRequest(sip.INVITE, ask.To)
		req.AppendHeader(&sip.FromHeader{Address: sip.Uri{User: ask.Shown.Presentation}})
		return b2bua.Program{Caller: ask.By, Stages: []b2bua.Stage{{Targets: []b2bua.Target{{Address: a.address(ask.By.Name, req)}}}}}
	}
	b := a.numbers[ask.To.User]
	if b == nil {
		v := cause.New(404, "", cause.Caller)
		return b2bua.Program{To: ask.To.User, Refuse: &v}
	}
	req := sip.NewRequest(sip.INVITE, ask.To)
	req.AppendHeader(&sip.FromHeader{Address: sip.Uri{User: ask.Shown.Presentation}})
	return b.decide(ask.Shown.Presentation, ask.By.Kind, req, flow)
}

// wait takes the time that the program says.
func (a *admission) wait(ctx context.Context) {
	if a.delay > 0 {
		select {
		case <-time.After(a.delay):
		case <-ctx.Done():
		}
	}
}

func isNumber(name string) bool { return strings.Trim(name, "0123456789") == "" }

func (a *admission) decide(name string, kind leg.Kind, req *sip.Request, f transport.Flow) b2bua.Program {
	p := a.program
	p.Shown = &identity.Caller{Presentation: name}
	if a.world.trunks.trusted != nil {
		c := identity.Of(req, identity.Peer{Trusted: a.world.trunks.trusted[name] && kind == leg.Trunk})
		if kind == leg.Seat {
			c.Display, c.Network = seatIdentity(name)
		}
		p.Shown = &c
	}
	if name == a.world.trunks.answers {
		p.Answer = a.world.trunks.answer
	}
	p.Caller = a.partyOf(kind, name, f.Remote.Addr())
	p.From, p.To, p.Entry = name, req.Recipient.User, "story"
	for _, r := range a.rings {
		p.Stages = append(p.Stages, a.stage(r, req))
	}
	if a.follows != "" {
		return a.act(p, req, begin(a.follows, name), flow.Event{}, cause.Verdict{})
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
	if v, ok := r.option("busy"); ok && v == "" {
		s.Busy = true
	}
	_, confirm := r.option("confirm")
	s.Divert = &b2bua.Divert{Busy: a.instead(r, "busy", req), NoAnswer: a.instead(r, "no-answer", req), Unreached: a.instead(r, "unreached", req)}
	for _, name := range r.args {
		if isParty(name) {
			name, _, _ = strings.Cut(name, "@")
			name, one := strings.CutSuffix(name, "!")
			ways := strings.Split(name, ">")
			t := b2bua.Target{Address: a.address(ways[0], req), Confirm: confirm || one}
			for _, way := range ways[1:] {
				t.Next = append(t.Next, a.address(way, req))
			}
			s.Targets = append(s.Targets, t)
		}
	}
	return s
}

// instead is who has the calls of a stage in a case.
func (a *admission) instead(r action, what string, req *sip.Request) []b2bua.Stage {
	name, _ := r.option(what)
	if name == "" {
		return nil
	}
	return []b2bua.Stage{{Targets: []b2bua.Target{{Address: a.address(name, req)}}}}
}

func (a *admission) address(name string, req *sip.Request) leg.Address {
	a.world.mu.Lock()
	flow := a.world.party(name).flow()
	a.world.mu.Unlock()
	addr := flow.Remote
	seat, _, _ := strings.Cut(name, "/")
	kind := leg.Trunk
	if isNumber(seat) {
		kind = leg.Seat
	}
	target := message.URI(seat, addr)
	address := leg.Address{
		Party: a.partyOf(kind, seat, addr.Addr()), Flow: flow, Target: target,
		To:   dialog.Name{URI: target},
		From: dialog.Name{URI: message.URI(req.From().Address.User, self)},
	}
	if a.world.trunks.trusted != nil {
		c := identity.Of(req, identity.Peer{Trusted: a.world.trunks.trusted[req.From().Address.User] && !a.seat})
		address.From = c.From("192.0.2.1")
		address.Headers = c.ToSeat("192.0.2.1")
		if kind == leg.Seat {
			shown := identity.Caller{Presentation: seat}
			shown.Display, shown.Network = seatIdentity(seat)
			address.Shown = &shown
		}
		if kind == leg.Trunk {
			address.Headers = c.ToTrunk(identity.Peer{Trusted: a.world.trunks.trusted[seat]}, "192.0.2.1")
		}
	}
	address.Redirect = a.redirect(seat, req, a.world.trunks.follows[seat])
	if seat == a.world.trunks.answers {
		address.Answer = a.world.trunks.answer
	}
	if f := req.MaxForwards(); f != nil {
		address.Forwards = f.Val() - 1
	}
	return address
}

// redirect follows so many 3xx, to a party of the story that the URI names.
func (a *admission) redirect(from string, req *sip.Request, left int) func(sip.Uri) (leg.Address, bool) {
	if left == 0 {
		return nil
	}
	return func(u sip.Uri) (leg.Address, bool) {
		if a.world.parties[u.User] == nil || u.User == from {
			return leg.Address{}, false
		}
		address := a.address(u.User, req)
		address.Redirect = a.redirect(u.User, req, left-1)
		return address, true
	}
}

// seatIdentity is what is known of a seat in stories about who calls.
func seatIdentity(number string) (display, network string) {
	return "Seat " + number, "+44163296" + number
}

func (a *admission) partyOf(kind leg.Kind, name string, addr netip.Addr) leg.Party {
	p := leg.Party{Kind: kind, Name: name, Tenant: "demo", Network: "net"}
	if a.others[name] {
		p.Tenant = "other"
	}
	if kind == leg.Trunk {
		p.Sources = []netip.Prefix{netip.PrefixFrom(addr, 32)}
		a.world.mu.Lock()
		for _, edge := range a.edges {
			one := a.world.party(edge)
			p.Sources = append(p.Sources, netip.PrefixFrom(one.addr.Addr(), 32), netip.PrefixFrom(one.behind.addr.Addr(), 32))
		}
		a.world.mu.Unlock()
		p.Home, p.Transfers = netip.AddrPortFrom(addr, 5060), a.transfers
	}
	p.Keys = a.world.trunks.keys[name]
	p.Heard = a.world.sounds[name]
	p.Sound = a.world.secured[name]
	p.Codecs, p.Peer.Trusted = a.world.trunks.codecs[name], kind == leg.Trunk && a.world.trunks.trusted[name]
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

// Subscribe believes whoever shows credentials, unless forged, or need not.
func (a *admission) Subscribe(_ context.Context, _ time.Time, req *sip.Request, _ transport.Flow, held subscribe.Held) (subscribe.Grant, int, []sip.Header) {
	who := subscribe.Name{Tenant: "demo", Number: req.From().Address.User}
	if held.Known {
		who = held.Subscriber
	} else if a.forged {
		return subscribe.Grant{}, 401, nil
	}
	g := subscribe.Grant{Subscriber: who, Resource: subscribe.Name{Tenant: "demo", Number: req.Recipient.User}}
	if held != (subscribe.Held{}) {
		g.Resource.Number = held.Watched
	}
	a.world.mu.Lock()
	defer a.world.mu.Unlock()
	switch a.nobody {
	case g.Resource.Number:
		return g, 404, nil
	case who.Number:
		return g, 403, nil
	}
	g.Messages = a.messages
	return g, 0, nil
}

// waiting is what the program or the story says of a seat's messages.
func (a *admission) waiting(context.Context, string, string) (subscribe.Messages, error) {
	a.world.mu.Lock()
	defer a.world.mu.Unlock()
	return a.messages, nil
}

// PickupGroup is what the program says.
func (a *admission) PickupGroup(_ context.Context, _, seat string) string {
	return a.world.groups[seat]
}
