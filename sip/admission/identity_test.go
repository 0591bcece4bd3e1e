package admission_test

import (
	"net/netip"
	"strings"
	"testing"

	"strowger/sip/b2bua"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/seat"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

// trustingBench is a bench whose trunk carrier is trusted and whose backup is not.
func trustingBench(t *testing.T) *bench {
	t.Helper()
	b := benchOf(t, trunk.NewSet([]trunk.Trunk{
		{
			Name: "carrier", Tenant: tenantName, Network: "carriers", Peer: identity.Peer{Trusted: true},
			Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}, Targets: fixed(transport.UDP, carrierAddrs[0]),
		},
		{
			Name: "backup", Tenant: tenantName, Network: "carriers",
			Sources: []netip.Prefix{netip.MustParsePrefix("198.51.100.1/32")}, Targets: fixed(transport.TCP, backupAddr),
		},
	}))
	b.tenant.Presents = []string{"+44163296100X", "+448081570001"}
	b.tenant.Presentation = "+448081570001"
	b.register("1002", "10.0.0.2:5060")
	return b
}

// told is From and what else says who calls, in one line for each party rung.
func told(p b2bua.Program) string {
	var lines []string
	for _, s := range p.Stages {
		for _, t := range s.Targets {
			lines = append(lines, toldTo(t.Address))
		}
	}
	return strings.Join(lines, "\n")
}

func toldTo(a leg.Address) string {
	line := []string{a.Party.String() + ":", strings.TrimSpace(a.From.Display + " " + a.From.URI.String())}
	for _, name := range []string{"P-Asserted-Identity", "Privacy", "Remote-Party-ID", "Diversion", "History-Info", "Priority"} {
		if v := header(a, name); v != "" {
			line = append(line, "["+name+": "+v+"]")
		}
	}
	return strings.Join(line, " ")
}

const (
	nobody   = "Anonymous sip:anonymous@anonymous.invalid"
	site     = "<sip:+441632960000@203.0.113.1;user=phone>"
	asserted = " [P-Asserted-Identity: " + site + "]"
)

// TestSeatsNumbers: what trunks are told of a seat that calls out.
func TestSeatsNumbers(t *testing.T) {
	const own, tenants = "sip:+441632961001@203.0.113.1", "sip:+448081570001@203.0.113.1"
	for name, tt := range map[string]struct {
		called   string
		headers  []string
		seat     func(*seat.Seat)
		from     string
		privacy  string
		replaced uint64
	}{
		"as ever":                 {"901632960777", nil, nil, own, "", 0},
		"another of the tenant":   {"901632960777", []string{"P-Preferred-Identity: <tel:+441632961002>"}, nil, "sip:+441632961002@203.0.113.1", "", 0},
		"written nationally":      {"901632960777", []string{"P-Preferred-Identity: <sip:01632961002@x>"}, nil, "sip:+441632961002@203.0.113.1", "", 0},
		"its extension":           {"901632960777", []string{"P-Preferred-Identity: <sip:1001@x>"}, nil, own, "", 0},
		"one of others":           {"901632960777", []string{"P-Preferred-Identity: <sip:+442079460000@x>"}, nil, own, "", 1},
		"nothing like a number":   {"901632960777", []string{"P-Preferred-Identity: <sip:president@x>"}, nil, own, "", 1},
		"unreadable":              {"901632960777", []string{"P-Preferred-Identity: <sip:"}, nil, own, "", 0},
		"asserts":                 {"901632960777", []string{"P-Asserted-Identity: <sip:+442079460000@x>", "Remote-Party-ID: <sip:+442079460000@x>"}, nil, own, "", 0},
		"seat has one of others":  {"901632960777", nil, func(s *seat.Seat) { s.Presentation = "+442079460000" }, tenants, "", 1},
		"seat has none":           {"901632960777", nil, func(s *seat.Seat) { s.Presentation = "" }, tenants, "", 0},
		"withheld by prefix":      {"914101632960777", nil, nil, nobody, "id", 0},
		"prefix before the line":  {"141901632960777", nil, nil, nobody, "id", 0},
		"withheld by Privacy":     {"901632960777", []string{"Privacy: user;critical"}, nil, nobody, "id;user;critical", 0},
		"shown by prefix":         {"9147001632960777", []string{"Privacy: id"}, nil, own, "", 0},
		"expressly shown":         {"901632960777", []string{"Privacy: none"}, nil, own, "", 0},
		"withheld and of others":  {"914101632960777", []string{"P-Preferred-Identity: <sip:+442079460000@x>"}, nil, nobody, "id", 1},
		"header privacy is given": {"901632960777", []string{"Privacy: header"}, nil, own, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := trustingBench(t)
			if tt.seat != nil {
				b.seat("1001", tt.seat)
			}
			p := b.fromSeat("1001", tt.called, tt.headers...)
			trusted, other := asserted, ""
			if tt.privacy != "" {
				trusted, other = asserted+" [Privacy: "+tt.privacy+"]", " [Privacy: id]"
			}
			want := "trunk:carrier: " + tt.from + trusted + "\ntrunk:backup: " + tt.from + other
			if got := told(p); got != want {
				t.Errorf("told\n%s\nwant\n%s", got, want)
			}
			if p.To != "+441632960777" || p.From != "1001" || p.Network != siteNumber || p.Withheld != (tt.privacy != "") || p.Presentation == "" {
				t.Errorf("recorded as %+v", p)
			}
			why := strings.Join(p.Why, "; ")
			if n := b.Counters().Replaced.Load(); n != tt.replaced || strings.Contains(why, " is not the tenant's to present: ") != (n > 0) {
				t.Errorf("%d were replaced, want %d; why: %s", n, tt.replaced, why)
			}
			if strings.Contains(why, "the caller's number is withheld") != p.Withheld {
				t.Errorf("why: %s", why)
			}
		})
	}
}

// TestOwnNumbersByDefault: a tenant that lists none presents those of its seats.
func TestOwnNumbersByDefault(t *testing.T) {
	b := trustingBench(t)
	b.tenant.Presents, b.tenant.Presentation = nil, ""
	if got := told(b.fromSeat("1001", "901632960777", "P-Preferred-Identity: <tel:+441632961002>")); !strings.Contains(got, "+441632961001@") {
		t.Errorf("told %s", got)
	}
	b.tenant.Presents = []string{"+4420794600XX"}
	if got := told(b.fromSeat("1001", "901632960777")); !strings.Contains(got, "backup: sip:"+siteNumber+"@") {
		t.Errorf("with no number to present: %s", got)
	}
	if n := b.Counters().Replaced.Load(); n != 2 {
		t.Errorf("%d replaced", n)
	}
}

// TestAnonymousFrom: a seat withholds its number by its From too; who it is, its
// password says.
func TestAnonymousFrom(t *testing.T) {
	b := trustingBench(t)
	req := b.proven("1001", "demo-1001", "INVITE", "sip:901632960777@"+realm)
	req.From().Address = identity.Anonymous.URI
	p := b.Admit(t.Context(), b.now, req, phoneFlow)
	if got := told(p); !strings.HasPrefix(got, "trunk:carrier: "+nobody+asserted+" [Privacy: id]") || p.Caller.Name != "1001" || !p.Withheld {
		t.Errorf("told %s, refused %v", got, p.Refuse)
	}
}

// TestSeatToSeat: seats see names and extensions, unless they are withheld.
func TestSeatToSeat(t *testing.T) {
	b := trustingBench(t)
	const open = "seat:1002: Agent 1001 sip:1001@10.0.0.1"
	for called, want := range map[string]string{"1002": open, "1411002": "seat:1002: " + nobody, "14701002": open} {
		p := b.fromSeat("1001", called)
		if got := told(p); got != want || p.To != "1002" {
			t.Errorf("%s: told %s, to %s", called, got, p.To)
		}
	}
	// A number of the plan that begins like the prefix is that number.
	b.seat("1411", nil)
	b.publish("dial \"141X\" {\n  echo {}\n}\n")
	if p := b.fromSeat("1001", "1411"); p.App != b2bua.AppEcho || p.To != "1411" || p.Withheld {
		t.Errorf("%+v", p)
	}
}

// TestTrunksNumbers: what is believed of a trunk, and what is recorded.
func TestTrunksNumbers(t *testing.T) {
	const pai = "P-Asserted-Identity: <sip:+441632960556@carrier.example>"
	other := flowTo("carriers", transport.TCP, backupAddr)
	for name, tt := range map[string]struct {
		flow             transport.Flow
		headers          []string
		told             string
		number, network  string
		withheld, refuse bool
	}{
		"trusted":            {carrierFlow, []string{pai}, "Alice sip:+441632960555@10.0.0.1", "+441632960555", "+441632960556", false, false},
		"in national form":   {carrierFlow, []string{"P-Asserted-Identity: <sip:01632960556@carrier.example>"}, "Alice sip:+441632960555@10.0.0.1", "+441632960555", "+441632960556", false, false},
		"not trusted":        {other, []string{pai}, "Alice sip:+441632960555@10.0.0.1", "+441632960555", "", false, false},
		"withheld":           {carrierFlow, []string{pai, "Privacy: id"}, nobody, "", "+441632960556", true, false},
		"asserted as nobody": {carrierFlow, []string{"P-Asserted-Identity: <sip:anonymous@x>"}, nobody, "", "", true, false},
		"diverted":           {carrierFlow, []string{"Diversion: <sip:+441632960009@x>;reason=no-answer"}, "Alice sip:+441632960555@10.0.0.1 [Diversion: <sip:+441632960009@x>;reason=no-answer]", "+441632960555", "", false, false},
		"diverted in secret": {carrierFlow, []string{"Diversion: <sip:+441632960009@x>;privacy=full"}, "Alice sip:+441632960555@10.0.0.1", "+441632960555", "", false, false},
		"diverted, they say": {other, []string{"Diversion: <sip:+441632960009@x>"}, "Alice sip:+441632960555@10.0.0.1", "+441632960555", "", false, false},
		"impossible":         {carrierFlow, []string{"Privacy: wonder;critical"}, "", "+441632960555", "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := trustingBench(t)
			req := b.request("INVITE", "sip:+448081570002@203.0.113.1", `"Alice" <sip:+441632960555@carrier.example>`, tt.headers...)
			p := b.Admit(t.Context(), b.now, req, tt.flow)
			if tt.refuse {
				if p.Refuse == nil || p.Refuse.Status != 500 || b.Counters().Impossible.Load() != 1 {
					t.Errorf("%+v", p)
				}
				return
			}
			if got := told(p); got != "seat:1002: "+tt.told {
				t.Errorf("told %s", got)
			}
			if p.From != tt.number || p.Network != tt.network || p.Withheld != tt.withheld {
				t.Errorf("recorded as %+v", p)
			}
		})
	}
	b := trustingBench(t)
	if p := b.fromSeat("1001", "1002", "Privacy: wonder;critical"); p.Refuse == nil || p.Refuse.Status != 500 {
		t.Errorf("a seat: %+v", p)
	}
}

// TestDivertedOut: a call that a seat diverts to a number shows the caller to a trunk
// that believes us, if we were told, and the seat to others.
func TestDivertedOut(t *testing.T) {
	const (
		seats    = "sip:+441632961005@203.0.113.1"
		diverted = " [Diversion: <sip:+441632961005@203.0.113.1;user=phone>;reason=unconditional;privacy=off;counter=1]" +
			" [History-Info: <sip:+441632961005@203.0.113.1;user=phone>;index=1, <sip:+447700900001@203.0.113.1;user=phone;cause=302>;index=1.1;mp=1]"
		theirs = " [P-Asserted-Identity: <sip:+441632960556@203.0.113.1;user=phone>]"
		pai    = "P-Asserted-Identity: <sip:+441632960556@x>"
	)
	for name, tt := range map[string]struct {
		headers        []string
		trusted, other string
	}{
		"known":    {[]string{pai}, "Alice sip:+441632960555@203.0.113.1" + theirs + diverted, seats},
		"withheld": {[]string{pai, "Privacy: id"}, nobody + theirs + " [Privacy: id]" + diverted, seats},
		"unknown":  {nil, seats + asserted + diverted, seats},
	} {
		t.Run(name, func(t *testing.T) {
			for by, want := range map[string]string{"carrier": tt.trusted, "backup": tt.other} {
				b := trustingBench(t)
				b.seat("1005", func(s *seat.Seat) { s.Reached = by + ":+447700900001" })
				if got := told(b.fromCarrier("+448081570005", tt.headers...)); got != "trunk:"+by+": "+want {
					t.Errorf("told\n%s\nwant\n%s", got, want)
				}
			}
		})
	}
	b := trustingBench(t)
	b.seat("1005", func(s *seat.Seat) { s.Reached = "carrier:+447700900001" })
	if got := told(b.fromSeat("1001", "1005")); got != "trunk:carrier: sip:+441632961001@203.0.113.1"+asserted+diverted {
		t.Errorf("a seat's call: %s", got)
	}
}

// TestEmergencyShowsAll: whatever privacy is asked for, and to trusted and other
// trunks alike.
func TestEmergencyShowsAll(t *testing.T) {
	b := trustingBench(t)
	for _, called := range []string{"999", "141999", "9141999", "1419999"} {
		p := b.fromSeat("1001", called, "Privacy: id;critical;wonder", "P-Preferred-Identity: <sip:+442079460000@x>")
		const shown = "sip:+441632960000@203.0.113.1" + asserted + " [Priority: emergency]"
		if got := told(p); got != "trunk:backup: "+shown+"\ntrunk:carrier: "+shown || !p.Emergency || p.Withheld {
			t.Errorf("%s: told\n%s", called, got)
		}
		if req := b.request("INVITE", "sip:"+called+"@"+realm, "<sip:1001@"+realm+">"); !b.Emergency(req) {
			t.Errorf("%s is not seen as an emergency call", called)
		}
	}
}

// TestWhoIsCalled: how who may answer is shown to who calls.
func TestWhoIsCalled(t *testing.T) {
	for name, tt := range map[string]struct {
		called string
		seat   func(*seat.Seat)
		want   identity.Caller
	}{
		"seat": {"1002", nil, identity.Caller{Display: "Agent 1002", Presentation: "1002", Network: "+441632960099"}},
		"elsewhere": {
			"1002", func(s *seat.Seat) { s.Reached = "carrier:+447700900123" },
			identity.Caller{Display: "Agent 1002", Presentation: "1002", Network: siteNumber},
		},
		"a number": {"901632960777", nil, identity.Caller{Presentation: "+441632960777"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := trustingBench(t)
			if tt.seat != nil {
				b.seat("1002", tt.seat)
			}
			p := b.fromSeat("1001", tt.called)
			if p.Refuse != nil || len(p.Stages) == 0 || len(p.Stages[0].Targets) == 0 {
				t.Fatalf("nobody is rung: %+v", p)
			}
			for _, s := range p.Stages {
				for _, target := range s.Targets {
					for _, way := range append([]leg.Address{target.Address}, target.Next...) {
						if way.Shown == nil || !way.Shown.Same(&tt.want) {
							t.Errorf("%s is shown as %+v, want %+v", way.Party, way.Shown, tt.want)
						}
						if trusts := way.Party.Name == "carrier"; way.Party.Peer.Trusted != trusts {
							t.Errorf("%s is trusted: %t", way.Party, !trusts)
						}
					}
				}
			}
		})
	}
}
