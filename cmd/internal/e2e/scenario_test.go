package e2e

import (
	"fmt"
	"strconv"
	"strings"
)

// The steps of a sipp scenario: who sends what and awaits what. A step is sipp's
// XML; these functions write it.

// scenario joins steps to what sipp runs.
func scenario(steps ...string) string {
	return "<?xml version=\"1.0\"?>\n<scenario name=\"e2e\">\n" + strings.Join(steps, "\n") + "\n</scenario>\n"
}

// await wants a request or a status.
func await(what string) string { return received(what, "") }

// maybe takes a provisional response if it comes.
func maybe(status int) string { return received(strconv.Itoa(status), ` optional="true"`) }

func received(what, attributes string) string {
	kind := "request"
	if what[0] >= '0' && what[0] <= '9' {
		kind = "response"
	}
	switch what {
	case "200": // its Contact is where the dialog goes; without one sipp only says so
		attributes += ` rrs="true"`
	case "401", "407": // the challenge that signed answers
		attributes += ` auth="true"`
	}
	return fmt.Sprintf(`<recv %s="%s"%s/>`, kind, what, attributes)
}

func pause(ms int) string { return fmt.Sprintf(`<pause milliseconds="%d"/>`, ms) }

// play streams a file of raw G.711 until the call ends.
func play(file string, payload int) string {
	name := map[int]string{0: "PCMU", 8: "PCMA"}[payload]
	return fmt.Sprintf(`<nop><action><exec rtp_stream="%s,-1,%d,%s/8000"/></action></nop>`, file, payload, name)
}

// message is a request or response to send: its lines and its body.
type message struct {
	lines   []string
	body    string
	retrans bool
}

// with adds header lines.
func (m message) with(lines ...string) message {
	m.lines = append(append([]string{}, m.lines...), lines...)
	return m
}

// sdp gives the message a body.
func (m message) sdp(body string) message {
	m = m.with("Content-Type: application/sdp")
	m.body = body
	return m
}

// offering has another SDP than the message had.
func (m message) offering(body string) message {
	m.body = body
	return m
}

// swap puts another line in place of the one that begins with the prefix.
func (m message) swap(prefix, line string) message {
	m = m.with()
	for i := range m.lines {
		if strings.HasPrefix(m.lines[i], prefix) {
			m.lines[i] = line
		}
	}
	return m
}

// signed answers the challenge that came last, with a seat's password.
func (m message) signed(seat string) message { return m.withPassword(seat, "demo-"+seat) }

func (m message) withPassword(seat, password string) message {
	return m.with(fmt.Sprintf("[authentication username=%s password=%s]", seat, password))
}

// once is sent without sipp repeating it.
func (m message) once() message {
	m.retrans = false
	return m
}

// String is the step that sends the message.
func (m message) String() string {
	retrans := ""
	if m.retrans {
		retrans = ` retrans="500"`
	}
	return "<send" + retrans + "><![CDATA[\n" + strings.Join(m.lines, "\n") + "\nContent-Length: [len]\n\n" + m.body + "\n]]></send>"
}

// offer is SDP with these payload types, which the media address of sipp takes.
func offer(direction string, payloads ...int) string {
	names := map[int]string{0: "PCMU/8000", 8: "PCMA/8000", 18: "G729/8000", 9: "G722/8000", 101: "telephone-event/8000"}
	var list, maps strings.Builder
	for _, p := range payloads {
		fmt.Fprintf(&list, " %d", p)
		fmt.Fprintf(&maps, "a=rtpmap:%d %s\n", p, names[p])
	}
	return "v=0\no=sipp 1 [cseq] IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\n" +
		"m=audio [media_port] RTP/AVP" + list.String() + "\n" + maps.String() + "a=ptime:20\na=" + direction
}

// usual is what most phones and carriers offer.
var usual = offer("sendrecv", 8, 0, 101)

const (
	fromTag = ";tag=[pid]c[call_number]"
	toTag   = ";tag=[pid]p[call_number]"
)

// caller is the side that begins a call, by its user.
type caller string

// invite is an INVITE to a number.
func (c caller) invite(cseq int, to string) message {
	return c.request("INVITE", cseq, "sip:"+to+"@[remote_ip]:[remote_port]").
		swap("To:", "To: <sip:"+to+"@[remote_ip]>").sdp(usual)
}

// request is a request to a URI.
func (c caller) request(method string, cseq int, uri string) message {
	return message{retrans: method != "ACK", lines: []string{
		method + " " + uri + " SIP/2.0",
		"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
		"Max-Forwards: 70",
		"From: <sip:" + string(c) + "@[local_ip]>" + fromTag,
		"To: <sip:[service]@[remote_ip]>[peer_tag_param]",
		"Call-ID: [call_id]",
		fmt.Sprintf("CSeq: %d %s", cseq, method),
		"Contact: <sip:" + string(c) + "@[local_ip]:[local_port];transport=[transport]>",
	}}
}

// inDialog is a request of the dialog that a 2xx made.
func (c caller) inDialog(method string, cseq int) message {
	return c.request(method, cseq, "[next_url]")
}

// ack acknowledges a 2xx.
func (c caller) ack(cseq int) message { return c.inDialog("ACK", cseq) }

// refused acknowledges a refusal: within the INVITE's transaction.
func (c caller) refused(cseq int, to string) message {
	return c.request("ACK", cseq, "sip:"+to+"@[remote_ip]:[remote_port]").swap("Via:", "[last_Via:]").swap("To:", "[last_To:]")
}

// cancel takes back the INVITE whose provisional response came last.
func (c caller) cancel(cseq int, to string) message {
	return c.request("CANCEL", cseq, "sip:"+to+"@[remote_ip]:[remote_port]").
		swap("Via:", "[last_Via:]").swap("To:", "To: <sip:"+to+"@[remote_ip]>")
}

// hangsUp ends the call.
func (c caller) hangsUp(cseq int) string { return steps(c.inDialog("BYE", cseq), await("200")) }

// calls invites and, if the call is answered, acknowledges.
func (c caller) calls(to string) string {
	return steps(c.invite(1, to), maybe(100), maybe(180), maybe(183), await("200"), c.ack(1))
}

// isRefused invites and wants to be refused.
func (c caller) isRefused(to, status string) string {
	return steps(c.invite(1, to), maybe(100), maybe(180), await(status), c.refused(1, to))
}

// rung awaits the INVITE of a call and keeps who is who, for requests that the
// phone sends later.
const rung = `<recv request="INVITE" rrs="true"><action>
<ereg regexp="[^ ].*" search_in="hdr" header="From:" assign_to="peer"/>
<ereg regexp="[^ ].*" search_in="hdr" header="To:" assign_to="me"/>
<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>
<ereg regexp="[^ ].*" search_in="hdr" header="Via:" assign_to="via"/>
</action></recv>
<Reference variables="peer,me,target,via"/>`

// reply is a response to the request that came last.
func reply(status int, reason string) message {
	return message{lines: []string{
		fmt.Sprintf("SIP/2.0 %d %s", status, reason),
		"[last_Via:]", "[last_From:]", "[last_To:]" + toTag, "[last_Call-ID:]", "[last_CSeq:]",
		"Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>",
	}}
}

// again is a reply to a request of the dialog, which has our tag already.
func again(status int, reason string) message {
	return reply(status, reason).swap("[last_To:]", "[last_To:]")
}

// ringing is the 180 to the INVITE.
func ringing() message { return reply(180, "Ringing") }

// answer is the 200 to the INVITE, even if something else came after that.
func answer() message {
	m := toInvite(200, "OK").sdp(usual)
	m.retrans = true
	return m
}

// toInvite is a response to the INVITE that rung awaited.
func toInvite(status int, reason string) message {
	return reply(status, reason).swap("[last_Via:]", "Via: [$via]").swap("[last_To:]", "To: [$me]"+toTag).
		swap("[last_CSeq:]", "CSeq: 1 INVITE")
}

// hungUp takes the BYE of the other side.
func hungUp() string { return steps(await("BYE"), again(200, "OK")) }

// cancelled takes a CANCEL and ends the INVITE.
func cancelled() string {
	return steps(await("CANCEL"), reply(200, "OK"), toInvite(487, "Request Terminated"), await("ACK"))
}

// called is a request of the side that was called, to its peer.
func called(method string, cseq int) message {
	return message{retrans: method != "ACK", lines: []string{
		method + " [$target] SIP/2.0",
		"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
		"Max-Forwards: 70",
		"From: [$me]" + toTag,
		"To: [$peer]",
		"Call-ID: [call_id]",
		fmt.Sprintf("CSeq: %d %s", cseq, method),
		"Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>",
	}}
}

// register is a REGISTER of a seat.
func register(user string, cseq int) message {
	return caller(user).request("REGISTER", cseq, "sip:[remote_ip]").
		swap("To:", "To: <sip:"+user+"@[remote_ip]>").with("Expires: 600")
}

// registers registers a seat.
func registers(user string) string {
	return steps(
		register(user, 1), await("401"),
		register(user, 2).signed(user), await("200"),
	)
}

// steps joins steps and messages.
func steps(list ...any) string {
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintln(&b, s)
	}
	return b.String()
}
