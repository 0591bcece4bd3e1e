package exchange_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/exchange"
	"strowger/sip/mark"
	"strowger/sip/message"
	"strowger/sip/state"
	"strowger/sip/subscribe"
	"strowger/sip/transport"
)

// pair is the exchange of a story and that of a second node, with the link between
// them. What a party sends in a dialog goes to the node that has it, as the nodes
// would forward it.
type pair struct {
	world   *world
	nodes   [2]*exchange.Exchange
	minters [2]*mark.Minter
	ledger  *recorder       // of node 2
	second  map[string]bool // Call-IDs that parties have begun at node 2
	cut     bool
	mute    bool // questions are not answered
	places  places
}

// places are the store's, of both nodes.
type places struct {
	mu    sync.Mutex
	taken map[subscribe.Name]string // calls
	until map[subscribe.Name]time.Time
	away  bool
}

func (p *places) Take(_ context.Context, place subscribe.Name, call string, until time.Time) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.away:
		return false, state.ErrUnavailable
	case p.taken[place] != "" && time.Now().Before(p.until[place]):
		return false, nil
	}
	p.taken[place], p.until[place] = call, until
	return true, nil
}

func (p *places) Free(_ context.Context, place subscribe.Name, call string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return state.ErrUnavailable
	}
	if p.taken[place] == call {
		delete(p.taken, place)
	}
	return nil
}

// join makes the second node.
func (w *world) join() {
	w.pair = &pair{
		places: places{taken: map[subscribe.Name]string{}, until: map[subscribe.Name]time.Time{}},
		world:  w, second: map[string]bool{}, ledger: &recorder{world: w, name: "ledger 2"},
	}
	for i := range w.pair.nodes {
		minter, err := mark.NewMinter(make([]byte, mark.KeySize), uint16(i+1))
		if err != nil {
			w.t.Fatal(err)
		}
		w.pair.minters[i] = minter
		c := w.config(minter)
		c.Sender = &linked{(*network)(w), w.pair, i}
		c.Node, c.Peers, c.Places = w.pair.way(i), peers{w.pair, i}, &w.pair.places
		if i == 1 {
			c.Ledger = w.pair.ledger
		}
		w.pair.nodes[i] = exchange.New(c)
	}
	w.x = w.pair.nodes[0]
}

func nodeName(i int) string { return fmt.Sprintf("node-%d", i+1) }

// way is the way of node i to the other.
func (p *pair) way(i int) func(uint16) (transport.Flow, bool) {
	return func(number uint16) (transport.Flow, bool) {
		p.world.mu.Lock()
		defer p.world.mu.Unlock()
		return p.flow(i), number == uint16(2-i) && !p.cut
	}
}

// flow is that of node i to the other.
func (p *pair) flow(i int) transport.Flow {
	at := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(101 + i)}), 7000)
	}
	return transport.Flow{Node: nodeName(1 - i), Network: "net", Proto: transport.Node, Advertised: at(i), Remote: at(1 - i)}
}

// peers are those of a node.
type peers struct {
	pair *pair
	node int
}

func (p peers) Nodes() []string { return []string{nodeName(1 - p.node)} }

func (p peers) Ask(ctx context.Context, node string, question []byte) ([]byte, error) {
	w := p.pair.world
	w.mu.Lock()
	w.log(fmt.Sprintf("node %d asks %d", p.node+1, 2-p.node), string(question))
	mute, cut := p.pair.mute, p.pair.cut
	w.mu.Unlock()
	switch {
	case node != nodeName(1-p.node):
		w.t.Errorf("node %d asks %s %q", p.node+1, node, question)
	case mute:
		<-ctx.Done()
		return nil, ctx.Err()
	case cut:
		return nil, transport.ErrUnreachable
	}
	answer, asked, err := p.pair.nodes[1-p.node].Answer(ctx, question)
	if !asked {
		w.t.Errorf("node %d asks %q", p.node+1, question)
	}
	return answer, err
}

// linked is the transport of a node that has a link.
type linked struct {
	*network
	pair *pair
	node int
}

// Send sends to a party, or by the link.
func (l *linked) Send(f transport.Flow, data []byte) error {
	if f.Proto != transport.Node {
		return l.network.Send(f, data)
	}
	w := l.pair.world
	w.mu.Lock()
	defer w.mu.Unlock()
	msg, err := message.Parse(data)
	if err != nil {
		w.t.Errorf("node %d sends what cannot be read: %v\n%s", l.node+1, err, data)
		return err
	}
	who := fmt.Sprintf("node %d -> %d", l.node+1, 2-l.node)
	if l.pair.cut {
		w.log(who, "fails: "+w.summary(msg))
		return transport.ErrUnreachable
	}
	w.log(who, w.summary(msg))
	w.outbox = append(w.outbox, transport.Received{Msg: msg, Flow: l.pair.flow(1 - l.node), At: time.Now()})
	w.awake()
	return nil
}

// link has the link cut, or mended. Node 2 learns of it a little later.
func (p *pair) link(cut bool) {
	if p.cut = cut; cut {
		p.nodes[0].Lost(nodeName(1), transport.ErrUnreachable)
		time.AfterFunc(500*time.Millisecond, func() { p.nodes[1].Lost(nodeName(0), transport.ErrUnreachable) })
	}
}

// to is the node that a message on the wire is for.
func (p *pair) to(r transport.Received) *exchange.Exchange {
	if r.Flow.Proto == transport.Node {
		if r.Flow.Node == nodeName(0) {
			return p.nodes[1]
		}
		return p.nodes[0]
	}
	token := message.ToTag(r.Msg)
	if _, ok := r.Msg.(*sip.Response); ok {
		token = strings.TrimPrefix(message.ViaBranch(r.Msg), "z9hG4bK")
	}
	for i, m := range p.minters {
		if at, ok := m.Read(token); ok && at.Node == uint16(i+1) {
			return p.nodes[i]
		}
	}
	if p.second[r.Msg.CallID().Value()] {
		return p.nodes[1]
	}
	return p.nodes[0]
}

// check asserts of node 2 what holds at the end of every story.
func (p *pair) check() {
	x := p.nodes[1]
	if calls, legs := x.Held(context.Background()); calls != 0 || legs != 0 {
		p.world.t.Errorf("%d calls and %d legs are left in node 2", calls, legs)
	}
	if started, ended := x.Counters().CallsStarted.Load(), x.Counters().CallsEnded.Load(); started != ended {
		p.world.t.Errorf("node 2: %d calls started, %d ended", started, ended)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := x.Close(ctx); err != nil {
		p.world.t.Errorf("close of node 2: %v", err)
	}
	p.ledger.check()
	if len(p.places.taken) > 0 && !p.places.away {
		p.world.t.Errorf("places are left taken: %v", p.places.taken)
	}
}
