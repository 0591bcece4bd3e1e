package admission_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/leg"
	"strowger/sip/trunk"
)

const (
	viaOne    = "sip:+441632960777@192.0.2.9:5060 as sip:+441632961001@203.0.113.1 or sip:+441632960777@192.0.2.10:5060"
	viaTwo    = "sip:+441632960777@192.0.2.10:5060 as sip:+441632961001@203.0.113.1 or sip:+441632960777@192.0.2.9:5060"
	viaBackup = "sip:+441632960777@198.51.100.1:5061;transport=tcp as sip:+441632961001@203.0.113.1"
)

// TestUnhealthyLast: what takes no calls is tried after what does.
func TestUnhealthyLast(t *testing.T) {
	for name, tt := range map[string]struct {
		down []netip.AddrPort
		want []string
	}{
		"all are well":      {nil, []string{viaOne, viaBackup}},
		"an address":        {carrierAddrs[:1], []string{viaTwo, viaBackup}},
		"a trunk":           {carrierAddrs, []string{viaBackup, viaOne}},
		"all that there is": {append([]netip.AddrPort{backupAddr}, carrierAddrs...), []string{viaOne, viaBackup}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.desk.down = map[netip.AddrPort]bool{}
			for _, a := range tt.down {
				b.desk.down[a] = true
			}
			rings(t, b.fromSeat("1001", "901632960777"), tt.want...)
		})
	}
}

// TestCredentials: the challenges of a trunk with an account are answered, whichever side
// has called, and nobody else's.
func TestCredentials(t *testing.T) {
	b := newBench(t)
	b.register("1002", "10.0.0.2:5060")
	b.desk.accounts = map[string]bool{"carrier": true}
	answers := func(a leg.Answer) string {
		if a == nil {
			return "nothing"
		}
		value, _ := a(nil, "", "")
		return value
	}
	out := b.fromSeat("1001", "901632960777")
	in := b.fromCarrier("+448081570002")
	got := []string{answers(out.Answer), answers(in.Answer), answers(in.Stages[0].Targets[0].Answer)}
	for _, s := range out.Stages {
		got = append(got, answers(s.Targets[0].Answer))
	}
	if want := "[nothing of carrier nothing of carrier nothing]"; fmt.Sprint(got) != want {
		t.Errorf("a seat, a carrier, a seat that is called, and two trunks: %v, want %s", got, want)
	}
}

func TestDisabledTrunk(t *testing.T) {
	b := newBench(t)
	b.desk.disabled = map[string]bool{"carrier": true}
	rings(t, b.fromSeat("1001", "901632960777"), viaBackup)
	b.register("1002", "10.0.0.2:5060")
	p := b.fromCarrier("+448081570002")
	refused(t, p, 503, "")
	if p.Silent || len(p.Headers) != 1 || p.Headers[0].Value() != "60" || p.Why[0] != "trunk carrier is disabled" {
		t.Errorf("%+v", p)
	}
	if n := b.Counters().TrunkOff.Load(); n != 2 {
		t.Errorf("%d calls met a disabled trunk, want 2", n)
	}
	b.desk.disabled["backup"] = true
	refused(t, b.fromSeat("1001", "901632960777"), 503, "No trunk available")
}

// TestEmergencyPastEverything: a call for help goes first where calls are taken, and
// by disabled trunks rather than by none.
func TestEmergencyPastEverything(t *testing.T) {
	b := newBench(t)
	b.desk.disabled = map[string]bool{"backup": true}
	b.desk.down = map[netip.AddrPort]bool{carrierAddrs[0]: true}
	p := b.fromSeat("1001", "999")
	var got []string
	for _, s := range p.Stages {
		got = append(got, s.Targets[0].Flow.Remote.String())
	}
	want := []string{carrierAddrs[1].String(), backupAddr.String(), carrierAddrs[0].String()}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("it goes to %v, want %v", got, want)
	}
}

// TestGroup: a plan may name a group, whose trunks share the calls.
func TestGroup(t *testing.T) {
	b := newBench(t)
	b.publish(`
dial "." {
  trunk { trunks = ["both"] }
}`)
	rings(t, b.fromSeat("1001", "901632960777"), viaBackup, viaOne)
	b.desk.down = map[netip.AddrPort]bool{backupAddr: true}
	rings(t, b.fromSeat("1001", "901632960777"), viaOne, viaBackup)
	b.desk.disabled = map[string]bool{"carrier": true}
	rings(t, b.fromSeat("1001", "901632960777"), viaBackup)
}

// TestProfile: a trunk is called as it wants.
func TestProfile(t *testing.T) {
	all := trunks()
	for _, one := range all.All() {
		one.Profile = trunk.Profile{
			Number: trunk.National, UserPhone: true, Codecs: []string{"PCMU"}, Strip: []string{"P-Asserted-Identity"},
			Add: []trunk.Header{{Name: "X-Account", Value: "42"}},
		}
	}
	b := benchOf(t, all)
	target := b.fromSeat("1001", "901632960777").Stages[0].Targets[0]
	if got := target.Target.String(); got != "sip:01632960777@192.0.2.9:5060;user=phone" || target.To.URI.String() != got {
		t.Errorf("it is called at %s", got)
	}
	if fmt.Sprint(target.Headers) != "[X-Account: 42]" || fmt.Sprint(target.Party.Codecs) != "[PCMU]" {
		t.Errorf("headers %v, codecs %v", target.Headers, target.Party.Codecs)
	}
}

// TestRedirect: a 3xx of a trunk is followed to its own addresses, so many times.
func TestRedirect(t *testing.T) {
	all := trunks()
	all.Find(tenantName, "carrier").Redirects = 1
	b := benchOf(t, all)
	p := b.fromSeat("1001", "901632960777")
	follow := p.Stages[0].Targets[0].Redirect
	uri := func(host string, port int) sip.Uri {
		return sip.Uri{Scheme: "sip", User: "+441632960888", Host: host, Port: port}
	}
	a, ok := follow(uri("192.0.2.10", 0))
	if !ok || a.Target.String() != "sip:+441632960888@192.0.2.10:5060" || a.Flow.Remote != carrierAddrs[1] || a.Redirect != nil {
		t.Errorf("%v %+v", ok, a)
	}
	for _, u := range []sip.Uri{uri("192.0.2.10", 5080), uri("198.51.100.1", 5061), uri("carrier.example", 0), {Scheme: "sip", Host: "192.0.2.9"}} {
		if a, ok := follow(u); ok {
			t.Errorf("%s is followed to %+v", u.String(), a)
		}
	}
	if n := b.Counters().NotRedirected.Load(); n != 4 {
		t.Errorf("%d were not followed, want 4", n)
	}
	if p.Stages[1].Targets[0].Redirect != nil {
		t.Error("a trunk without the setting is followed")
	}
}
