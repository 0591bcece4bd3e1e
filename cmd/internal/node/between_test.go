package node_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/hosttest"
	"strowger/sip/auth"
	"strowger/sip/ledger"
)

// phone is a seat's phone that has several dialogs at once.
type phone struct {
	*peer
	t     *testing.T
	seat  string
	kept  []sipMessage // that nobody has waited for yet
	calls int
}

func newPhone(t *testing.T, seat string) *phone {
	t.Helper()
	return &phone{peer: udpPeer(t, hosttest.Next()), t: t, seat: seat}
}

// wait returns the next message of a dialog that begins so; others are kept.
func (f *phone) wait(callID string, starts ...string) sipMessage {
	f.t.Helper()
	is := func(m sipMessage) bool {
		for _, s := range starts {
			if strings.HasPrefix(m.first, s) && (callID == "" || m.get("Call-ID") == callID) {
				return true
			}
		}
		return false
	}
	for i, m := range f.kept {
		if is(m) {
			f.kept = append(f.kept[:i], f.kept[i+1:]...)
			return m
		}
	}
	deadline := time.Now().Add(patience)
	for {
		m, err := f.next(deadline)
		if err != nil {
			f.t.Fatalf("seat %s waits for %q: %v", f.seat, starts, err)
		}
		if is(m) {
			return m
		}
		f.kept = append(f.kept, m)
	}
}

// talk is a dialog of a phone with a node.
type talk struct {
	phone         *phone
	at, id        string
	local, remote string // From and To of the phone's requests, with tags
	target        string
	cseq          int
	sound         string // SDP of the node
	invite        string // Via of the phone's INVITE
}

func (d *talk) request(method, target, to string, more ...string) []string {
	return append([]string{
		method + " " + target + " SIP/2.0", d.phone.via(), "Max-Forwards: 70", "From: " + d.local, "To: " + to,
		"Call-ID: " + d.id, fmt.Sprintf("CSeq: %d %s", d.cseq, method), d.phone.contact(d.phone.seat),
	}, more...)
}

// dial calls a number by a node, and returns the dialog once it is answered.
func (f *phone) dial(at, number string, headers ...string) *talk {
	f.t.Helper()
	d := f.begin(at, number, headers...)
	d.accepted()
	return d
}

// begin sends the INVITE, with credentials.
func (f *phone) begin(at, number string, headers ...string) *talk {
	f.t.Helper()
	f.calls++
	d := &talk{phone: f, at: at, id: fmt.Sprintf("out-%d-%d", f.local.Port(), f.calls), cseq: 1}
	d.local = fmt.Sprintf("<sip:%s@demo>;tag=%s", f.seat, d.id)
	target := "sip:" + number + "@demo"
	to := "<" + target + ">"
	first := d.request("INVITE", target, to, headers...)
	f.send(at, f.sdp(), first...)
	challenge := f.wait(d.id, "SIP/2.0 407")
	ack := d.request("ACK", target, challenge.get("To"))
	ack[1] = first[1]
	f.send(at, "", ack...)
	answer, err := auth.Answer([]string{challenge.get("Proxy-Authenticate")}, "INVITE", target, f.seat, "demo-"+f.seat, 1)
	if err != nil {
		f.t.Fatal(err)
	}
	d.cseq++
	second := d.request("INVITE", target, to, append(headers, "Proxy-Authorization: "+answer)...)
	d.invite = second[1]
	f.send(at, f.sdp(), second...)
	return d
}

// accepted waits for the 2xx and acknowledges it.
func (d *talk) accepted() {
	d.phone.t.Helper()
	ok := d.phone.wait(d.id, "SIP/2.0 2", "SIP/2.0 4", "SIP/2.0 5", "SIP/2.0 6")
	if !strings.HasPrefix(ok.first, "SIP/2.0 200") {
		d.phone.t.Fatalf("seat %s is answered %s", d.phone.seat, ok.first)
	}
	d.remote, d.target, d.sound = ok.get("To"), uri(ok.get("Contact")), ok.body
	d.phone.send(d.at, "", d.request("ACK", d.target, d.remote)...)
}

// refused is how a call to a number is refused.
func (f *phone) refused(at, number string) string {
	f.t.Helper()
	d := f.begin(at, number)
	res := f.wait(d.id, "SIP/2.0 2", "SIP/2.0 4", "SIP/2.0 5")
	ack := d.request("ACK", "sip:"+number+"@demo", res.get("To"))
	ack[1] = d.invite
	f.send(at, "", ack...)
	return res.first
}

// taken answers the INVITE that rings, and returns the dialog.
func (f *phone) taken(at string) *talk {
	f.t.Helper()
	invite := f.wait("", "INVITE ")
	f.respond(at, invite, "200 OK", f.sdp(), f.contact(f.seat))
	f.wait(invite.get("Call-ID"), "ACK ")
	return f.of(at, invite)
}

// of is the dialog of an INVITE to the phone.
func (f *phone) of(at string, invite sipMessage) *talk {
	return &talk{
		phone: f, at: at, id: invite.get("Call-ID"), local: invite.get("To") + ";tag=phone", remote: invite.get("From"),
		target: uri(invite.get("Contact")), sound: invite.body,
	}
}

// send sends a request of the dialog that is answered so.
func (d *talk) send(method, status string, more ...string) {
	d.phone.t.Helper()
	d.cseq++
	d.phone.send(d.at, "", d.request(method, d.target, d.remote, more...)...)
	d.phone.wait(d.id, "SIP/2.0 "+status)
}

// ends answers the BYE of the dialog.
func (d *talk) ends() {
	d.phone.t.Helper()
	d.phone.respond(d.at, d.phone.wait(d.id, "BYE "), "200 OK", "")
}

// replaces names the dialog as the node knows it.
func (d *talk) replaces() string {
	tag := func(s string) string {
		_, tag, _ := strings.Cut(s, "tag=")
		return tag
	}
	return d.id + ";to-tag=" + tag(d.remote) + ";from-tag=" + tag(d.local)
}

// notified answers the NOTIFY of a REFER and wants its outcome.
func (d *talk) notified(status string) {
	d.phone.t.Helper()
	n := d.phone.wait(d.id, "NOTIFY ")
	d.phone.respond(d.at, n, "200 OK", "")
	if !strings.HasPrefix(n.body, "SIP/2.0 "+status) {
		d.phone.t.Fatalf("seat %s is notified of %q, not of %s", d.phone.seat, n.body, status)
	}
}

// bothHear wants the carrier of a call and a phone to hear each other: each by its own
// node.
func bothHear(t *testing.T, carrier *call, d *talk) {
	t.Helper()
	carrier.carrier.hears(d.phone.peer, soundOf(t, d.sound))
	d.phone.hears(carrier.carrier, soundOf(t, carrier.answer.body))
}

// over has a call end, by its carrier.
func (c *call) over(t *testing.T, d *talk) {
	t.Helper()
	c.carrier.send(c.at, "", c.request("BYE", 2, uri(c.answer.get("Contact")), c.answer.get("To"))...)
	c.carrier.await("SIP/2.0 200")
	d.ends()
}

func (p *pair) idle(t *testing.T) {
	t.Helper()
	until(t, "no call is left", func() bool { return p.nodes[0].Exchange.Active() == 0 && p.nodes[1].Exchange.Active() == 0 })
}

// onlyCall is the one call that a node has.
func (p *pair) onlyCall(t *testing.T, node string) string {
	t.Helper()
	var id string
	until(t, "there is one call at "+node, func() bool {
		var list api.Calls
		if err := p.ask(t, 0, "GET", callsPath, &list); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, c := range list.Calls {
			if c.Node == node {
				ids = append(ids, c.ID)
			}
		}
		if len(ids) == 1 {
			id = ids[0]
		}
		return len(ids) == 1
	})
	return id
}

// explained is what the ledger has of a kind of event in a call.
func (p *pair) explained(t *testing.T, call string, kind ledger.Kind) string {
	t.Helper()
	var rec api.CallRecord
	if err := p.ask(t, 0, "GET", callsPath+"/"+call+"/events", &rec); err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, e := range rec.Events {
		if e.Kind == kind {
			text = append(text, e.Party+": "+e.Detail)
		}
	}
	return strings.Join(text, "; ")
}

// TestTransferToOtherNode: a seat that talks to a carrier at node 1 and to a seat at
// node 2 transfers the one to the other, by whichever node its phone is reached. Both
// hear each other, and both ledgers say so.
func TestTransferToOtherNode(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	expert := newPhone(t, "1003")
	expert.register(p.sip(1), "1003", 1)
	for i := range p.nodes {
		t.Run(p.nodes[i].Config.Node.Name, func(t *testing.T) {
			agent := newPhone(t, "1002")
			agent.register(p.sip(i), "1002", 1)
			p.transferred(t, agent, p.sip(i), expert)
			agent.unregister(p.sip(i), "1002", 10)
		})
	}
}

func (p *pair) transferred(t *testing.T, agent *phone, by string, expert *phone) {
	t.Helper()
	one, two := p.sip(0), p.sip(1)
	c := ring(t, one, by, agent.peer)
	c.answered(t)
	first := agent.of(by, c.invite)
	second := agent.begin(two, "1003")
	end := expert.taken(two)
	second.accepted()

	first.send("REFER", "202", "Refer-To: <sip:1003@demo?Replaces="+url.QueryEscape(second.replaces())+">")
	first.notified("100")
	first.notified("200")
	first.ends()
	second.ends()
	bothHear(t, c, end)

	here, there := p.onlyCall(t, "node-1"), p.onlyCall(t, "node-2")
	if got := p.explained(t, here, ledger.Placed); !strings.HasPrefix(got, "node:node-2/seat:1003: leg 1 of call "+there+" of node-2") {
		t.Errorf("the ledger of node 1 has the leg placed at %q", got)
	}
	if got, want := p.explained(t, there, ledger.Joined), "node:node-1/trunk:carrier: leg 3 of call "+here+" of node-1"; got != want {
		t.Errorf("the ledger of node 2 has the leg joined from %q, not %q", got, want)
	}
	c.over(t, end)
	p.idle(t)
	p.drawn(t, here, there)
}

// drawn wants the ladders of both calls to have the messages between the nodes.
func (p *pair) drawn(t *testing.T, calls ...string) {
	t.Helper()
	for _, call := range calls {
		var l api.Trace
		if err := p.ask(t, 0, "GET", callsPath+"/"+call+"/messages", &l); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, m := range l.Messages {
			if m.Proto == "node" {
				method, _, _ := strings.Cut(m.Text, " ")
				seen[method] = true
			}
		}
		if !seen["INVITE"] || !seen["ACK"] || !seen["BYE"] {
			t.Errorf("the ladder of call %s has between the nodes %v", call, seen)
		}
	}
}

// TestReplacesAtOtherNode: a phone takes over, by node 2, a dialog of node 1.
func TestReplacesAtOtherNode(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	one, two := p.sip(0), p.sip(1)
	agent, other := newPhone(t, "1002"), newPhone(t, "1003")
	agent.register(one, "1002", 1)
	c := ring(t, one, one, agent.peer)
	c.answered(t)
	first := agent.of(one, c.invite)
	d := other.dial(two, "1002", "Replaces: "+first.replaces())
	first.ends()
	bothHear(t, c, d)
	d.send("BYE", "200")
	bye := c.carrier.await("BYE ")
	c.carrier.respond(one, bye, "200 OK", "")
	p.idle(t)
}

// TestPickupAtOtherNode: a phone answers, by node 2, what rings for a call of node 1.
func TestPickupAtOtherNode(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	one, two := p.sip(0), p.sip(1)
	agent, other := newPhone(t, "1002"), newPhone(t, "1003")
	agent.register(two, "1002", 1)
	c := ring(t, one, two, agent.peer)
	d := other.begin(two, "**1002")
	d.accepted()
	c.cancelled()
	c.answer = c.carrier.await("SIP/2.0 200")
	c.carrier.send(one, "", c.request("ACK", 1, uri(c.answer.get("Contact")), c.answer.get("To"))...)
	bothHear(t, c, d)
	c.over(t, d)
	p.idle(t)
}

// TestRetrieveAtOtherNode: a call that is parked at node 1 is retrieved by node 2.
func TestRetrieveAtOtherNode(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	one, two := p.sip(0), p.sip(1)
	agent, other := newPhone(t, "1002"), newPhone(t, "1003")
	agent.register(one, "1002", 1)
	c := ring(t, one, one, agent.peer)
	c.answered(t)
	first := agent.of(one, c.invite)
	first.send("REFER", "202", "Refer-To: <sip:*68702@demo>")
	first.notified("100")
	first.notified("200")
	first.ends()
	if status := other.refused(two, "*68702"); !strings.HasPrefix(status, "SIP/2.0 486") {
		t.Errorf("node 2 gives the place again: %s", status)
	}
	d := other.dial(two, "702")
	bothHear(t, c, d)
	told := agent.dial(two, "*68702") // it is free for node 2 now
	told.send("BYE", "200")
	c.over(t, d)
	p.idle(t)
}

// TestOperatorAtOtherNode: an operator transfers, at node 2, a party of a call of node 1.
func TestOperatorAtOtherNode(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	one, two := p.sip(0), p.sip(1)
	agent, other := newPhone(t, "1002"), newPhone(t, "1003")
	agent.register(one, "1002", 1)
	other.register(two, "1003", 1)
	c := ring(t, one, one, agent.peer)
	c.answered(t)
	first := agent.of(one, c.invite)
	client, err := api.NewClient(api.Target{Socket: p.nodes[1].Config.Admin.Socket})
	if err != nil {
		t.Fatal(err)
	}
	path := callsPath + "/" + p.onlyCall(t, "node-1") + "/transfer"
	if err := client.Do(t.Context(), "POST", path, api.Transfer{Leg: 1, To: "1003"}, nil); err != nil {
		t.Fatal(err)
	}
	end := other.taken(two)
	first.ends()
	bothHear(t, c, end)
	c.over(t, end)
	p.idle(t)
}

// TestNodeDies: who talks to a party of a node that dies is let go after a time, and
// hears no silence for ever.
func TestNodeDies(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	one, two := p.sip(0), p.sip(1)
	agent, other := newPhone(t, "1002"), newPhone(t, "1003")
	agent.register(one, "1002", 1)
	c := ring(t, one, one, agent.peer)
	c.answered(t)
	first := agent.of(one, c.invite)
	d := other.dial(two, "1002", "Replaces: "+first.replaces())
	first.ends()
	bothHear(t, c, d)
	if err := p.nodes[1].Link.Close(); err != nil { // it says no more than a dead one
		t.Error(err)
	}
	bye := c.carrier.await("BYE ")
	c.carrier.respond(one, bye, "200 OK", "")
	d.ends()
	p.idle(t)
}
