package exchange_test

import (
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
)

func (p *party) uri() string { return fmt.Sprintf("<sip:%s@%s>", p.name, p.addr.Addr()) }

func (p *party) newBranch() string {
	p.branch++
	return fmt.Sprintf("z9hG4bK-%s-%d", p.name, p.branch)
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
	fmt.Fprintf(&b, "Via: SIP/2.0/%s %s;rport;branch=%s\r\n", strings.ToUpper(string(p.flow().Proto)), p.addr, branch)
	fmt.Fprintf(&b, "Max-Forwards: %d\r\n", a.number("max-forwards", 70))
	fmt.Fprintf(&b, "From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", t.local, t.ours, to, t.callID, seq, method)
	if method == "INVITE" || method == "UPDATE" || method == "SUBSCRIBE" {
		name := p.name
		if v, ok := a.option("contact"); ok {
			name = v
		}
		if !strings.Contains(name, "@") {
			name += "@" + p.addr.String()
		}
		fmt.Fprintf(&b, "Contact: <sip:%s>\r\n", name)
	}
	return p.finish(b.String(), a)
}

// finish adds the headers and the body of an action.
func (p *party) finish(head string, a action) string {
	if a.header != "" {
		head += strings.ReplaceAll(a.header, " | ", "\r\n") + "\r\n"
	}
	body, kind := "", "application/sdp"
	if s, ok := a.option("sdp"); ok {
		body = p.sdp(s)
	} else if s, ok := a.option("body"); ok {
		body = s
	} else if a.what == "INFO" && len(a.args) > 0 {
		body, kind = "Signal="+a.args[0]+"\r\nDuration=160\r\n", "application/dtmf-relay"
	}
	if s, ok := a.option("as"); ok {
		kind = s
	}
	if s, ok := a.option("in"); ok {
		body = "--x\r\nContent-Type: application/isup\r\n\r\n\x01\r\n--x\r\nContent-Type: " + kind + "\r\n\r\n" + body + "\r\n--x--\r\n"
		kind = "multipart/" + s + ";boundary=x"
	}
	if body != "" {
		head += "Content-Type: " + kind + "\r\n"
	}
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

// sdp writes a body: codecs and direction, such as PCMA,PCMU/sendonly. "hold" as a
// direction is c=0.0.0.0, "refused" port 0, "savp" SRTP without keys, "srtp" and "osrtp"
// with keys (secure_test.go); "garbage" is no SDP at all. A video+ before them or +t38 behind is another m-line there; t38 alone has no
// sound.
func (p *party) sdp(s string) string {
	s, video := strings.CutPrefix(s, "video+")
	s, fax := strings.CutSuffix(s, "+t38")
	codecs, direction, _ := strings.Cut(s, "/")
	if codecs == "garbage" {
		return "v=0\r\nthis is no SDP\r\n"
	}
	if codecs == "" {
		codecs = "PCMA,PCMU,telephone-event"
	}
	host, port, proto := p.addr.Addr().String(), 40000, "RTP/AVP"
	numbers := map[string]string{"PCMU": "0", "PCMA": "8", "G722": "9", "G729": "18", "telephone-event": "101", "opus": "111"}
	clocks := map[string]string{"opus": "48000/2"}
	var formats, maps strings.Builder
	for c := range strings.SplitSeq(codecs, ",") {
		clock := "8000"
		if clocks[c] != "" {
			clock = clocks[c]
		}
		formats.WriteString(" " + numbers[c])
		fmt.Fprintf(&maps, "a=rtpmap:%s %s/%s\r\n", numbers[c], c, clock)
	}
	switch direction {
	case "hold":
		host, direction = "0.0.0.0", ""
	case "refused":
		port, direction = 0, ""
	case "savp":
		proto, direction = "RTP/SAVP", ""
	}
	if with, crypto, ok := p.srtp(direction); ok {
		proto, direction = with, ""
		maps.WriteString(crypto)
	}
	if direction != "" {
		maps.WriteString("a=" + direction + "\r\n")
	}
	sound := fmt.Sprintf("m=audio %d %s%s\r\n%s", port, proto, formats.String(), maps.String())
	const image = "m=image 40004 udptl t38\r\na=T38FaxVersion:0\r\n"
	switch {
	case codecs == "t38":
		sound = image
	case fax:
		sound += image
	case video:
		sound = "m=video 40002 RTP/AVP 34\r\n" + sound
	}
	return fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n%s", p.branch+1, p.addr.Addr(), host, sound)
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

// replaces is the header of an INVITE with replaces=NAME: the newest dialog of that
// party, seen from the switch.
func (p *party) replaces(a action) string {
	name, ok := a.option("replaces")
	if !ok {
		return a.header
	}
	t := p.party(name).talk()
	value := "Replaces: " + t.callID + ";to-tag=" + t.theirs + ";from-tag=" + t.ours
	if _, early := a.option("early-only"); early {
		value += ";early-only"
	}
	return strings.TrimPrefix(a.header+" | "+value, " | ")
}

// referTo is the header of REFER NUMBER, with Replaces for replaces=N: the dialog N of
// the party itself. Other headers of the line come before it.
func (p *party) referTo(a action) string {
	if len(a.args) == 0 || a.args[0] == "none" {
		return a.header
	}
	to := "Refer-To: <sip:" + a.args[0] + "@192.0.2.1>"
	owner := p
	if name, ok := a.option("of"); ok { // a dialog of another party
		owner = p.party(name)
	}
	if n := a.number("replaces", 0); n > 0 && n <= len(owner.talks) {
		t := owner.talks[n-1]
		to = strings.TrimSuffix(to, ">") + fmt.Sprintf("?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3D%s>", t.callID, t.theirs, t.ours)
	}
	return strings.TrimPrefix(a.header+" | "+to, " | ")
}
