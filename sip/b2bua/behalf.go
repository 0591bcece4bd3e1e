package b2bua

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// Headers between nodes. What they say counts only by the link (transport.Node).
const (
	behalfHeader = "Strowger-For"   // of an INVITE: a Behalf
	placeHeader  = "Strowger-Place" // of its 2xx: a Place
	whoHeader    = "Strowger-Who"   // of both and of UPDATE: who is behind the node
)

// toNode is a party as another node is told it: whole, and what is withheld as such.
func toNode(who *identity.Caller) []sip.Header {
	v := url.Values{
		"display": {who.Display}, "presentation": {who.Presentation}, "network": {who.Network}, "tel": {who.Tel},
		"withheld": {strconv.FormatBool(who.Withheld)}, "privacy": {strconv.Itoa(int(who.Privacy))},
	}
	return []sip.Header{sip.NewHeader(whoHeader, v.Encode())}
}

// ofNode is who is behind a node after a message of it: known, unless it says another.
func ofNode(msg sip.Message, known *identity.Caller) *identity.Caller {
	v, err := url.ParseQuery(message.Header(msg, whoHeader))
	if err != nil || len(v) == 0 {
		return known
	}
	privacy, _ := strconv.ParseUint(v.Get("privacy"), 10, 8)
	who := &identity.Caller{
		Display: strings.Clone(v.Get("display")), Presentation: strings.Clone(v.Get("presentation")), Network: strings.Clone(v.Get("network")),
		Tel: strings.Clone(v.Get("tel")), Withheld: v.Get("withheld") == "true", Privacy: identity.Privacy(privacy),
	}
	if who.Same(known) {
		return known
	}
	return who
}

// Behalf says for whom a node asks another one for a place in a call there.
type Behalf struct {
	By   leg.Party // its kind, name and tenant: what it may not have, the node may not
	With string    // the party that gets the place, as the ledger writes it
	Node string    // that asks, as the link says
	Call string    // of that node
	Leg  int       // of that call: the one between both nodes
	Own  bool      // the dialog has to be By's own: it transfers who gets the place
	Part Part      // what it wants there instead of the place
}

// header is the Behalf for the other node.
func (b Behalf) header() sip.Header {
	v := url.Values{
		"kind": {strconv.Itoa(int(b.By.Kind))}, "name": {b.By.Name}, "tenant": {b.By.Tenant},
		"with": {b.With}, "call": {b.Call}, "leg": {strconv.Itoa(b.Leg)}, "own": {strconv.FormatBool(b.Own)},
		"supervise": {b.Part.Supervise.String()}, "room": {b.Part.Room},
	}
	return sip.NewHeader(behalfHeader, v.Encode())
}

func readBehalf(req *sip.Request) (b Behalf, ok bool) {
	v, err := url.ParseQuery(message.Header(req, behalfHeader))
	if err != nil {
		return b, false
	}
	kind, err := strconv.ParseUint(v.Get("kind"), 10, 8)
	if err != nil {
		return b, false
	}
	b.By = leg.Party{Kind: leg.Kind(kind), Name: v.Get("name"), Tenant: strings.Clone(v.Get("tenant"))}
	b.With, b.Call, b.Own = v.Get("with"), v.Get("call"), v.Get("own") == "true"
	b.Part.Supervise, _ = ParseMode(v.Get("supervise")) // "" is none
	b.Part.Room = strings.Clone(v.Get("room"))
	b.Leg, err = strconv.Atoi(v.Get("leg"))
	return b, err == nil && b.By.Tenant != "" && b.By.Name != ""
}

// Transfers tells whether the program is that of a node which transfers a party into a
// call that there is already.
func (p *Program) Transfers() bool { return p.Behalf != nil && p.Behalf.Own }

// ForNode is the program of an INVITE by which another node asks for a place in a call
// of this one. It is false if the INVITE is none, or did not come by the link: then
// nothing that it says counts.
func ForNode(req *sip.Request, flow transport.Flow) (Program, bool) {
	b, ok := readBehalf(req)
	d, found, readable := message.Replaced(req)
	if flow.Proto != transport.Node || !ok || !found || !readable {
		return Program{}, false
	}
	b.Node = flow.Node
	who := ofNode(req, &identity.Caller{})
	p := Program{
		Caller: leg.Party{Kind: leg.Node, Name: flow.Node + "/" + b.With, Tenant: b.By.Tenant, Network: flow.Network},
		Shown:  who,
		To:     identity.Number(req.Recipient), Withheld: who.Withheld, Entry: "replaces",
		Why:      []string{"for " + b.By.String() + ", " + b.from()},
		Replaces: &d, Behalf: &b,
	}
	if !who.Withheld {
		p.From = who.Presentation
	}
	return p, true
}

// from names the leg at the node that asks.
func (b *Behalf) from() string { return placeOf(b.Leg, b.Call) + " of " + b.Node }

func placeOf(leg int, call string) string { return "leg " + strconv.Itoa(leg) + " of call " + call }

// Place is where a dialog is that may be taken over.
type Place struct {
	Call  string
	Leg   int
	With  string // who is there to talk to, as the ledger writes it; "" for nobody yet
	Early bool   // it rings, and is wanted as long as it does

	codecs  []sdp.Codec // of who is there
	session string      // its half of Session-ID
	who     *identity.Caller
}

// with notes who is there to talk to.
func (p *Place) with(who *party) {
	p.With, p.codecs, p.session, p.who = who.behind(), who.agreed.Codecs, who.Dialog.SessionID(), who.who()
}

// behind is the party as another node is told: not the node that it is reached by.
func (p *party) behind() string {
	if p.Party.Kind == leg.Node {
		_, who, _ := strings.Cut(p.Party.Name, "/")
		return who
	}
	return p.Party.String()
}

func (p Place) header() sip.Header {
	return sip.NewHeader(placeHeader, url.Values{"call": {p.Call}, "leg": {strconv.Itoa(p.Leg)}, "with": {p.With}}.Encode())
}

func readPlace(res *sip.Response) (p Place, ok bool) {
	v, err := url.ParseQuery(message.Header(res, placeHeader))
	if err != nil || v.Get("call") == "" {
		return p, false
	}
	p.Call, p.With = v.Get("call"), v.Get("with")
	p.Leg, err = strconv.Atoi(v.Get("leg"))
	return p, err == nil
}

// errUnlinked is the outcome when the node that has a dialog cannot be reached.
var errUnlinked = cause.Verdict{Status: 503, Q850: 38, Reason: "The node of the other call cannot be reached", Fault: cause.Us}
