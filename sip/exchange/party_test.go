package exchange_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// party is a phone or a carrier: it answers BYE with 200, CANCEL with 200 and 487,
// repeats its last response to a repeated INVITE, and acknowledges, all at once.
type party struct {
	*world
	name   string
	addr   netip.AddrPort
	tls    bool    // its messages come by TLS
	node   string  // that reaches it; "" is the one under test
	stream *stream // if it is on TCP
	behind *party  // whom it passes on to what it gets; nil if it is for itself
	quirks map[string]bool
	habits map[string]action // how it answers a method
	talks  []*talk
	last   string // the last message
	lastAt time.Time
	// unreachable: sending to it fails.
	unreachable bool
	branch      int
}

// lifetime is how long a message stays in the network; one that comes later may
// well be taken for a new one.
const lifetime = transaction.T4

// talk is a dialog of a party, or one that may become so.
type talk struct {
	callID       string
	ours, theirs string // tags
	local        string // From of our requests, without the tag
	remote       string // To
	target       string // request URI
	seq          uint32

	invite  *sip.Request      // of the switch: the last one
	answer  string            // last response to it
	final   bool              // that response is final
	request string            // our last INVITE
	sent    map[uint32]string // our INVITEs by CSeq
	number  uint32            // its CSeq
	pending bool              // it has no final response

	answered bool // 2xx one way or the other
	over     bool // BYE one way or the other
}

// flow is the way to the party.
func (p *party) flow() transport.Flow {
	if p.stream != nil {
		return p.stream.flow
	}
	f := flowTo(p.addr)
	f.Node = p.node
	if p.tls {
		f.Listener, f.Proto = "tls", transport.TLS
	}
	return f
}

// act performs an action of the story.
func (p *party) act(a action) {
	switch a.what {
	case "INVITE":
		p.call(a)
	case "SUBSCRIBE":
		p.watch(a)
	case "reSUBSCRIBE":
		t := p.talk()
		t.seq++
		p.transmit(a, p.build(t, "SUBSCRIBE", t.seq, p.newBranch(), a))
	case "reINVITE":
		p.reinvite(a)
	case "CANCEL":
		p.cancel(a)
	case "ACK":
		p.ack(p.talk(), a)
	case "BYE", "INFO", "OPTIONS", "UPDATE", "PRACK", "MESSAGE", "REGISTER", "REFER":
		p.request(a)
	case "on":
		p.habits[a.args[0]] = action{args: a.args[1:], header: a.header}
	case "close":
		p.stream.close(p)
	case "merged":
		t := p.talk()
		p.transmit(a, strings.Replace(t.request, "branch=", "branch="+p.newBranch()+"-", 1))
	case "repeat":
		p.transmit(a, p.last)
	case "silent", "no-ack", "no-bye", "no-cancel", "no-ack-error":
		p.log(p.name, "is "+a.what+" from now on")
		p.quirks[a.what] = true
	case "normal":
		p.log(p.name, "is normal from now on")
		clear(p.quirks)
	default:
		if status := atoi(a.what); status >= 100 {
			p.respondTo(p.waiting(), status, a)
			return
		}
		p.t.Errorf("%s cannot %q", p.name, a.what)
	}
}

// talk is the newest dialog; one that knows nothing if there is none.
func (p *party) talk() *talk {
	if len(p.talks) == 0 {
		return &talk{callID: "none-" + p.name, ours: "none", local: p.uri(), remote: p.uri(), target: "sip:none@192.0.2.1"}
	}
	return p.talks[len(p.talks)-1]
}

// waiting is the newest dialog with an INVITE of the switch, open ones first.
func (p *party) waiting() *talk {
	for _, open := range []bool{true, false} {
		for _, t := range slices.Backward(p.talks) {
			if t.invite != nil && (!open || !t.final) {
				return t
			}
		}
	}
	return nil
}

func (p *party) call(a action) {
	id := fmt.Sprintf("%s-%d", p.name, len(p.talks)+1)
	t := &talk{
		callID: id, ours: "tag-" + id, local: p.uri(), seq: 1,
		remote: fmt.Sprintf("<sip:%s@192.0.2.1>", a.args[0]), target: "sip:" + a.args[0] + "@192.0.2.1",
	}
	a.header = p.replaces(a)
	if a.number("at", 1) == 2 {
		p.pair.second[id] = true
	}
	p.talks = append(p.talks, t)
	p.offer(t, a)
}

// chosen is the dialog that an action is about: the newest, or talk=N of them all.
func (p *party) chosen(a action) *talk {
	if n := a.number("talk", 0); n > 0 && n <= len(p.talks) {
		return p.talks[n-1]
	}
	return p.talk()
}

// watch begins a subscription.
func (p *party) watch(a action) {
	id := fmt.Sprintf("%s-%d", p.name, len(p.talks)+1)
	uri := "sip:" + a.args[0] + "@192.0.2.1"
	t := &talk{callID: id, ours: "tag-" + id, local: p.uri(), seq: 1, remote: "<" + uri + ">", target: uri}
	p.talks = append(p.talks, t)
	p.transmit(a, p.build(t, "SUBSCRIBE", t.seq, p.newBranch(), a))
}

func (p *party) reinvite(a action) {
	t := p.chosen(a)
	t.seq++
	p.offer(t, a)
}

func (p *party) offer(t *talk, a action) {
	t.number, t.pending = t.seq, true
	t.request = p.build(t, "INVITE", t.seq, p.newBranch(), a)
	if t.sent == nil {
		t.sent = map[uint32]string{}
	}
	t.sent[t.seq] = t.request
	p.transmit(a, t.request)
}

func (p *party) cancel(a action) {
	t := p.talk()
	if t.request == "" {
		return
	}
	head, _, _ := strings.Cut(t.request, "Contact:")
	head = strings.Replace(head, "INVITE ", "CANCEL ", 1)
	head = strings.Replace(head, " INVITE\r\n", " CANCEL\r\n", 1)
	p.transmit(a, p.finish(head, a))
}

func (p *party) ack(t *talk, a action) {
	p.transmit(a, p.build(t, "ACK", t.number, p.newBranch(), a))
}

func (p *party) request(a action) {
	t := p.chosen(a)
	if a.what == "REFER" {
		a.header = p.referTo(a)
	}
	t.seq++
	if a.what == "BYE" {
		t.over = true
	}
	p.transmit(a, p.build(t, a.what, uint32(a.number("cseq", int(t.seq))), p.newBranch(), a))
}

// transmit sends, from another address if the action says so.
func (p *party) transmit(a action, text string) {
	from := p.addr
	if n, ok := a.option("from"); ok {
		from = p.party(n).addr
	}
	if text == "" || text == p.last && time.Since(p.lastAt) > lifetime {
		return
	}
	p.last, p.lastAt = text, time.Now()
	if _, lost := a.option("lost"); lost {
		p.log(p.name+" -> lost", a.what)
		return
	}
	p.send(p, from, text)
	if _, twice := a.option("twice"); twice {
		p.send(p, from, text)
	}
}

// respondTo answers the switch's INVITE.
func (p *party) respondTo(t *talk, status int, a action) {
	if t == nil {
		p.t.Logf("%s has no INVITE to answer with %d", p.name, status)
		return
	}
	t.answer = p.response(t, t.invite, status, a)
	t.final = t.final || status >= 200
	t.answered = t.answered || status >= 200 && status < 300
	p.transmit(a, t.answer)
}

// take gets a message of the switch and does what a phone does by itself.
func (p *party) take(msg sip.Message) {
	if p.quirks["silent"] {
		return
	}
	switch m := msg.(type) {
	case *sip.Request:
		p.takeRequest(m)
	case *sip.Response:
		p.takeResponse(m)
	}
}

func (p *party) find(callID string) *talk {
	for _, t := range p.talks {
		if t.callID == callID {
			return t
		}
	}
	return nil
}

func (p *party) takeRequest(req *sip.Request) {
	t := p.find(req.CallID().Value())
	if t == nil && req.IsInvite() {
		id := fmt.Sprintf("%s-%d", p.name, len(p.talks)+1)
		t = &talk{callID: req.CallID().Value(), ours: "tag-" + id, theirs: message.FromTag(req)}
		t.local, t.remote = bare(req.To().Value()), bare(req.From().Value())
		p.talks = append(p.talks, t)
	}
	if t == nil && req.Method == sip.NOTIFY { // it moved here
		p.answer(t, req)
		return
	}
	if t == nil {
		if p.lenient {
			return
		}
		p.t.Errorf("%s gets %s of a dialog that it never had", p.name, req.Method)
		return
	}
	if tag := message.FromTag(req); tag != t.theirs && !p.lenient {
		p.t.Errorf("%s gets %s with From tag %q, want %q", p.name, req.Method, tag, t.theirs)
	}
	switch req.Method {
	case sip.INVITE:
		p.takeInvite(t, req)
	case sip.CANCEL:
		p.takeCancel(t, req)
	case sip.ACK:
	case sip.BYE:
		t.over = true
		if t.invite != nil && !t.final {
			p.respondTo(t, 487, action{})
		}
		fallthrough
	default:
		p.answer(t, req)
	}
}

// answer answers a request as the party is used to, or else with 200.
func (p *party) answer(t *talk, req *sip.Request) {
	status := 200
	a, ok := p.habits[string(req.Method)]
	if ok {
		status = atoi(a.args[0])
	}
	if _, once := a.option("once"); once {
		delete(p.habits, string(req.Method))
	}
	if status > 0 && (req.Method != sip.BYE || !p.quirks["no-bye"]) {
		p.send(p, p.addr, p.response(t, req, status, a))
	}
}

func (p *party) takeInvite(t *talk, req *sip.Request) {
	if t.invite != nil && message.ViaBranch(t.invite) == message.ViaBranch(req) {
		if t.answer != "" {
			p.send(p, p.addr, t.answer)
		}
		return
	}
	t.invite, t.answer, t.final = req, "", false
	if c := message.Contact(req); c != nil {
		t.target = c.Address.String()
	}
}

func (p *party) takeCancel(t *talk, req *sip.Request) {
	if p.quirks["no-cancel"] {
		return
	}
	p.send(p, p.addr, p.response(t, req, 200, action{}))
	if t.invite != nil && !t.final {
		p.respondTo(t, 487, action{})
	}
}

func (p *party) takeResponse(res *sip.Response) {
	t := p.find(res.CallID().Value())
	if t != nil && res.CSeq().MethodName == sip.SUBSCRIBE && res.IsSuccess() && t.theirs == "" {
		t.theirs, t.target = message.ToTag(res), message.Contact(res).Address.String()
	}
	if t == nil || res.CSeq().MethodName != sip.INVITE {
		return
	}
	if res.StatusCode > 100 && res.StatusCode < 300 && t.theirs == "" {
		t.theirs = message.ToTag(res)
	}
	switch {
	case res.StatusCode < 200:
	case res.StatusCode < 300:
		if tag := message.ToTag(res); tag != t.theirs && !p.lenient {
			p.t.Errorf("%s gets a 2xx with To tag %q, want %q", p.name, tag, t.theirs)
		}
		t.pending, t.answered = false, true
		t.target = message.Contact(res).Address.String()
		if !p.quirks["no-ack"] {
			a := action{}
			if p.quirks["ack-sdp"] || !strings.Contains(t.request, "application/sdp") && len(res.Body()) > 0 {
				a.args = []string{"sdp"}
			}
			p.send(p, p.addr, p.build(t, "ACK", res.CSeq().SeqNo, p.newBranch(), a))
		}
	case !p.quirks["no-ack"]:
		t.pending = false
		p.ackError(t, res)
	}
}

// check asserts that nobody is left off the hook.
func (p *party) check() {
	if p.lenient || len(p.quirks) > 0 {
		return
	}
	for _, t := range p.talks {
		if t.answered && !t.over {
			p.t.Errorf("%s: dialog %s was answered and never got a BYE", p.name, t.callID)
		}
		if t.invite != nil && !t.final {
			p.t.Errorf("%s: INVITE %s was never cancelled", p.name, t.callID)
		}
	}
}
