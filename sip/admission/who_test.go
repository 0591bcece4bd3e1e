package admission_test

import (
	"net/netip"
	"testing"

	"strowger/sip/leg"
	"strowger/sip/transport"
)

func TestTrunkIsKnownBySource(t *testing.T) {
	b := newBench(t)
	b.register("1002", "10.0.0.2:5060")
	p := b.fromCarrier("+448081570002")
	if p.Caller.String() != "trunk:carrier" || p.Caller.Tenant != tenantName || len(p.Caller.Sources) != 1 || p.From != "+441632960555" {
		t.Errorf("caller %+v, from %q", p.Caller, p.From)
	}
	rings(t, p, "sip:1002@10.0.0.2:5060 as sip:+441632960555@10.0.0.1")

	const from = "<sip:+441632960555@carrier.example>"
	for name, flow := range map[string]transport.Flow{
		"another address": flowTo("carriers", transport.UDP, netip.MustParseAddrPort("192.0.2.16:5060")),
		"another network": flowTo("phones", transport.UDP, carrierAddrs[0]),
	} {
		req := b.request("INVITE", "sip:+448081570002@203.0.113.1", from, "P-Asserted-Identity: <sip:1001@demo.example>")
		status, headers, ok := b.Challenge(b.now, req, flow)
		if !ok || status != 407 || len(headers) != 2 {
			t.Errorf("%s: challenge %v %d, %d headers", name, ok, status, len(headers))
		}
		if p := b.Admit(t.Context(), b.now, req, flow); !p.Silent || p.Refuse == nil || p.Refuse.Status != 407 || len(p.Stages) > 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	// A trunk brings calls; it is no phone.
	req := b.request("REGISTER", "sip:"+realm, from)
	if status, headers, ok := b.Challenge(b.now, req, carrierFlow); !ok || status != 401 || headers[0].Name() != "WWW-Authenticate" {
		t.Errorf("REGISTER of a carrier: %v %d", ok, status)
	}
	if b.Counters().Challenged.Load() != 3 {
		t.Errorf("%d challenged, want 3", b.Counters().Challenged.Load())
	}
}

func TestSeatProvesItself(t *testing.T) {
	b := newBench(t)
	p := b.fromSeat("1001", "*43")
	if p.Refuse != nil || p.App == 0 || p.From != "1001" || p.Caller.String() != "seat:1001" || p.Caller.Network != "phones" {
		t.Errorf("%+v", p)
	}
	for name, req := range map[string][2]string{"wrong password": {"1001", "demo-1002"}, "no such seat": {"1099", "demo-1099"}} {
		p := b.Admit(t.Context(), b.now, b.proven(req[0], req[1], "INVITE", "sip:*43@"+realm), phoneFlow)
		if !p.Silent || p.Refuse == nil || p.Refuse.Status != 407 || len(p.Headers) != 2 || p.App != 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if n := b.Counters().Refused.Load(); n != 2 {
		t.Errorf("%d refused, want 2", n)
	}
	last := b.attempts.Last(tenantName, "1001")
	if len(last) != 2 || last[0].Kind != "call" || last[0].Verdict == last[1].Verdict {
		t.Errorf("attempts %+v", last)
	}
	broken := b.request("INVITE", "sip:*43@"+realm, "<sip:1001@demo.example>", "Proxy-Authorization: Digest realm")
	if p := b.Admit(t.Context(), b.now, broken, phoneFlow); !p.Silent || p.Refuse == nil || p.Refuse.Status != 400 {
		t.Errorf("unreadable credentials: %+v", p)
	}
}

func TestDisabledSeat(t *testing.T) {
	b := newBench(t)
	p := b.fromSeat("1004", "1001")
	refused(t, p, 403, "Seat 1004 is disabled")
	if p.Silent || p.To != "1001" {
		t.Errorf("the refusal is recorded as %+v", p)
	}
	refused(t, b.fromSeat("1001", "1004"), 480, "Seat 1004 is disabled")
}

func TestStoreAway(t *testing.T) {
	b := newBench(t)
	req := b.proven("1001", "demo-1001", "INVITE", "sip:1002@"+realm)
	b.store.Unreadable.Store(true)
	p := b.Admit(t.Context(), b.now, req, phoneFlow)
	if !p.Silent || p.Refuse == nil || p.Refuse.Status != 503 || len(p.Headers) != 1 || p.Headers[0].Name() != "Retry-After" {
		t.Errorf("a seat is told %+v", p)
	}
	refused(t, b.fromCarrier("+448081570002"), 503, "")
	if n := b.Counters().StoreAway.Load(); n != 2 {
		t.Errorf("store away %d times, want 2", n)
	}
}

// A seat that was seen before may call for help while the store is away.
func TestEmergencyWhileTheStoreIsAway(t *testing.T) {
	b := newBench(t)
	b.fromSeat("1001", "*43")
	known := b.proven("1001", "demo-1001", "INVITE", "sip:999@"+realm)
	forged := b.proven("1001", "guessed", "INVITE", "sip:999@"+realm)
	unseen := b.proven("1002", "demo-1002", "INVITE", "sip:999@"+realm)
	b.store.Unreadable.Store(true)
	if p := b.Admit(t.Context(), b.now, known, phoneFlow); !p.Emergency || len(p.Stages) == 0 {
		t.Errorf("a known seat: %+v", p)
	}
	if p := b.Admit(t.Context(), b.now, forged, phoneFlow); p.Emergency || p.Refuse == nil {
		t.Errorf("a wrong password: %+v", p)
	}
	if p := b.Admit(t.Context(), b.now, unseen, phoneFlow); p.Refuse == nil || p.Refuse.Status != 503 {
		t.Errorf("a seat that was not read before: %+v", p)
	}
}

func TestASeatCallsFromItsNetwork(t *testing.T) {
	b := newBench(t)
	req := b.proven("1001", "demo-1001", "INVITE", "sip:*43@"+realm)
	elsewhere := flowTo("carriers", transport.UDP, netip.MustParseAddrPort("10.0.0.9:5060"))
	refused(t, b.Admit(t.Context(), b.now, req, elsewhere), 403, "Seat 1001 belongs to network phones")
	help := b.proven("1001", "demo-1001", "INVITE", "sip:999@"+realm)
	if p := b.Admit(t.Context(), b.now, help, elsewhere); !p.Emergency {
		t.Errorf("an emergency call from another network: %+v", p)
	}
}

// TestAuthenticate: a request of a dialog is believed if it is of the same seat.
func TestAuthenticate(t *testing.T) {
	b := newBench(t)
	party := leg.Party{Kind: leg.Seat, Name: "1001", Tenant: tenantName}
	for _, tt := range []struct {
		user   string
		party  leg.Party
		ok     bool
		status int
	}{
		{"1001", party, true, 0},
		{"1002", party, false, 403},
		{"1001", leg.Party{Kind: leg.Seat, Name: "1001", Tenant: "other"}, false, 403},
	} {
		req := b.proven(tt.user, "demo-"+tt.user, "BYE", "sip:x@"+realm)
		if ok, status, _ := b.Authenticate(t.Context(), b.now, req, phoneFlow, tt.party); ok != tt.ok || status != tt.status {
			t.Errorf("%s for %+v: %v %d", tt.user, tt.party, ok, status)
		}
	}
	req := b.request("BYE", "sip:x@"+realm, "<sip:1001@demo.example>")
	if ok, status, headers := b.Authenticate(t.Context(), b.now, req, phoneFlow, party); ok || status != 407 || len(headers) != 2 {
		t.Errorf("without credentials: %v %d, %d headers", ok, status, len(headers))
	}
}

func TestRegisterNamesTheNode(t *testing.T) {
	b := newBench(t)
	req := b.request("REGISTER", "sip:"+realm, "<sip:1001@demo.example>")
	if res := b.Register(t.Context(), b.now, req, phoneFlow); res.StatusCode != 200 || b.registrar.flow.Node != thisNode {
		t.Errorf("%d, by %+v", res.StatusCode, b.registrar.flow)
	}
}
