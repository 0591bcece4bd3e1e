package admission_test

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"strowger/sip/admission"
	"strowger/sip/b2bua"
	"strowger/sip/leg"
	"strowger/sip/seat"
)

func blocked(addrs ...netip.AddrPort) map[netip.AddrPort]bool {
	m := map[netip.AddrPort]bool{}
	for _, a := range addrs {
		m[a] = true
	}
	return m
}

// byAllTrunks is how an emergency call goes out: the emergency trunk first, then
// every address of the tenant's others.
func byAllTrunks(number, shown string) []string {
	return []string{
		"sip:" + number + "@198.51.100.1:5061;transport=tcp as " + shown,
		"sip:" + number + "@192.0.2.9:5060 as " + shown,
		"sip:" + number + "@192.0.2.10:5060 as " + shown,
	}
}

func header(a leg.Address, name string) string {
	var values []string
	for _, h := range a.Headers {
		if h.Name() == name {
			values = append(values, h.Value())
		}
	}
	return strings.Join(values, ", ")
}

func TestEmergency(t *testing.T) {
	const shown = "sip:" + siteNumber + "@203.0.113.1"
	for _, tt := range []struct {
		seat, called, number, shown string
		identity, address           string
	}{
		{"1001", "999", "999", shown, "<" + shown + ";user=phone>", "site-7"},
		{"1001", "9999", "999", shown, "<" + shown + ";user=phone>", "site-7"},
		{"1001", "9112", "112", shown, "<" + shown + ";user=phone>", "site-7"},
		{"1004", "999", "999", shown, "<" + shown + ";user=phone>", "site-7"}, // disabled
		{"1003", "999", "999", "sip:anonymous@anonymous.invalid", "", ""},     // without site and presentation
	} {
		t.Run(tt.seat+" calls "+tt.called, func(t *testing.T) {
			b := newBench(t)
			b.tenant.SetPlan(nil, "") // no plan can be in the way
			p := b.fromSeat(tt.seat, tt.called)
			rings(t, p, byAllTrunks(tt.number, tt.shown)...)
			if !p.Emergency || p.To != tt.number || p.From != tt.seat || b.Counters().Emergencies.Load() != 1 {
				t.Errorf("%+v", p)
			}
			for _, s := range p.Stages {
				a := s.Targets[0].Address
				if !s.Busy || s.Timeout != admission.EmergencyRing || header(a, "Priority") != "emergency" ||
					header(a, "P-Asserted-Identity") != tt.identity || header(a, "X-Address-Reference") != tt.address {
					t.Errorf("stage %+v, headers %v", s, a.Headers)
				}
			}
		})
	}
}

// TestEmergencyByOtherURIs: a service (RFC 5031) and a number (RFC 3966).
func TestEmergencyByOtherURIs(t *testing.T) {
	b := newBench(t)
	for _, uri := range []string{"urn:service:sos.police", "tel:999", "tel:999;phone-context=+44", "sip:9-999@" + realm} {
		p := b.Admit(t.Context(), b.now, b.proven("1001", "demo-1001", "INVITE", uri), phoneFlow)
		rings(t, p, byAllTrunks("999", "sip:"+siteNumber+"@203.0.113.1")...)
	}
}

// TestEmergencyShowsPresentation: a seat without a site number is rung back at the
// number of its own calls.
func TestEmergencyShowsPresentation(t *testing.T) {
	b := newBench(t)
	b.seat("1001", func(s *seat.Seat) { s.SiteNumber = "" })
	b.register("1001", "10.0.0.5:5060")
	rings(t, b.fromSeat("1001", "999"), byAllTrunks("999", "sip:+441632961001@203.0.113.1")...)
	rings(t, b.fromCarrier("+441632961001"), "sip:1001@10.0.0.5:5060 as sip:+441632960555@10.0.0.1")
}

func TestEmergencyNeedsASeat(t *testing.T) {
	b := newBench(t)
	req := b.proven("1001", "wrong", "INVITE", "sip:999@"+realm)
	if p := b.Admit(t.Context(), b.now, req, phoneFlow); p.Emergency || p.Refuse == nil || p.Refuse.Status != 407 {
		t.Errorf("a stranger: %+v", p)
	}
	if p := b.fromCarrier("999"); p.Emergency {
		t.Errorf("a carrier: %+v", p)
	}
}

func TestEmergencyWithoutTrunks(t *testing.T) {
	b := newBench(t)
	b.sender.blocked = blocked(backupAddr)
	rings(t, b.fromSeat("1001", "999"), byAllTrunks("999", "sip:"+siteNumber+"@203.0.113.1")[1:]...)
	b.sender.blocked = blocked(backupAddr, carrierAddrs[0], carrierAddrs[1])
	refused(t, b.fromSeat("1001", "999"), 503, "No trunk for emergency calls")
}

// TestCallback: the services ring back the seat, then its desk, for 60 minutes.
func TestCallback(t *testing.T) {
	b := newBench(t)
	b.register("1001", "10.0.0.5:5060")
	b.register("1002", "10.0.0.2:5060")
	b.seat("1001", func(s *seat.Seat) { s.Desk = "1002" })
	refused(t, b.fromCarrier(siteNumber), 404, "Number not in plan")
	b.fromSeat("1001", "999")

	const shown = " as sip:+441632960555@10.0.0.1"
	b.now = b.now.Add(admission.CallbackTime - time.Second)
	for _, called := range []string{siteNumber, "01632960000"} {
		p := b.fromCarrier(called)
		rings(t, p, "sip:1001@10.0.0.5:5060"+shown, "sip:1002@10.0.0.2:5060"+shown)
		if p.To != siteNumber || p.Entry != "emergency callback" || !p.Stages[0].Busy || p.Emergency {
			t.Errorf("%+v", p)
		}
	}
	if n := b.Counters().Callbacks.Load(); n != 2 {
		t.Errorf("%d callbacks, want 2", n)
	}
	b.now = b.now.Add(time.Second)
	refused(t, b.fromCarrier(siteNumber), 404, "Number not in plan")
}

func TestCallbackToADesk(t *testing.T) {
	b := newBench(t)
	b.register("1002", "10.0.0.2:5060")
	const seat1002 = "sip:1002@10.0.0.2:5060 as sip:+441632960555@10.0.0.1"
	for name, tt := range map[string]struct {
		desk string
		want []string
	}{
		"a seat":             {"1002", []string{"", seat1002}},
		"a number on-net":    {"+448081570002", []string{"", seat1002}},
		"a number elsewhere": {"+441632960700", []string{"", "sip:+441632960700@192.0.2.9:5060 as sip:+441632960555@203.0.113.1 or sip:+441632960700@192.0.2.10:5060 or sip:+441632960700@198.51.100.1:5061;transport=tcp"}},
	} {
		t.Run(name, func(t *testing.T) {
			b.seat("1001", func(s *seat.Seat) { s.Desk = tt.desk })
			b.fromSeat("1001", "999")
			p := b.fromCarrier(siteNumber)
			rings(t, p, tt.want...)
			if v := p.Stages[0].Empty; v.Status != 480 || v.Reason != "" {
				t.Errorf("a carrier is told %+v", v)
			}
		})
	}
}

// TestCallbackWithoutAnybody goes by the plan.
func TestCallbackWithoutAnybody(t *testing.T) {
	b := newBench(t)
	b.fromSeat("1001", "999")
	refused(t, b.fromCarrier(siteNumber), 404, "Number not in plan")
}

// TestCallersOfASite call for help, one while another is being noted; none is
// forgotten, and who calls again is rung once.
func TestCallersOfASite(t *testing.T) {
	b := newBench(t)
	seats := []string{"1001", "1004", "1007"}
	for i, n := range seats {
		b.seat(n, nil)
		b.register(n, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}), 5060).String())
	}
	b.fromSeat("1001", "999")
	b.store.Meanwhile = func() { b.fromSeat("1004", "999") }
	b.fromSeat("1007", "999")
	b.fromSeat("1001", "112")
	var rung []string
	for _, target := range b.fromCarrier(siteNumber).Stages[0].Targets {
		rung = append(rung, target.Party.Name)
	}
	if want := []string{"1001", "1007", "1004"}; !slices.Equal(rung, want) {
		t.Errorf("rings %v, want %v", rung, want)
	}
}

// TestManyCallersOfASite: the last eight that called for help are rung.
func TestManyCallersOfASite(t *testing.T) {
	b := newBench(t)
	var want []string
	for i := range 9 {
		number := strconv.Itoa(1101 + i)
		b.seat(number, nil)
		b.register(number, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}), 5060).String())
		b.fromSeat(number, "999")
		want = append([]string{number}, want...)
	}
	var rung []string
	for _, target := range b.fromCarrier(siteNumber).Stages[0].Targets {
		rung = append(rung, target.Party.Name)
	}
	if !slices.Equal(rung, want[:8]) {
		t.Errorf("rings %v, want %v", rung, want[:8])
	}
}

// TestCallersForgotten: who called for help an hour ago is not rung with who did
// since.
func TestCallersForgotten(t *testing.T) {
	b := newBench(t)
	for i, n := range []string{"1001", "1004"} {
		b.seat(n, nil)
		b.register(n, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}), 5060).String())
	}
	b.fromSeat("1001", "999")
	b.now = b.now.Add(admission.CallbackTime)
	b.fromSeat("1004", "999")
	b.now = b.now.Add(-time.Second) // as another node's clock may be
	targets := b.fromCarrier(siteNumber).Stages[0].Targets
	if len(targets) != 1 || targets[0].Party.Name != "1004" {
		t.Errorf("rings %+v", targets)
	}
}

// TestEmergencyNeverWaitsForTheStore: a record that others write again and again is
// given up.
func TestEmergencyNeverWaitsForTheStore(t *testing.T) {
	b := newBench(t)
	b.seat("1004", nil)
	conflicts := 0
	var again func()
	again = func() {
		conflicts++
		b.fromSeat("1004", "999")
		b.store.Meanwhile = again
	}
	b.store.Meanwhile = again
	rings(t, b.fromSeat("1001", "999"), byAllTrunks("999", "sip:"+siteNumber+"@203.0.113.1")...)
	if conflicts != 8 {
		t.Errorf("%d writes were tried, want 8", conflicts)
	}
}

// TestEmergencyWithoutStore: a call that was admitted goes out although the store
// cannot remember it.
func TestEmergencyWithoutStore(t *testing.T) {
	b := newBench(t)
	b.store.Unwritable.Store(true)
	p := b.fromSeat("1001", "999")
	rings(t, p, byAllTrunks("999", "sip:"+siteNumber+"@203.0.113.1")...)
	if p.Refuse != nil || slices.ContainsFunc(p.Stages, func(s b2bua.Stage) bool { return len(s.Targets) != 1 }) {
		t.Errorf("%+v", p)
	}
}
