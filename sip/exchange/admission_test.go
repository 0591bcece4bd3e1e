package exchange_test

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// admission decides as the program of a story says. A program has one line each:
//
//	ring 1001 1002/b carrier [timeout=10s] [busy] [confirm]   a stage; digits are
//	                                                         seats, NAME! is one who must confirm,
//	                                                         NAME@NODE one whom another node reaches,
//	                                                         A>B is A, or else B
//	offline 480                                                a stage without targets
//	echo, play NAME..., refuse 404, challenge 401
//	emergency, delay 1s, max-calls 1, caller-seat, forged (who moves cannot prove it)
//	tcp carrier (is on TCP), ports 1 (so many and no more), unreachable 1001 (sending there fails),
//	channels carrier 1 (so many calls and no more), answers carrier (its challenges),
//	session 1800s (is proposed on every leg), strands 3 (for stories without a transcript)
type admission struct {
	world     *world
	program   b2bua.Program
	rings     []action
	challenge int
	delay     time.Duration
	maxCalls  int
	sessions  time.Duration
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
		case "emergency":
			a.program.Emergency = true
		case "delay":
			a.delay, _ = time.ParseDuration(arg)
		case "session":
			a.sessions, _ = time.ParseDuration(arg)
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
		case "tcp":
			w.party(arg).overTCP()
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

// Emergency tells what the program says.
func (a *admission) Emergency(*sip.Request) bool { return a.program.Emergency }

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

func (a *admission) address(name string, req *sip.Request) leg.Address {
	a.world.mu.Lock()
	flow := a.world.party(name).flow()
	a.world.mu.Unlock()
	addr := flow.Remote
	seat, _, _ := strings.Cut(name, "/")
	kind := leg.Trunk
	if strings.Trim(seat, "0123456789") == "" {
		kind = leg.Seat
	}
	target := message.URI(seat, addr)
	address := leg.Address{
		Party: partyOf(kind, seat, addr.Addr()), Flow: flow, Target: target,
		To:   dialog.Name{URI: target},
		From: dialog.Name{URI: message.URI(req.From().Address.User, self)},
	}
	if seat == a.world.trunks.answers {
		address.Answer = a.world.trunks.answer
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
		p.Home = netip.AddrPortFrom(addr, 5060)
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
