package exchange_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
	"strowger/sip/transaction"
)

// party is a phone or a carrier: it answers BYE with 200, CANCEL with 200 and 487,
// repeats its last response to a repeated INVITE, and acknowledges, all at once.
type party struct {
	*world
	name   string
	addr   netip.AddrPort
	quirks map[string]bool
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

// act performs an action of the story.
func (p *party) act(a action) {
	switch a.what {
	case "INVITE":
		p.call(a)
	case "reINVITE":
		p.reinvite(a)
	case "CANCEL":
		p.cancel(a)
	case "ACK":
		p.ack(p.talk(), a)
	case "BYE", "INFO", "OPTIONS", "UPDATE", "MESSAGE", "REGISTER":
		p.request(a)
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

func (p *party) uri() string { return fmt.Sprintf("<sip:%s@%s>", p.name, p.addr.Addr()) }

func (p *party) newBranch() string {
	p.branch++
	return fmt.Sprintf("z9hG4bK-%s-%d", p.name, p.branch)
}

func (p *party) call(a action) {
	id := fmt.Sprintf("%s-%d", p.name, len(p.talks)+1)
	t := &talk{
		callID: id, ours: "tag-" + id, local: p.uri(), seq: 1,
		remote: fmt.Sprintf("<sip:%s@192.0.2.1>", a.args[0]), target: "sip:" + a.args[0] + "@192.0.2.1",
	}
	p.talks = append(p.talks, t)
	p.offer(t, a)
}

func (p *party) reinvite(a action) {
	t := p.talk()
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

// build writes a request of the dialog.
func (p *party) build(t *talk, method string, seq uint32, branch string, a action) string {
	to := t.remote
	tag := t.theirs
	if v, ok := a.option("tag"); ok {
		tag = v
	}
	if tag != "" {
		to += ";tag=" + tag
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", method, t.target)
	fmt.Fprintf(&b, "Via: SIP/2.0/UDP %s;rport;branch=%s\r\n", p.addr, branch)
	fmt.Fprintf(&b, "Max-Forwards: %d\r\n", a.number("max-forwards", 70))
	fmt.Fprintf(&b, "From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", t.local, t.ours, to, t.callID, seq, method)
	if method == "INVITE" {
		fmt.Fprintf(&b, "Contact: <sip:%s@%s>\r\n", p.name, p.addr)
	}
	return p.finish(b.String(), a)
}

// finish adds the headers and the body of an action.
func (p *party) finish(head string, a action) string {
	if a.header != "" {
		head += a.header + "\r\n"
	}
	body := ""
	if s, ok := a.option("sdp"); ok {
		body = p.sdp(s)
		head += "Content-Type: application/sdp\r\n"
	} else if a.what == "INFO" && len(a.args) > 0 {
		body = "Signal=" + a.args[0] + "\r\nDuration=160\r\n"
		head += "Content-Type: application/dtmf-relay\r\n"
	}
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

// sdp writes a body: codecs and direction, such as PCMA,PCMU/sendonly. "hold" as a
// direction is c=0.0.0.0, "refused" port 0; "garbage" is no SDP at all.
func (p *party) sdp(s string) string {
	codecs, direction, _ := strings.Cut(s, "/")
	if codecs == "garbage" {
		return "v=0\r\nthis is no SDP\r\n"
	}
	if codecs == "" {
		codecs = "PCMA,PCMU,telephone-event"
	}
	host, port := p.addr.Addr().String(), 40000
	numbers := map[string]string{"PCMU": "0", "PCMA": "8", "G722": "9", "G729": "18", "telephone-event": "101", "opus": "111"}
	clocks := map[string]string{"opus": "48000/2"}
	var formats, maps string
	for c := range strings.SplitSeq(codecs, ",") {
		clock := "8000"
		if clocks[c] != "" {
			clock = clocks[c]
		}
		formats += " " + numbers[c]
		maps += fmt.Sprintf("a=rtpmap:%s %s/%s\r\n", numbers[c], c, clock)
	}
	switch direction {
	case "hold":
		host, direction = "0.0.0.0", ""
	case "refused":
		port, direction = 0, ""
	}
	if direction != "" {
		maps += "a=" + direction + "\r\n"
	}
	return fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP%s\r\n%s",
		p.branch+1, p.addr.Addr(), host, port, formats, maps)
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
	t := p.talk()
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

// response answers a request of the switch; t may be nil.
func (p *party) response(t *talk, req *sip.Request, status int, a action) string {
	tag := "stray"
	if t != nil {
		tag = t.ours
	}
	if v, ok := a.option("tag"); ok {
		tag = v
	}
	to := req.To().Value()
	if message.Tag(req.To().Params) == "" && status > 100 {
		to += ";tag=" + tag
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", status, cause.Phrase(status))
	for _, h := range req.GetHeaders("Via") {
		fmt.Fprintf(&b, "Via: %s\r\n", h.Value())
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n",
		req.From().Value(), to, req.CallID().Value(), req.CSeq().Value())
	if req.IsInvite() {
		fmt.Fprintf(&b, "Contact: <sip:%s@%s>\r\n", p.name, p.addr)
	}
	return p.finish(b.String(), a)
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
		if !p.quirks["no-bye"] {
			p.send(p, p.addr, p.response(t, req, 200, action{}))
		}
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
			if p.quirks["ack-sdp"] || !strings.Contains(t.request, "application/sdp") {
				a.args = []string{"sdp"}
			}
			p.send(p, p.addr, p.build(t, "ACK", res.CSeq().SeqNo, p.newBranch(), a))
		}
	case !p.quirks["no-ack"]:
		t.pending = false
		p.ackError(t, res)
	}
}

// ackError acknowledges a response that is no 2xx, in the INVITE's transaction.
func (p *party) ackError(t *talk, res *sip.Response) {
	head, _, _ := strings.Cut(t.sent[res.CSeq().SeqNo], "From:")
	head = strings.Replace(head, "INVITE ", "ACK ", 1)
	p.send(p, p.addr, fmt.Sprintf("%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d ACK\r\nContent-Length: 0\r\n\r\n",
		head, res.From().Value(), res.To().Value(), t.callID, res.CSeq().SeqNo))
}

// bare is a From or To value without its parameters.
func bare(value string) string {
	if i := strings.Index(value, ">"); i >= 0 {
		return value[:i+1]
	}
	value, _, _ = strings.Cut(value, ";")
	return value
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
