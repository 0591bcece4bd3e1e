package admission_test

import (
	"reflect"
	"testing"

	"strowger/sip/b2bua"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// TestRoute: who transfers may ask for what it may dial, and the host that it names
// does not count.
func TestRoute(t *testing.T) {
	b := newBench(t)
	b.register("1002", "10.0.0.2:5060")
	by := leg.Party{Kind: leg.Seat, Name: "1001", Tenant: tenantName}
	ask := func(by leg.Party, caller, to string) b2bua.Program {
		uri, err := message.ParseURI(to)
		if err != nil {
			t.Fatal(err)
		}
		shown := identity.Caller{Display: "Alice", Presentation: caller}
		return b.Route(t.Context(), b.now, b2bua.Ask{By: by, Shown: shown, To: uri}, phoneFlow)
	}
	p := ask(by, "+441632960555", "sip:1002@198.51.100.99:9")
	rings(t, p, "sip:1002@10.0.0.2:5060 as sip:+441632960555@10.0.0.1")
	target := p.Stages[0].Targets[0]
	if len(target.Headers) != 1 || target.Headers[0].Value() != "<sip:1001@10.0.0.1>" || target.From.Display != "Alice" {
		t.Errorf("referred by %v as %+v", target.Headers, target.From)
	}
	rings(t, ask(by, "", "sip:1002@10.0.0.1"), "sip:1002@10.0.0.2:5060 as sip:anonymous@anonymous.invalid")
	rings(t, ask(by, "+441632960555", "tel:901632960777"),
		"sip:+441632960777@192.0.2.9:5060 as sip:+441632961001@203.0.113.1 or sip:+441632960777@192.0.2.10:5060",
		"sip:+441632960777@198.51.100.1:5061;transport=tcp as sip:+441632961001@203.0.113.1")
	if p := ask(by, "+441632960555", "sip:*43@10.0.0.1"); p.App != b2bua.AppEcho {
		t.Errorf("%+v", p)
	}
	if p := ask(by, "+441632960555", "sip:999@10.0.0.1"); !p.Emergency {
		t.Errorf("%+v", p)
	}
	refused(t, ask(by, "+441632960555", "sip:10.0.0.2"), 404, "Number not in plan")
	refused(t, ask(by, "+441632960555", "sip:55@10.0.0.1"), 404, "Number not in plan")

	seat3 := by
	seat3.Name = "1003"
	refused(t, ask(seat3, "+441632960555", "sip:901632960777@10.0.0.1"), 403, "Seat has no presentation number")
	stranger := by
	stranger.Name = "1099"
	refused(t, ask(stranger, "+441632960555", "sip:1002@10.0.0.1"), 403, "There is no seat 1099")
	stranger.Tenant = "other"
	refused(t, ask(stranger, "+441632960555", "sip:1002@10.0.0.1"), 403, "")

	carrier := leg.Party{Kind: leg.Trunk, Name: "carrier", Tenant: tenantName} // for an administrator
	rings(t, ask(carrier, "+441632960555", "sip:+448081570002@x"), "sip:1002@10.0.0.2:5060 as sip:+441632960555@10.0.0.1")
	refused(t, ask(carrier, "+441632960555", "sip:1002@x"), 404, "Number not in plan")
	carrier.Name = "gone"
	refused(t, ask(carrier, "+441632960555", "sip:1002@x"), 403, "")

	b.store.Away(true)
	refused(t, ask(by, "+441632960555", "sip:1002@10.0.0.1"), 503, "Seats cannot be looked up now")
}

// TestForNode: another node may ask for a dialog for a party, by the link alone: from a
// wire its words say nothing.
func TestForNode(t *testing.T) {
	b := newBench(t)
	const replaces = "Replaces: id@host;to-tag=a;from-tag=b"
	behalf := "Strowger-For: call=c&kind=2&leg=3&name=1001&own=true&tenant=" + tenantName + "&with=trunk%3Acarrier"
	link := transport.Flow{Node: "node-2", Network: "between", Proto: transport.Node}
	req := b.request("INVITE", "sip:1003@192.0.2.2", "<sip:anonymous@anonymous.invalid>", replaces, behalf, "Strowger-Who: presentation=%2B441632960555")
	p := b.Admit(t.Context(), b.now, req, link)
	want := leg.Party{Kind: leg.Seat, Name: "1001", Tenant: tenantName}
	if p.Refuse != nil || p.Replaces == nil || p.Caller.String() != "node:node-2/trunk:carrier" || p.Caller.Tenant != tenantName || p.Caller.Network != "between" ||
		p.From != "+441632960555" || p.To != "1003" || p.Behalf == nil || !reflect.DeepEqual(p.Behalf.By, want) || !p.Behalf.Own {
		t.Errorf("%+v", p)
	}
	if _, _, challenged := b.Challenge(b.now, req, link); challenged {
		t.Error("a node is challenged")
	}
	for name, headers := range map[string][]string{
		"for nobody":       {replaces},
		"no dialog":        {behalf},
		"unreadable":       {replaces, "Strowger-For: kind=two"},
		"of no tenant":     {replaces, "Strowger-For: kind=2&leg=3&name=1001"},
		"of a tenant gone": {replaces, "Strowger-For: kind=2&leg=3&name=1001&tenant=gone"},
		"dialogs":          {replaces, replaces, behalf},
	} {
		p := b.Admit(t.Context(), b.now, b.request("INVITE", "sip:1003@192.0.2.2", "<sip:1@192.0.2.1>", headers...), link)
		if p.Refuse == nil || p.Refuse.Status != 403 || !p.Silent || p.Replaces != nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
	for name, flow := range map[string]transport.Flow{"a phone": phoneFlow, "a carrier": carrierFlow, "a phone of node 2": {Node: "node-2", Listener: phoneFlow.Listener, Network: phoneFlow.Network, Proto: transport.UDP}} {
		if p := b.Admit(t.Context(), b.now, req, flow); p.Refuse == nil || p.Behalf != nil || p.Replaces != nil {
			t.Errorf("%s: %+v", name, p)
		}
		if _, ok := b2bua.ForNode(req, flow); ok {
			t.Errorf("%s is taken for a node", name)
		}
	}
	if status, _, challenged := b.Challenge(b.now, req, phoneFlow); !challenged || status != 407 {
		t.Errorf("a phone that speaks as a node is answered %d", status)
	}
	p = b.Admit(t.Context(), b.now, b.proven("1001", "demo-1001", "INVITE", "sip:1002@"+realm, replaces, behalf), phoneFlow)
	if p.Refuse != nil || p.Behalf != nil || p.Caller.String() != "seat:1001" {
		t.Errorf("a seat that speaks as a node: %+v", p)
	}
}

// TestReplaces: an authenticated seat may ask for a dialog, nobody else.
func TestReplaces(t *testing.T) {
	b := newBench(t)
	const header = "Replaces: id@host;to-tag=a;from-tag=b;early-only"
	p := b.Admit(t.Context(), b.now, b.proven("1001", "demo-1001", "INVITE", "sip:1002@"+realm, header), phoneFlow)
	if p.Refuse != nil || p.Replaces == nil || p.Replaces.String() != "id@host;to-tag=a;from-tag=b;early-only" || p.Caller.Tenant != tenantName || len(p.Stages) > 0 {
		t.Errorf("%+v", p)
	}
	p = b.Admit(t.Context(), b.now, b.proven("1001", "demo-1001", "INVITE", "sip:1002@"+realm, "Replaces: id@host;to-tag=a"), phoneFlow)
	refused(t, p, 400, "")
	p = b.Admit(t.Context(), b.now, b.proven("1001", "wrong", "INVITE", "sip:1002@"+realm, header), phoneFlow)
	if p.Refuse == nil || p.Refuse.Status != 407 || p.Replaces != nil {
		t.Errorf("%+v", p)
	}
	p = b.Admit(t.Context(), b.now, b.request("INVITE", "sip:+448081570002@203.0.113.1", "<sip:+441632960555@carrier.example>", header), carrierFlow)
	if p.Refuse == nil || p.Refuse.Status != 403 || p.Replaces != nil {
		t.Errorf("a carrier: %+v", p)
	}
}
