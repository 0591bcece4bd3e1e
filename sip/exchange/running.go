package exchange

import (
	"errors"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/deadline"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// shutdown is the verdict of calls that a stopping node ends.
var shutdown = cause.Verdict{Status: 503, Q850: 41, Reason: "Shutting down", Fault: cause.Us}

// errNoPorts: Open failed before, or was never called.
var errNoPorts = errors.New("leg has no ports")

// running is a call on its strand, and performs its effects (b2bua.Effects).
type running struct {
	*strand
	deadline.Place // among the strand's calls
	call           *b2bua.Call
	ports          []*port  // by leg number - 1; nil without ports
	tags           []string // in strand.legs
	// channels give the trunks' channels back, by leg number - 1; nil without one
	channels []func()
	once     bool   // a stranger's: what refuses it is sent once
	reserved bool   // a place was looked for before the call was admitted
	shown    *shown // to those who watch its seats; nil before the first
	tape     *tape  // nil before the first recording
	// trails are the strands that send messages of a leg on to here, by its tag.
	trails map[string][]*strand

	arrived     time.Time // its INVITE, on the wire
	setUp, rang bool      // these delays were measured
}

// port is the sound of a leg, and where the leg is: it may move.
type port struct {
	media.Endpoint
	at atomic.Pointer[place]
}

// tell takes an event of the sound to the leg.
func (p *port) tell(e media.Event) {
	at := p.at.Load()
	at.run.later(b2bua.Sound{Leg: at.leg, Event: e})
}

// owns is the owner of a leg's transactions.
func (r *running) owns(now time.Time, l *leg.Leg) place {
	if r.know(l) {
		r.note(now, l, l.Party)
	}
	return place{run: r, leg: l.ID}
}

// note has it remembered that the messages of a leg are this call's.
func (r *running) note(now time.Time, l *leg.Leg, p leg.Party) {
	if t := r.x.cfg.Trace; t != nil {
		t.Leg(now, r.call.ID, l.ID, p, l.Dialog.CallID)
	}
}

// know makes a leg's dialog findable by our tag; it is false if it is already.
func (r *running) know(l *leg.Leg) bool {
	tag := l.Dialog.LocalTag
	if _, ok := r.legs[tag]; ok {
		return false
	}
	r.legs[tag] = place{run: r, leg: l.ID}
	r.tags = append(r.tags, tag)
	return true
}

// Respond sends a response (leg.Wire).
func (r *running) Respond(now time.Time, tx *transaction.Server, res *sip.Response) {
	r.write()
	if r.once && res.StatusCode >= 300 {
		if !r.table.Refuse(now, tx, res) {
			r.x.counters.Unanswered.Add(1)
			r.table.Forget(tx)
		}
		return
	}
	r.table.Respond(now, tx, res)
}

// Start sends a request (leg.Wire).
func (r *running) Start(now time.Time, req *sip.Request, f transport.Flow, owner any) *transaction.Client {
	r.write()
	l, ok := owner.(*leg.Leg)
	if !ok || l == nil {
		return r.table.Start(now, req, f, nil)
	}
	if !r.x.cfg.Sender.Stands(f) && l.Redial() {
		f = l.Flow
	}
	if req.Method == sip.INVITE {
		r.invites(l)
	}
	return r.table.Start(now, req, f, r.owns(now, l))
}

// Cancel ends a pending INVITE (leg.Wire).
func (r *running) Cancel(now time.Time, tx *transaction.Client, reason string) {
	if tx != nil {
		r.write()
		r.table.Cancel(now, tx, reason)
	}
}

// Secret draws what the keys of a leg's sound are made of.
func (r *running) Secret() []byte { return r.x.cfg.Secret() }

// Open reserves the ports of a leg.
func (r *running) Open(id int, network string) (netip.AddrPort, error) {
	p := new(port)
	p.at.Store(&place{run: r, leg: id})
	var err error
	p.Endpoint, err = r.x.cfg.Media.Open(network, r.call.ID, p.tell)
	if err != nil {
		r.x.log.Warn("no RTP port for a call", "call", r.call.ID, "network", network, "error", err)
		return netip.AddrPort{}, err
	}
	for len(r.ports) < id {
		r.ports = append(r.ports, nil)
	}
	r.ports[id-1] = p
	return p.Local(), nil
}

func (r *running) port(id int) (*port, error) {
	if id < 1 || id > len(r.ports) || r.ports[id-1] == nil {
		return nil, errNoPorts
	}
	return r.ports[id-1], nil
}

// Update applies an SDP exchange to a leg.
func (r *running) Update(id int, m media.Remote) {
	p, err := r.port(id)
	if err == nil {
		err = p.Update(m)
	}
	r.complain("update", id, err)
}

// Hear makes a leg hear others, itself alone, or nothing.
func (r *running) Hear(id int, from ...int) { r.hear(id, nil, from) }

// Play makes a leg hear prompts, over what others say. One that does not exist ends at
// once.
func (r *running) Play(id int, prompts []string, over ...int) {
	prompt := r.x.cfg.Prompts(prompts)
	if (prompt != nil || len(over) > 0) && r.hear(id, prompt, over) && prompt != nil {
		return
	}
	r.x.log.Warn("prompt cannot be played", "call", r.call.ID, "prompts", prompts)
	r.later(b2bua.Sound{Leg: id, Event: media.Event{Kind: media.Ended}})
}

func (r *running) hear(id int, prompt *media.Prompt, from []int) bool {
	p, err := r.port(id)
	sources := make([]media.Source, 0, len(from)+1)
	for _, o := range from {
		other, bad := r.port(o)
		if bad != nil {
			r.complain("hear", o, bad)
			return false
		}
		sources = append(sources, other.Endpoint)
	}
	if prompt != nil {
		sources = append(sources, prompt)
	}
	if err == nil {
		err = p.Hear(sources...)
	}
	r.complain("hear", id, err)
	return err == nil
}

// Press has a leg hear a key.
func (r *running) Press(id int, digit byte) {
	p, err := r.port(id)
	if err == nil {
		err = p.Press(string(rune(digit)))
	}
	r.complain("press", id, err)
}

// Mask has what a leg's party says heard by nobody, and its keys shown to nobody.
func (r *running) Mask(id int, yes bool) {
	if t := r.x.cfg.Trace; t != nil && yes {
		t.Hide(r.call.Leg(id).Dialog.CallID)
	}
	p, err := r.port(id)
	if err == nil {
		err = p.Mask(yes)
	}
	r.complain("mask", id, err)
}

// Detect says whether keys are told that a leg's party says as tones.
func (r *running) Detect(id int, yes bool) {
	p, err := r.port(id)
	if err == nil {
		err = p.Detect(yes)
	}
	r.complain("detect", id, err)
}

// Watch sets the media timeout of a leg.
func (r *running) Watch(id int, speaks bool) {
	p, err := r.port(id)
	if err != nil {
		return
	}
	sound := r.x.cfg.HeldTimeout
	if speaks {
		sound = r.x.cfg.MediaTimeout
	}
	p.SetTimeout(sound, r.x.cfg.HeldTimeout)
}

// Close releases the ports of a leg.
func (r *running) Close(id int) media.Stats {
	p, err := r.port(id)
	if err != nil {
		return media.Stats{}
	}
	r.untap(id)
	r.ports[id-1] = nil
	figures := p.Close()
	trunk := ""
	if l := r.call.Leg(id); l != nil && l.Party.Kind == leg.Trunk {
		trunk = l.Party.Name
	}
	r.x.cfg.Quality.Ended(trunk, &figures)
	return figures
}

// Record has an event written to the ledger before the next effect that anybody
// can see, together with those behind it.
func (r *running) Record(e ledger.Event) {
	if e.Kind == ledger.Ended {
		r.endTape(e.By)
	}
	r.events = append(r.events, e)
	r.taping(e)
	switch e.Kind {
	case ledger.Answered:
		r.answered(e)
	case ledger.Conference:
		if e.Detail == b2bua.WrongPIN {
			r.x.counters.PINsWrong.Add(1)
		}
	case ledger.Ended:
		if log := r.x.log; log.Enabled(r.x.ctx, slog.LevelDebug) {
			log.Debug("call ends", "call", r.call.ID, "by", e.By, "status", e.Status, "q850", e.Q850)
		}
	default:
	}
}

func (r *running) complain(what string, id int, err error) {
	if err != nil {
		r.x.log.Warn("media edit failed", "edit", what, "call", r.call.ID, "leg", id, "error", err)
	}
}

var _ b2bua.Effects = (*running)(nil)
