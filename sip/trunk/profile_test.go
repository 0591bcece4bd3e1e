package trunk_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/sip/resolve"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

func TestNumberFormat(t *testing.T) {
	uk := dialplan.UnitedKingdom()
	for number, want := range map[string][3]string{ // plus, bare, national
		"+441632960123": {"+441632960123", "441632960123", "01632960123"},
		"+33123456789":  {"+33123456789", "33123456789", "0033123456789"},
		"101":           {"101", "101", "101"},
		"999":           {"999", "999", "999"},
	} {
		for i, f := range []trunk.Format{trunk.Plus, trunk.Bare, trunk.National} {
			if got := (trunk.Profile{Number: f}).Write(uk, number); got != want[i] {
				t.Errorf("%s as format %d is %s, want %s", number, f, got, want[i])
			}
		}
	}
	w := trunk.Way{Address: resolve.Address{AddrPort: netip.MustParseAddrPort("192.0.2.1:5070"), Proto: transport.TCP}}
	u := trunk.Profile{Number: trunk.Bare, UserPhone: true}.URI(w, uk, "+441632960123")
	if got := u.String(); got != "sip:441632960123@192.0.2.1:5070;transport=tcp;user=phone" {
		t.Errorf("got %s", got)
	}
}

func TestProfileHeaders(t *testing.T) {
	p := trunk.Profile{Strip: []string{"diversion"}, Add: []trunk.Header{{Name: "X-Account", Value: "42"}}}
	of := []sip.Header{sip.NewHeader("P-Asserted-Identity", "<sip:a@b>"), sip.NewHeader("Diversion", "<sip:c@d>")}
	if got := fmt.Sprint(p.Headers(of)); got != "[P-Asserted-Identity: <sip:a@b> X-Account: 42]" {
		t.Errorf("got %s", got)
	}
	if len(of) != 2 || of[1].Name() != "Diversion" {
		t.Errorf("the caller's headers were changed: %v", of)
	}
}
