package exchange

import (
	"bytes"
	"hash/maphash"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Limits of what is remembered for other nodes.
const (
	maxCarried  = 20_000           // INVITEs of other nodes without a final response
	carriedLife = 15 * time.Minute // at least: longer than any call rings
)

// carriage is an INVITE that another node sent to a phone by a flow of this one.
type carriage struct {
	node   string
	flow   transport.Flow
	invite *sip.Request
	rings  bool    // a provisional response came
	taker  *strand // has taken it over; nil while its node has it
}

// carriages are those without a final response, by their branch. What is forgotten
// by age is forgotten in bulk: when the old ones are over, the young become the old.
// The zero value is ready. Safe for concurrent use.
type carriages struct {
	mu         sync.Mutex
	young, old map[string]*carriage
	turned     time.Time
}

// add remembers an INVITE, or returns false if there are too many.
func (cs *carriages) add(now time.Time, branch string, c *carriage) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if now.Sub(cs.turned) > carriedLife {
		cs.young, cs.old, cs.turned = map[string]*carriage{}, cs.young, now
	}
	if len(cs.young)+len(cs.old) >= maxCarried {
		return false
	}
	if cs.find(branch) == nil { // else it is sent again
		cs.young[branch] = c
	}
	return true
}

// find returns an INVITE, or nil. The lock is held.
func (cs *carriages) find(branch string) *carriage {
	if c := cs.young[branch]; c != nil {
		return c
	}
	return cs.old[branch]
}

func (cs *carriages) remove(branch string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.young, branch)
	delete(cs.old, branch)
}

// taker notes a response that is about to go to its node, and returns the strand
// that has taken the transaction over, if one has.
func (cs *carriages) taker(branch string, res *sip.Response) *strand {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c := cs.find(branch)
	if c == nil {
		return nil
	}
	c.rings = c.rings || isFor(res, sip.INVITE) && res.StatusCode < 200
	return c.taker
}

// lost has the strands of choose take over what a node sent, or, for "", any node.
func (cs *carriages) lost(node string, choose func(branch string) *strand) (taken int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for _, generation := range []map[string]*carriage{cs.young, cs.old} {
		for branch, c := range generation {
			if node != "" && c.node != node || c.taker != nil {
				continue
			}
			s, rings := choose(branch), c.rings
			c.taker = s // what comes from now on stands behind takeOver in its mailbox
			s.box.post(func(now time.Time) { s.takeOver(now, c.invite, c.flow, rings) })
			taken++
		}
	}
	return taken
}

func isFor(res *sip.Response, method sip.RequestMethod) bool { return res.CSeq().MethodName == method }

// Carry writes a message of another node to a flow of this one. An INVITE that
// begins a call is remembered until its final response has gone to its node.
func (x *Exchange) Carry(node string, f transport.Flow, msg []byte) error {
	branch := x.remember(node, f, msg)
	err := x.cfg.Sender.Send(f, msg)
	if err != nil && branch != "" {
		x.carried.remove(branch)
	}
	return err
}

// remember returns the branch of a message that was remembered, or "".
func (x *Exchange) remember(node string, f transport.Flow, msg []byte) string {
	if !bytes.HasPrefix(msg, []byte("INVITE ")) {
		return ""
	}
	parsed, err := message.Parse(msg)
	req, ok := parsed.(*sip.Request)
	if err != nil || !ok || message.ToTag(req) != "" {
		return ""
	}
	if x.cfg.Trace != nil {
		x.cfg.Trace.Dialog(time.Now(), req.CallID().Value())
	}
	branch := message.ViaBranch(req)
	if !x.carried.add(time.Now(), branch, &carriage{node: node, flow: f, invite: req}) {
		x.counters.CarriedFull.Add(1)
		return ""
	}
	return branch
}

// elsewhere takes a message to the node that it belongs to, or to the strand that
// stands in for it. What another node forwarded to here goes no further.
func (x *Exchange) elsewhere(node uint16, r transport.Received) {
	if r.Flow.Node != "" || x.cfg.Forward == nil {
		x.counters.Unforwarded.Add(1)
		return
	}
	res, isResponse := r.Msg.(*sip.Response)
	if isResponse {
		if s := x.carried.taker(message.ViaBranch(res), res); s != nil {
			s.receive(r)
			return
		}
	}
	switch {
	case !x.cfg.Forward(node, r):
		x.counters.Unforwarded.Add(1)
	case isResponse && isFor(res, sip.INVITE) && res.StatusCode >= 200:
		x.carried.remove(message.ViaBranch(res))
	}
}

// Lost tells the strands that a node cannot be reached any more, and ends what its
// calls ring here.
func (x *Exchange) Lost(node string, err error) {
	for _, s := range x.strands {
		s.box.post(func(now time.Time) { s.lost(now, node, err) })
	}
	x.seats.Forget(node)
	x.desk.box.post(func(now time.Time) { x.desk.book.Forget(now, node) })
	x.cancelCarried(node, "phones that rang for a lost node are cancelled")
}

// lost ends the transactions by the link to a node, and has the calls look after what
// else went by it.
func (s *strand) lost(now time.Time, node string, err error) {
	s.table.Lost(now, node, err)
	for _, r := range s.calls {
		if !r.call.Over() {
			s.step(now, r, b2bua.Lost{Node: node})
		}
	}
}

// cancelCarried ends what rings here for a node, or, for "", for any.
func (x *Exchange) cancelCarried(node, line string) {
	taken := x.carried.lost(node, func(branch string) *strand {
		return x.strands[maphash.String(x.seed, branch)%uint64(len(x.strands))]
	})
	if taken > 0 {
		x.counters.TakenOver.Add(uint64(taken))
		x.log.Info(line, "node", node, "phones", taken)
	}
}

// orphan is an INVITE that this strand has taken over. It lives as long as its
// transactions, which own it.
type orphan struct {
	*strand
	leg *leg.Leg
}

// takeOver ends an INVITE that a lost node has sent.
func (s *strand) takeOver(now time.Time, invite *sip.Request, f transport.Flow, rings bool) {
	o := &orphan{strand: s}
	tx := s.table.Adopt(now, invite, f, rings, o)
	o.leg = leg.Orphan(tx, invite, f, s)
	o.leg.End(now, o, cause.Verdict{Status: 503, Q850: 41, Reason: "Node lost", Fault: cause.Us})
}

// Respond sends a response (leg.Wire).
func (o *orphan) Respond(now time.Time, tx *transaction.Server, res *sip.Response) {
	o.table.Respond(now, tx, res)
}

// Start sends a request (leg.Wire).
func (o *orphan) Start(now time.Time, req *sip.Request, f transport.Flow, owner any) *transaction.Client {
	if owner != nil {
		owner = o
	}
	return o.table.Start(now, req, f, owner)
}

// Cancel ends the INVITE (leg.Wire).
func (o *orphan) Cancel(now time.Time, tx *transaction.Client, reason string) {
	o.table.Cancel(now, tx, reason)
}

var _ leg.Wire = (*orphan)(nil)
