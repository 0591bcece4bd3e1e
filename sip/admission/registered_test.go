package admission_test

import (
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/resolve"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

// TestRegisteredTrunk: a call to the contact that we registered with a trunk is the
// trunk's, and whom it calls stands elsewhere.
func TestRegisteredTrunk(t *testing.T) {
	const from = "<sip:+441632960555@carrier.example>"
	home := netip.MustParseAddrPort("203.0.113.77:5060")
	flow := flowTo("carriers", transport.UDP, home)
	for name, tt := range map[string]struct {
		uri, to string
		header  string
		flow    transport.Flow
		want    string // whom it calls; "": who it is has to be proven
	}{
		"to":              {"sip:contact-token@192.0.2.1", "<sip:+448081570002@carrier.example>", "X-Nothing: 1", flow, "+448081570002"},
		"called party":    {"sip:contact-token@192.0.2.1", "<sip:acct@carrier.example>", "P-Called-Party-ID: <sip:08081570002@carrier.example>", flow, "+448081570002"},
		"a tel URI":       {"sip:contact-token@192.0.2.1", "<tel:+448081570002>", "X-Nothing: 1", flow, "+448081570002"},
		"another contact": {"sip:+448081570002@192.0.2.1", "<sip:+448081570002@carrier.example>", "X-Nothing: 1", flow, ""},
		"from elsewhere":  {"sip:contact-token@192.0.2.1", "<sip:+448081570002@carrier.example>", "X-Nothing: 1", flowTo("carriers", transport.UDP, netip.MustParseAddrPort("203.0.113.78:5060")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.register("1002", "10.0.0.2:5060")
			b.desk.registered = &trunk.Trunk{
				Name: "itsp", Tenant: tenantName, Network: "carriers", Targets: []*resolve.Name{resolve.Fixed(transport.UDP, home)},
			}
			req := b.request("INVITE", tt.uri, from, tt.header)
			req.To().Address = mustURI(t, tt.to)
			status, _, challenged := b.Challenge(b.now, req, tt.flow)
			p := b.Admit(t.Context(), b.now, req, tt.flow)
			if tt.want == "" {
				if !challenged || status != 407 || !p.Silent {
					t.Errorf("challenged %v %d, %+v", challenged, status, p)
				}
				return
			}
			if challenged || p.Caller.String() != "trunk:itsp" || p.To != tt.want || p.Caller.Home != home || len(p.Stages) == 0 {
				t.Errorf("challenged %v, %+v", challenged, p)
			}
		})
	}
}

func mustURI(t *testing.T, address string) sip.Uri {
	t.Helper()
	a, err := message.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	return a.URI
}
