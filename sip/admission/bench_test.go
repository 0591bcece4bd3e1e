package admission_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/dialplan/plan"
	"strowger/sip/admission"
	"strowger/sip/auth"
	"strowger/sip/b2bua"
	"strowger/sip/guard"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/resolve"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/state/statetest"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

const (
	tenantName = "demo"
	realm      = "demo.example"
	thisNode   = "node-1"
	siteNumber = "+441632960000"
)

const planText = `
number "+448081570001" {
  ring { seats = ["1001", "1002"] }
}
number "+448081570002" {
  ring { seats = ["1002"] }
}
number "+448081570005" {
  ring { seats = ["1005"] }
}
number "+448081570006" {
  ring { seats = ["1006"] }
}
dial "10XX" {
  ring { seats = [called] }
}
dial "*45" {
  play { prompt = "own-number" }
}
dial "*43" {
  echo {}
}
dial "9." {
  trunk {
    trunks  = ["carrier", "backup"]
    timeout = "45s"
  }
}
`

// sender knows the flows to carriers.
type sender struct{ blocked map[netip.AddrPort]bool }

var advertised = map[string]netip.AddrPort{
	"carriers": netip.MustParseAddrPort("203.0.113.1:5060"),
	"phones":   netip.MustParseAddrPort("10.0.0.1:5060"),
}

func flowTo(network string, proto transport.Proto, remote netip.AddrPort) transport.Flow {
	return transport.Flow{
		Listener: network + "-" + string(proto), Network: network, Proto: proto,
		Advertised: advertised[network], Remote: remote,
	}
}

func (s *sender) Send(transport.Flow, []byte) error { return nil }

func (s *sender) Stands(transport.Flow) bool { return true }

func (s *sender) FlowTo(network string, proto transport.Proto, remote netip.AddrPort) (transport.Flow, error) {
	if s.blocked[remote] {
		return transport.Flow{}, transport.ErrNotAllowed
	}
	return flowTo(network, proto, remote), nil
}

// registrar notes the flow that it was given.
type registrar struct{ flow transport.Flow }

func (r *registrar) Handle(_ context.Context, _ time.Time, req *sip.Request, flow transport.Flow) *sip.Response {
	r.flow = flow
	return message.NewResponse(req, 200, "", "tag")
}

// bench is an admission with a tenant of six seats and two trunks.
type bench struct {
	*admission.Admission
	t         testing.TB
	now       time.Time
	store     *statetest.Store
	directory *seat.Directory
	tenant    *admission.Tenant
	attempts  seat.Attempts
	sender    sender
	registrar registrar
	busy      map[string]int // calls of seats
	desk      desk
	sound     leg.Sound // of seats that say nothing
	overrides overrides
}

// overrides are what operators have set aside, by key.
type overrides map[string]string

// Value implements admission.Overrides.
func (o overrides) Value(_ time.Time, tenant, key string) string {
	if tenant != tenantName {
		return ""
	}
	return o[key]
}

// desk has trunks that are disabled, and addresses that take no calls.
type desk struct {
	disabled map[string]bool
	down     map[netip.AddrPort]bool
	accounts map[string]bool // trunks with credentials

	registered *trunk.Trunk // has the contact contact-token
}

// Sort implements admission.Desk.
func (d *desk) Sort(_ time.Time, _ *trunk.Trunk, ways []trunk.Way) (good, rest []trunk.Way) {
	for _, w := range ways {
		if d.down[w.AddrPort] {
			rest = append(rest, w)
		} else {
			good = append(good, w)
		}
	}
	return good, rest
}

// Registered implements admission.Desk.
func (d *desk) Registered(f transport.Flow, user string) *trunk.Trunk {
	if d.registered != nil && user == "contact-token" && d.registered.IsAt(f.Remote.Addr()) {
		return d.registered
	}
	return nil
}

// Answer implements admission.Desk.
func (d *desk) Answer(t *trunk.Trunk) leg.Answer {
	if !d.accounts[t.Name] {
		return nil
	}
	return func([]string, string, string) (string, error) { return "of " + t.Name, nil }
}

// Disabled implements admission.Desk.
func (d *desk) Disabled(tenant, name string) bool { return tenant == tenantName && d.disabled[name] }

var (
	carrierAddrs = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.9:5060"), netip.MustParseAddrPort("192.0.2.10:5060")}
	backupAddr   = netip.MustParseAddrPort("198.51.100.1:5061")
)

func trunks() *trunk.Set {
	return trunk.NewSet([]trunk.Trunk{
		{
			Name: "carrier", Tenant: tenantName, Network: "carriers",
			Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}, Targets: fixed(transport.UDP, carrierAddrs...),
		},
		{
			Name: "backup", Tenant: tenantName, Network: "carriers",
			Sources: []netip.Prefix{netip.MustParsePrefix("198.51.100.1/32")}, Targets: fixed(transport.TCP, backupAddr),
		},
		{Name: "foreign", Tenant: "other", Network: "carriers", Targets: fixed(transport.UDP, netip.MustParseAddrPort("192.0.2.99:5060"))},
	}, trunk.Group{Name: "both", Tenant: tenantName, Members: []trunk.Member{
		{Trunk: "carrier", Priority: 1, Weight: 30}, {Trunk: "backup", Priority: 1, Weight: 70},
	}})
}

func fixed(proto transport.Proto, addrs ...netip.AddrPort) []*resolve.Name {
	return []*resolve.Name{resolve.Fixed(proto, addrs...)}
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	return benchOf(tb, trunks())
}

// benchOf is a bench with other trunks.
func benchOf(tb testing.TB, trunks *trunk.Set) *bench {
	tb.Helper()
	b := &bench{t: tb, now: time.Now(), store: statetest.Open(tb), overrides: overrides{}}
	b.directory = seat.NewDirectory(b.store)
	if err := b.directory.PutTenant(tb.Context(), seat.Tenant{Name: tenantName, Realm: realm}); err != nil {
		tb.Fatal(err)
	}
	b.seat("1001", nil)
	b.seat("1002", func(s *seat.Seat) { s.SiteNumber = "+441632960099" })
	b.seat("1003", func(s *seat.Seat) { s.Presentation, s.SiteNumber, s.Address = "", "", "" })
	b.seat("1004", func(s *seat.Seat) { s.Disabled, s.Desk = true, "1002" })
	b.seat("1005", func(s *seat.Seat) { s.Reached = "trunk:+447700900001" })
	b.seat("1006", func(s *seat.Seat) { s.Reached = "backup:+447700900002" })
	numbering := dialplan.UnitedKingdom()
	emergency, err := dialplan.NewEmergency(numbering, nil)
	if err != nil {
		tb.Fatal(err)
	}
	b.tenant = &admission.Tenant{
		Name: tenantName, Realm: realm, Numbering: numbering, Emergency: emergency, EmergencyTrunks: []string{"backup"},
	}
	b.publish(planText)
	verifier, err := auth.New(b.now)
	if err != nil {
		tb.Fatal(err)
	}
	b.Admission = admission.New(admission.Config{
		Node: thisNode, Tenants: []*admission.Tenant{b.tenant}, Trunks: trunks, Desk: &b.desk, Overrides: b.overrides, Chance: func(n int) int { return n - 1 }, Directory: b.directory, Store: b.store,
		Auth: verifier, Guard: guard.NewGate(guard.Config{Auth: verifier}), Registrar: &b.registrar, Attempts: &b.attempts, Sender: &b.sender,
		Calls:      func(_, number string) int { return b.busy[number] },
		Algorithms: func(string) []string { return []string{seat.SHA256, seat.MD5} },
		Home:       func(string) string { return tenantName },
		Sound:      func(string) leg.Sound { return b.sound },
		Log:        slog.New(slog.DiscardHandler),
	})
	return b
}

func (b *bench) publish(text string) {
	b.t.Helper()
	p, faults := plan.Parse("test.hcl", []byte(text))
	if err := faults.Err(); err != nil {
		b.t.Fatal(err)
	}
	table, faults := p.Check(plan.Inventory{
		Numbering: b.tenant.Numbering, HasSeat: func(s string) bool { return s < "1010" }, Trunks: []string{"carrier", "backup", "both"},
		Prompts: []string{"announcement"}, Spell: func(string) error { return nil },
	})
	if err := faults.Err(); err != nil {
		b.t.Fatal(err)
	}
	b.tenant.SetPlan(table, "")
}

// seat stores a seat with the password demo-NUMBER.
func (b *bench) seat(n string, change func(*seat.Seat)) {
	b.t.Helper()
	credentials, err := seat.Credentials(n, realm, "demo-"+n, []string{seat.MD5, seat.SHA256})
	if err != nil {
		b.t.Fatal(err)
	}
	s := seat.Seat{
		Tenant: tenantName, Number: n, Name: "Agent " + n, Network: "phones", Credentials: credentials,
		Presentation: "+44163296" + n, SiteNumber: siteNumber, Address: "site-7",
	}
	if change != nil {
		change(&s)
	}
	if err := b.directory.PutSeat(b.t.Context(), s, state.Any); err != nil {
		b.t.Fatal(err)
	}
}

// register stores a binding for each remote address of a seat's phones.
func (b *bench) register(n string, remotes ...string) {
	b.t.Helper()
	var list []seat.Binding
	for i, r := range remotes {
		flow := flowTo("phones", transport.UDP, netip.MustParseAddrPort(r))
		flow.Node = thisNode
		list = append(list, seat.Binding{
			Contact: fmt.Sprintf("sip:%s@%s", n, r), Flow: flow, Q: 1, CallID: "c", CSeq: 1,
			Registered: b.now.Add(-time.Duration(i) * time.Second), Expires: b.now.Add(time.Hour),
		})
	}
	if err := b.directory.PutBindings(b.t.Context(), tenantName, n, list, state.Any, false); err != nil {
		b.t.Fatal(err)
	}
}

// request is a message as it comes from the wire.
func (b *bench) request(method, uri, from string, headers ...string) *sip.Request {
	b.t.Helper()
	lines := append([]string{
		method + " " + uri + " SIP/2.0",
		"Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1",
		"From: " + from + ";tag=a",
		"To: <sip:called@" + realm + ">",
		"Call-ID: call@192.0.2.9",
		"CSeq: 1 " + method,
		"Contact: <sip:caller@192.0.2.9>",
		"Content-Length: 0",
	}, headers...)
	msg, err := message.Parse([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n"))
	if err != nil {
		b.t.Fatal(err)
	}
	return msg.(*sip.Request)
}

var (
	carrierFlow = flowTo("carriers", transport.UDP, carrierAddrs[0])
	phoneFlow   = flowTo("phones", transport.UDP, netip.MustParseAddrPort("10.0.0.7:5060"))
)

// fromCarrier admits a call that the carrier brings.
func (b *bench) fromCarrier(called string, headers ...string) b2bua.Program {
	b.t.Helper()
	req := b.request("INVITE", "sip:"+called+"@203.0.113.1", `"Alice" <sip:+441632960555@carrier.example>`, headers...)
	if _, _, ok := b.Challenge(b.now, req, carrierFlow); ok {
		b.t.Fatal("a carrier was challenged")
	}
	return settled(b.Admit(b.t.Context(), b.now, req, carrierFlow))
}

// fromSeat admits a call of a seat that knows its password.
func (b *bench) fromSeat(n, called string, headers ...string) b2bua.Program {
	b.t.Helper()
	return settled(b.begins(n, called, headers...))
}

// begins is fromSeat before the call is recorded.
func (b *bench) begins(n, called string, headers ...string) b2bua.Program {
	b.t.Helper()
	return b.Admit(b.t.Context(), b.now, b.proven(n, "demo-"+n, "INVITE", "sip:"+called+"@"+realm, headers...), phoneFlow)
}

func settled(p b2bua.Program) b2bua.Program {
	if p.Settled != nil {
		p.Settled()
	}
	return p
}

// proven is a request with the answer to a challenge.
func (b *bench) proven(user, password, method, uri string, headers ...string) *sip.Request {
	b.t.Helper()
	from := "<sip:" + user + "@" + realm + ">"
	status, challenges, ok := b.Challenge(b.now, b.request(method, uri, from), phoneFlow)
	if !ok || status != 407 && method != "SUBSCRIBE" || len(challenges) != 2 {
		b.t.Fatalf("challenged %v with %d and %d headers", ok, status, len(challenges))
	}
	var values []string
	for _, h := range challenges {
		values = append(values, h.Value())
	}
	answer, err := auth.Answer(values, method, uri, user, password, 1)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.request(method, uri, from, append(headers, "Proxy-Authorization: "+answer)...)
}

// refused checks the outcome of a call that rings nobody.
func refused(t *testing.T, p b2bua.Program, status int, reason string) {
	t.Helper()
	v := p.Refuse
	if v == nil && len(p.Stages) == 1 && len(p.Stages[0].Targets) == 0 {
		v = &p.Stages[0].Empty
	}
	if v == nil || v.Status != status || v.Reason != reason {
		t.Errorf("%+v, want %d %q", v, status, reason)
	}
}

// rung are the request URIs of each stage, with who is shown and other ways.
func rung(p b2bua.Program) string {
	var stages []string
	for _, s := range p.Stages {
		var targets []string
		for _, t := range s.Targets {
			confirm := ""
			if t.Confirm {
				confirm = " confirmed"
			}
			ways := []string{fmt.Sprintf("%v as %v%s", &t.Target, &t.From.URI, confirm)}
			for _, way := range t.Next {
				ways = append(ways, way.Target.String())
			}
			targets = append(targets, strings.Join(ways, " or "))
		}
		stages = append(stages, strings.Join(targets, ", "))
	}
	return strings.Join(stages, "; ")
}

func rings(t *testing.T, p b2bua.Program, want ...string) {
	t.Helper()
	if got := rung(p); p.Refuse != nil || got != strings.Join(want, "; ") {
		t.Errorf("refused %v, rings\n %s\nwant\n %s", p.Refuse, got, strings.Join(want, "; "))
	}
}

// BenchmarkCarrierCall is what it costs to decide about a carrier's call to a seat.
func BenchmarkCarrierCall(b *testing.B) {
	a := newBench(b)
	a.register("1002", "10.0.0.2:5060")
	req := a.request("INVITE", "sip:+448081570002@203.0.113.1", `"Alice" <sip:+441632960555@carrier.example>`,
		"P-Asserted-Identity: <sip:+441632960556@carrier.example>", "Privacy: none")
	b.ReportAllocs()
	for b.Loop() {
		if p := a.Admit(b.Context(), a.now, req, carrierFlow); len(p.Stages) != 1 {
			b.Fatal("the call rings nobody")
		}
	}
}
