package registrar

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/auth"
	"strowger/sip/guard"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/transport"
)

const (
	tenant = "demo"
	realm  = "demo.strowger"
)

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

var (
	_ Directory = (*seat.Directory)(nil)
	_ Attempts  = (*seat.Attempts)(nil)
)

// directory is a Directory in memory that compares revisions.
type directory struct {
	mu       sync.Mutex
	seats    map[string]seat.Seat
	bindings map[string][]seat.Binding
	revs     map[string]state.Rev
	last     state.Rev
	late     bool // the last write
	seatErr  error
	readErr  error
	writeErr error
	before   func() // called by PutBindings, unlocked
}

func newDirectory(tb testing.TB, numbers ...string) *directory {
	tb.Helper()
	d := &directory{seats: map[string]seat.Seat{}, bindings: map[string][]seat.Binding{}, revs: map[string]state.Rev{}}
	for _, n := range numbers {
		creds, err := seat.Credentials(n, realm, "demo-"+n, []string{seat.MD5, seat.SHA256})
		if err != nil {
			tb.Fatal(err)
		}
		d.seats[n] = seat.Seat{Tenant: tenant, Number: n, Network: "phones", Credentials: creds}
	}
	return d
}

func (d *directory) Seat(_ context.Context, _, number string) (seat.Seat, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.seats[number]
	if !ok && d.seatErr == nil {
		return s, state.ErrNotFound
	}
	return s, d.seatErr
}

func (d *directory) Bindings(_ context.Context, _, number string) ([]seat.Binding, state.Rev, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.bindings[number]), d.revs[number], d.readErr
}

func (d *directory) PutBindings(_ context.Context, _, number string, b []seat.Binding, expect state.Rev, late bool) error {
	if d.before != nil {
		d.before()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writeErr != nil {
		return d.writeErr
	}
	if d.revs[number] != expect {
		return state.ErrConflict
	}
	d.last++
	d.late = late
	d.bindings[number], d.revs[number] = slices.Clone(b), d.last
	if len(b) == 0 {
		delete(d.bindings, number)
		delete(d.revs, number)
	}
	return nil
}

// notes keeps the verdicts, "number: verdict".
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) Record(_, number string, at seat.Attempt) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, number+": "+at.Verdict)
}

// bench is a registrar with phones that talk to it.
type bench struct {
	testing.TB
	*Registrar
	dir     *directory
	notes   *notes
	changes int
	now     time.Time
	flow    transport.Flow
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	a, err := auth.New(start)
	if err != nil {
		tb.Fatal(err)
	}
	b := &bench{TB: tb, dir: newDirectory(tb, "1001", "1002"), notes: &notes{}, now: start, flow: transport.Flow{
		Listener: "phones-udp", Network: "phones", Proto: transport.UDP,
		Advertised: netip.MustParseAddrPort("127.0.0.1:5060"), Remote: netip.MustParseAddrPort("127.0.0.9:40000"),
	}}
	b.Registrar = New(Config{
		Node: "node1", Auth: a, Guard: guard.NewGate(guard.Config{Auth: a}), Directory: b.dir, Attempts: b.notes,
		Domain: func(f transport.Flow, _ ...string) (Domain, bool) {
			return Domain{Tenant: tenant, Realm: realm, Algorithms: []string{"md5"}}, f.Network != "carriers"
		},
		OnChange: func(string, string) { b.changes++ },
		Log:      slog.New(slog.DiscardHandler),
	})
	return b
}

// phone is one REGISTER of a phone.
type phone struct {
	to, user, password string
	callID             string
	cseq               int
	lines              []string // headers
}

func (b *bench) phone(lines ...string) phone {
	return phone{to: "1001", user: "1001", password: "demo-1001", callID: "c1", cseq: 1, lines: lines}
}

func (p phone) order(callID string, cseq int) phone {
	p.callID, p.cseq = callID, cseq
	return p
}

func (b *bench) parse(text string) sip.Message {
	b.Helper()
	msg, err := message.Parse([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	if err != nil {
		b.Fatalf("%v in\n%s", err, text)
	}
	return msg
}

func (b *bench) request(p phone, authorization string) *sip.Request {
	b.Helper()
	lines := slices.Clone(p.lines)
	if authorization != "" {
		lines = append(lines, "Authorization: "+authorization)
	}
	return b.parse(fmt.Sprintf(`REGISTER sip:switch.example SIP/2.0
Via: SIP/2.0/UDP 127.0.0.9:40000;branch=z9hG4bK%s%d
Max-Forwards: 70
From: <sip:%s@switch.example>;tag=f
To: <sip:%s@switch.example>
Call-ID: %s
CSeq: %d REGISTER
%s
Content-Length: 0

`, p.callID, p.cseq, p.to, p.to, p.callID, p.cseq, strings.Join(append(lines, "User-Agent: phone/1"), "\n"))).(*sip.Request)
}

// ask sends a request without or with an answer to challenge, and reads the
// response as the wire shows it.
func (b *bench) ask(p phone, authorization string) *sip.Response {
	b.Helper()
	res := b.Handle(b.Context(), b.now, b.request(p, authorization), b.flow)
	return b.parse(strings.ReplaceAll(string(message.Append(nil, res)), "\r\n", "\n")).(*sip.Response)
}

func (b *bench) authorization(p phone, challenge *sip.Response) string {
	b.Helper()
	h, err := auth.Answer(message.Headers(challenge, "WWW-Authenticate"), "REGISTER", "sip:switch.example", p.user, p.password, 1)
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// register asks, is challenged and asks again.
func (b *bench) register(p phone) *sip.Response {
	b.Helper()
	challenge := b.ask(p, "")
	if challenge.StatusCode != 401 {
		return challenge
	}
	return b.ask(p, b.authorization(p, challenge))
}

// contacts are those of a response, "uri params", sorted.
func contacts(res *sip.Response) []string {
	var list []string
	for _, c := range message.Contacts(res) {
		list = append(list, c.Address.String()+" "+c.Params.ToString(';'))
	}
	return slices.Sorted(slices.Values(list))
}

// bound are the contacts in the directory, sorted.
func (b *bench) bound() []string {
	var list []string
	for _, x := range b.dir.bindings["1001"] {
		list = append(list, x.Contact)
	}
	return slices.Sorted(slices.Values(list))
}
