package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/identity"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// ErrElsewhere means that a dialog is of another node: neither it nor its sound can be
// moved. A leg is made to its place there instead.
var ErrElsewhere = cause.New(503, "The other call is on another node", cause.Us)

// NodePatience is how long the link between nodes may be away before a leg that goes by
// it is asked for.
const NodePatience = 10 * time.Second

// nodeTimer is that of a leg between nodes, shorter than any: what ends at one node and
// is not told to the other, because the link could not take it, is found out in time.
var nodeTimer = leg.SessionTimer{Expires: leg.MinSession}

// timed sets the session timer of a leg to who it is.
func (p *party) timed() {
	if p.Party.Kind == leg.Node {
		p.Timer = nodeTimer
	}
}

// Lost tells that the link to a node was lost.
type Lost struct{ Node string }

func (Lost) isEvent() {}

// lost has the legs that go by a link looked after: they talk on meanwhile, and the
// link may come back. Those whose node has died end.
func (c *Call) lost(now time.Time, node string) {
	for _, p := range c.legs {
		if p.Flow.Proto == transport.Node && p.Flow.Node == node {
			p.Check(now.Add(NodePatience))
		}
	}
}

// elsewhere rings for the caller of the program: at the place of a dialog of another
// node. own tells that the dialog has to be by's own.
func (c *Call) elsewhere(now time.Time, d message.Replaces, at transport.Flow, by leg.Party, own bool, to string, out Effects) {
	c.program.Replaces = nil
	if at.Proto != transport.Node {
		c.outcome = errUnlinked
		c.fails(now, "switch", out)
		return
	}
	id := len(c.legs) + 1
	b := Behalf{By: by, With: c.caller().behind(), Call: c.ID, Leg: id, Own: own, Part: c.program.Part}
	c.program.Stages = []Stage{{Targets: []Target{placeAt(d, at, b, *c.caller().who(), to)}}}
	c.ringStages(now, out)
}

// placeAt is the place of a dialog of another node as a target.
func placeAt(d message.Replaces, at transport.Flow, b Behalf, caller identity.Caller, to string) Target {
	host := dialog.Host(at.Advertised.Addr())
	called := sip.Uri{Scheme: "sip", User: message.Escape(to), Host: dialog.Host(at.Remote.Addr())}
	headers := append(toNode(&caller), sip.NewHeader("Replaces", d.String()), b.header())
	return Target{Address: leg.Address{
		Party: leg.Party{Kind: leg.Node, Name: at.Node, Tenant: b.By.Tenant, Network: at.Network},
		Flow:  at, Target: called, To: dialog.Name{URI: called}, From: caller.From(host), Headers: headers,
	}}
}

// transferElsewhere has who is transferred take its place in the call of another node.
// There it is seen to that the place is that of who transfers.
func (c *Call) transferElsewhere(now time.Time, at transport.Flow, out Effects) {
	t := c.transfer
	to := identity.Number(t.to)
	c.record(now, out, ledger.Event{Kind: ledger.Transferred, Leg: t.by.ID, Peer: t.other.ID, To: to})
	c.part(now, out)
	t.other.hears(out)
	c.program = &Program{Emergency: c.program.Emergency, Urgent: c.program.Urgent}
	t.at = at
	c.elsewhere(now, t.asks, at, t.by.Party, true, to, out)
}

// isBusy tells whether the other call only cannot give the place now, and may soon.
func (t *transfer) isBusy(now time.Time, outcome cause.Verdict) bool {
	return t.at.Proto == transport.Node && !t.recall && outcome.Status == 491 && now.Before(t.until)
}

// again asks once more for a party, or its place, in another call.
func (c *Call) again(now time.Time, out Effects) {
	t := c.transfer
	if t.at.Proto != transport.Node {
		c.fetch(out)
		return
	}
	t.again = time.Time{}
	c.elsewhere(now, t.asks, t.at, t.by.Party, true, identity.Number(t.to), out)
}

// placed notes which place in a call of another node a leg has got.
func (c *Call) placed(now time.Time, p *party, res *sip.Response, out Effects) {
	if p.Party.Kind != leg.Node || p.State > leg.Early || res.CSeq().MethodName != sip.INVITE || res.StatusCode/100 != 2 {
		return
	}
	at, ok := readPlace(res)
	if !ok {
		return
	}
	node := p.Party.Name
	if at.With != "" {
		p.Party.Name += "/" + at.With
	}
	c.record(now, out, ledger.Event{Kind: ledger.Placed, Leg: p.ID, Party: p.Party.String(), Detail: placeOf(at.Leg, at.Call) + " of " + node})
}
