package exchange_test

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/mark"
	"strowger/sip/message"
	"strowger/sip/transport"
)

func (w *world) log(who, what string) {
	ms := time.Since(w.start).Milliseconds()
	w.lines = append(w.lines, fmt.Sprintf("%8.3f %-14s %s", float64(ms)/1000, who, what))
}

func (w *world) transcript() string { return strings.Join(w.lines, "\n") + "\n" }

// send puts a party's message on the wire.
func (w *world) send(p *party, from netip.AddrPort, text string) {
	msg, err := message.Parse([]byte(text))
	if err != nil {
		w.t.Errorf("%s sends what cannot be read: %v\n%s", p.name, err, text)
		return
	}
	note := summary(msg)
	flow := p.flow()
	switch {
	case from != p.addr:
		note += " from " + from.String()
		flow.Remote = from
	case p.stream != nil:
		flow = p.stream.opened(p)
		note += p.stream.note()
	}
	w.log(p.name+" ->", note)
	if req, ok := msg.(*sip.Request); ok && req.IsInvite() {
		if b := message.ViaBranch(req); w.finals[b] == nil {
			w.finals[b] = map[int]int{}
		}
	}
	w.outbox = append(w.outbox, transport.Received{Msg: msg, Flow: flow, At: time.Now()})
}

// post takes what the parties put on the wire to the switch, which may run its
// strand, and so send, on this goroutine.
func (w *world) post() {
	w.mu.Lock()
	messages := w.outbox
	w.outbox = nil
	w.mu.Unlock()
	for _, r := range messages {
		w.x.Receive(r)
	}
}

func flowTo(remote netip.AddrPort) transport.Flow {
	return transport.Flow{Listener: "udp", Network: "net", Proto: transport.UDP, Advertised: self, Remote: remote}
}

// network is the transport of the switch (transport.Sender).
type network world

// Send parses what the switch sends, so that its serialisation is tested too.
func (n *network) Send(f transport.Flow, data []byte) error {
	w := (*world)(n)
	w.mu.Lock()
	defer w.mu.Unlock()
	msg, err := message.Parse(data)
	if err != nil {
		w.t.Errorf("the switch sends what cannot be read: %v\n%s", err, data)
		return err
	}
	if res, ok := msg.(*sip.Response); ok && res.StatusCode >= 200 && res.CSeq().MethodName == sip.INVITE {
		w.finals[message.ViaBranch(res)][res.StatusCode]++
	}
	p := w.byAddr(f.Remote)
	switch {
	case p == nil:
		w.log("-> "+f.Remote.String(), summary(msg))
		return nil
	case p.unreachable:
		w.log("-> "+p.name, "fails: "+summary(msg))
		return transport.ErrNotAllowed
	case p.stream != nil && !p.stream.dialled(p, f):
		w.log("-> "+p.name, "has no connection: "+summary(msg))
		return transport.ErrGone
	}
	w.log("-> "+p.name, summary(msg)+p.stream.note())
	w.inbox = append(w.inbox, letter{p, msg})
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

func (w *world) byAddr(addr netip.AddrPort) *party {
	for _, p := range w.order {
		if p.addr == addr || p.stream != nil && p.addr.Addr() == addr.Addr() {
			return p
		}
	}
	return nil
}

// FlowTo is the way to an address.
func (n *network) FlowTo(string, transport.Proto, netip.AddrPort) (transport.Flow, error) {
	return transport.Flow{}, transport.ErrNoListener
}

// Stands tells whether a party still has the connection of a flow.
func (n *network) Stands(f transport.Flow) bool {
	w := (*world)(n)
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.byAddr(f.Remote)
	return f.Conn == 0 || p != nil && p.stream != nil && p.stream.flow == f
}

// summary is what a transcript says of a message.
func summary(msg sip.Message) string {
	var b strings.Builder
	switch m := msg.(type) {
	case *sip.Request:
		fmt.Fprintf(&b, "%s %d", m.Method, m.CSeq().SeqNo)
		if m.Method == sip.INVITE {
			fmt.Fprintf(&b, " to %s", mask(m.Recipient.User))
		}
		if m.Method == sip.PRACK && mask(message.ToTag(m)) == message.ToTag(m) {
			fmt.Fprintf(&b, " to %s", message.ToTag(m))
		}
		if f := m.MaxForwards(); f != nil && f.Val() != 70 {
			fmt.Fprintf(&b, " max-forwards=%d", f.Val())
		}
	case *sip.Response:
		fmt.Fprintf(&b, "%d %s (%s %d)", m.StatusCode, m.Reason, m.CSeq().MethodName, m.CSeq().SeqNo)
	}
	for _, name := range []string{"Reason", "Retry-After", "Unsupported", "Require", "RSeq", "RAck", "Session-Expires", "Min-SE", "WWW-Authenticate", "Proxy-Authenticate", "Authorization", "Proxy-Authorization"} {
		for _, v := range message.Headers(msg, name) {
			fmt.Fprintf(&b, " [%s: %s]", name, v)
		}
	}
	if res, ok := msg.(*sip.Response); ok && res.StatusCode == 405 {
		fmt.Fprintf(&b, " [Allow: %s]", message.Header(msg, "Allow"))
	}
	if s := sdpSummary(string(msg.Body())); s != "" {
		b.WriteString(" " + s)
	}
	return b.String()
}

// mask hides a token of the switch, which is another one each time.
func mask(user string) string {
	if len(user) == mark.Length {
		return "our Contact"
	}
	return user
}

// sdpSummary is address, direction and codecs of a body.
func sdpSummary(body string) string {
	var host, port, direction string
	var codecs []string
	names := map[string]string{"0": "PCMU", "8": "PCMA"}
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, "=")
		f := strings.Fields(value)
		switch {
		case key == "c" && len(f) == 3:
			host = f[2]
		case key == "m" && len(f) > 3 && f[0] == "audio":
			port, codecs = f[1], f[3:]
		case value == "sendrecv", value == "sendonly", value == "recvonly", value == "inactive":
			direction = " " + value
		case strings.HasPrefix(value, "rtpmap:") && len(f) == 2:
			names[strings.TrimPrefix(f[0], "rtpmap:")] = strings.Split(f[1], "/")[0]
		}
	}
	if port == "" {
		return ""
	}
	for i, c := range codecs {
		if n := names[c]; n != "" {
			codecs[i] = n
		}
	}
	return fmt.Sprintf("sdp %s:%s%s %s", host, port, direction, strings.Join(codecs, ","))
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
