package exchange_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/mark"
	"strowger/sip/message"
	"strowger/sip/resolve"
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
	note := w.summary(msg)
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
		if w.pair != nil {
			w.pair.to(r).Receive(r)
			synctest.Wait() // one node after the other
		} else {
			w.x.Receive(r)
		}
	}
}

// awake has the story go on with what is on the wire.
func (w *world) awake() {
	select {
	case w.wake <- struct{}{}:
	default:
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
		w.log("-> "+f.Remote.String(), w.summary(msg))
		return nil
	case p.unreachable:
		w.log("-> "+p.name, "fails: "+w.summary(msg))
		return transport.ErrNotAllowed
	case p.stream != nil && !p.stream.dialled(p, f):
		w.log("-> "+p.name, "has no connection: "+w.summary(msg))
		return transport.ErrGone
	}
	w.log("-> "+p.name, w.summary(msg)+p.stream.note())
	if p.behind != nil {
		p = p.behind
	}
	w.inbox = append(w.inbox, letter{p, msg})
	w.awake()
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

// FlowTo is the way to a party: on TCP if it listens at the address. Nobody else is
// allowed.
func (n *network) FlowTo(_ string, proto transport.Proto, to netip.AddrPort) (transport.Flow, error) {
	w := (*world)(n)
	w.mu.Lock()
	defer w.mu.Unlock()
	f, p := flowTo(to), w.byAddr(to)
	switch {
	case proto == transport.UDP && p != nil && p.stream == nil:
		return f, nil
	case proto != transport.TCP || p == nil || p.stream == nil || p.addr != to:
		return transport.Flow{}, transport.ErrNotAllowed
	case p.stream.flow.Conn != 0 && p.stream.flow.Remote == to:
		return p.stream.flow, nil
	}
	f.Listener, f.Proto = "tcp", transport.TCP
	return f, nil
}

// hosts is DNS: what was asked for is known a while later.
func (w *world) lookUp(t resolve.Target) []resolve.Address {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, asked := w.hosts[t.Host], w.asked[t.Host]
	switch {
	case p == nil:
		return nil
	case asked.IsZero():
		w.log("dns", t.Host)
		w.asked[t.Host] = time.Now()
		return nil
	case time.Since(asked) < 100*time.Millisecond:
		return nil
	}
	return []resolve.Address{{AddrPort: p.addr, Proto: t.Protos[0]}}
}

// Stands tells whether a party still has the connection of a flow.
func (n *network) Stands(f transport.Flow) bool {
	w := (*world)(n)
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.byAddr(f.Remote)
	return f.Conn == 0 || p != nil && p.stream != nil && p.stream.flow == f
}

// summary is what the transcript says of a message: summary, and the headers that the
// story wants to be shown. UUIDs are numbered.
func (w *world) summary(msg sip.Message) string {
	var b strings.Builder
	b.WriteString(summary(msg))
	for _, name := range w.admission.shows {
		for _, v := range message.Headers(msg, name) {
			if name == "From" {
				v, _, _ = strings.Cut(v, ";tag")
			}
			fmt.Fprintf(&b, " [%s: %s]", name, uuids.ReplaceAllStringFunc(v, w.uuid))
		}
	}
	return b.String()
}

var uuids = regexp.MustCompile("[0-9a-f]{32}")

func (w *world) uuid(s string) string {
	if s == message.NilUUID {
		return "nil"
	}
	if !slices.Contains(w.ids, s) {
		w.ids = append(w.ids, s)
	}
	return fmt.Sprintf("id-%d", slices.Index(w.ids, s)+1)
}

// summary is what every transcript says of a message.
func summary(msg sip.Message) string {
	var b strings.Builder
	switch m := msg.(type) {
	case *sip.Request:
		fmt.Fprintf(&b, "%s %d", m.Method, m.CSeq().SeqNo)
		if m.Method == sip.INVITE {
			fmt.Fprintf(&b, " to %s", mask(m.Recipient.User))
		}
		if m.Method == sip.REFER {
			to, _, _ := strings.Cut(message.Header(m, "Refer-To"), "?")
			fmt.Fprintf(&b, " to %s", strings.Trim(to, "<>"))
		}
		if m.Method == sip.NOTIFY && len(noticeSummary(string(m.Body()))) == 0 {
			fmt.Fprintf(&b, " %s, %s: %s", message.Header(m, "Event"), message.Header(m, "Subscription-State"), strings.TrimSpace(string(m.Body())))
		}
		if m.Method == sip.PRACK && mask(message.ToTag(m)) == message.ToTag(m) {
			fmt.Fprintf(&b, " to %s", message.ToTag(m))
		}
		if routes := message.Headers(m, "Route"); len(routes) > 0 {
			fmt.Fprintf(&b, " for %s by %s", m.Recipient.String(), strings.Join(routes, " "))
		}
		if f := m.MaxForwards(); f != nil && f.Val() != 70 {
			fmt.Fprintf(&b, " max-forwards=%d", f.Val())
		}
	case *sip.Response:
		fmt.Fprintf(&b, "%d %s (%s %d)", m.StatusCode, m.Reason, m.CSeq().MethodName, m.CSeq().SeqNo)
	}
	for _, name := range []string{
		"Reason", "Retry-After", "Unsupported", "Require", "RSeq", "RAck", "Session-Expires", "Min-SE", "WWW-Authenticate", "Proxy-Authenticate", "Authorization", "Proxy-Authorization",
		"Event", "Expires", "Subscription-State", "Min-Expires",
	} {
		if req, ok := msg.(*sip.Request); ok && req.Method == sip.NOTIFY && noticeSummary(string(req.Body())) == "" {
			break // said above
		}
		for _, v := range message.Headers(msg, name) {
			fmt.Fprintf(&b, " [%s: %s]", name, v)
		}
	}
	if res, ok := msg.(*sip.Response); ok {
		for _, name := range told(res) {
			fmt.Fprintf(&b, " [%s: %s]", name, message.Header(msg, name))
		}
	}
	if s := sdpSummary(string(msg.Body())); s != "" {
		b.WriteString(" " + s)
	}
	b.WriteString(noticeSummary(string(msg.Body())))
	return b.String()
}

var dialogs = regexp.MustCompile(`(version|state|direction)="([^"]*)"|<state>(.*)</state>|identity.*(sip:[^@<]*)`)

// noticeSummary is what a NOTIFY tells.
func noticeSummary(body string) string {
	var b strings.Builder
	switch {
	case strings.HasPrefix(body, "<?xml"):
		for _, found := range dialogs.FindAllStringSubmatch(body, -1) {
			b.WriteString(" " + found[2] + found[3] + found[4])
		}
	case strings.HasPrefix(body, "Messages"):
		for line := range strings.Lines(body) {
			if name, value, _ := strings.Cut(strings.TrimSpace(line), ": "); name != "Message-Account" {
				b.WriteString(" " + value)
			}
		}
	}
	return b.String()
}

// told names the headers that are what a response is about.
func told(res *sip.Response) []string {
	switch {
	case res.StatusCode == 405:
		return []string{"Allow"}
	case res.StatusCode == 489:
		return []string{"Allow-Events"}
	case res.StatusCode == 415:
		return []string{"Accept"}
	case res.StatusCode == 200 && res.CSeq().MethodName == sip.OPTIONS:
		return []string{"Allow", "Accept", "Supported"}
	}
	return nil
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
	var host, port, direction, others string
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
		case key == "m" && len(f) > 3:
			others += fmt.Sprintf(" %s:%s", f[0], f[1])
		case value == "sendrecv", value == "sendonly", value == "recvonly", value == "inactive":
			direction = " " + value
		case strings.HasPrefix(value, "rtpmap:") && len(f) == 2:
			names[strings.TrimPrefix(f[0], "rtpmap:")] = strings.Split(f[1], "/")[0]
		}
	}
	if port == "" && others == "" {
		return ""
	}
	for i, c := range codecs {
		if n := names[c]; n != "" {
			codecs[i] = n
		}
	}
	return fmt.Sprintf("sdp %s:%s%s %s", host, port, direction, strings.Join(codecs, ",")) + cryptoSummary(body) + others
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
