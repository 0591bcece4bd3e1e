package resolve

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"strowger/sip/transport"
)

// zone answers from lines of records; a line "! NAME KIND" has no server answer.
type zone struct {
	t     *testing.T
	lines []string
	asked []string
}

func (z *zone) ask(q question) (answer, error) {
	z.asked = append(z.asked, strings.TrimSuffix(q.name, ".")+" "+dns.TypeToString[q.kind])
	a := answer{ttl: MaxTTL}
	for _, line := range z.lines {
		if line == "! "+z.asked[len(z.asked)-1] {
			return answer{}, fmt.Errorf("%w: for %s", errNoServer, q)
		}
		if strings.HasPrefix(line, "!") {
			continue
		}
		rr, err := dns.NewRR(line)
		if err != nil {
			z.t.Fatal(err)
		}
		if h := rr.Header(); h.Name == q.name && h.Rrtype == q.kind {
			a.records = append(a.records, rr)
			a.ttl = min(a.ttl, time.Duration(h.Ttl)*time.Second)
		}
	}
	return a, nil
}

// routes writes the routes of a plan, one word each: priority/weight=addresses.
func routes(p plan) string {
	var out []string
	for _, r := range p.routes {
		var addresses []string
		for _, a := range r.Addresses {
			addresses = append(addresses, a.String())
		}
		out = append(out, fmt.Sprintf("%d/%d=%s", r.Priority, r.Weight, strings.Join(addresses, ",")))
	}
	return strings.Join(out, " ")
}

func TestLocate(t *testing.T) {
	udp, both := []transport.Proto{transport.UDP}, []transport.Proto{transport.UDP, transport.TCP}
	hosts := []string{"a.x. 300 A 10.0.0.1", "a.x. 300 AAAA 2001:db8::1", "b.x. 300 A 10.0.0.2", "b.x. 300 A 10.0.0.3", "x. 300 A 10.0.0.9"}
	srv := []string{"_sip._udp.x. 600 SRV 20 5 5062 b.x.", "_sip._udp.x. 600 SRV 10 60 5060 a.x."}
	for name, tt := range map[string]struct {
		target Target
		lines  []string
		want   string // routes, or the error
		asked  string
		ttl    time.Duration
	}{
		"address":                {Target{Host: "10.0.0.7", Protos: udp}, nil, "0/0=10.0.0.7:5060/udp", "", 0},
		"address with port":      {Target{Host: "2001:db8::7", Port: 5070, Protos: both}, nil, "0/0=[2001:db8::7]:5070/udp", "", 0},
		"port given":             {Target{Host: "x", Port: 5070, Protos: both}, srv, "0/0=10.0.0.9:5070/udp", "x A", 300 * time.Second},
		"port given, both kinds": {Target{Host: "a.x", Port: 5070, Protos: udp, V6: true}, srv, "0/0=10.0.0.1:5070/udp,[2001:db8::1]:5070/udp", "a.x A, a.x AAAA", 0},
		"by TLS": {
			Target{Host: "x", Protos: []transport.Proto{transport.TLS}},
			append(srv, "_sips._tcp.x. 600 SRV 10 60 5061 a.x.", "_sip._tcp.x. 600 SRV 10 60 5060 b.x."),
			"10/60=10.0.0.1:5061/tls", "x NAPTR, _sips._tcp.x SRV, a.x A", 300 * time.Second,
		},
		"by TLS, as NAPTR says": {
			Target{Host: "x", Protos: []transport.Proto{transport.TLS}},
			[]string{`x. 60 NAPTR 1 1 "s" "SIP+D2T" "" _sip._tcp.x.`, `x. 60 NAPTR 2 1 "s" "SIPS+D2T" "" _sips._tcp.y.`, "_sips._tcp.y. 600 SRV 10 60 5071 a.x."},
			"10/60=10.0.0.1:5071/tls", "x NAPTR, _sips._tcp.y SRV, a.x A", 60 * time.Second,
		},
		"by TLS, nothing said": {Target{Host: "x", Protos: []transport.Proto{transport.TLS}}, nil, "0/0=10.0.0.9:5061/tls", "x NAPTR, _sips._tcp.x SRV, x A", 300 * time.Second},
		"transport given": {
			Target{Host: "x", Protos: udp},
			append(srv, `x. 60 NAPTR 1 1 "s" "SIP+D2T" "" _sip._tcp.x.`),
			"10/60=10.0.0.1:5060/udp 20/5=10.0.0.2:5062/udp,10.0.0.3:5062/udp", "_sip._udp.x SRV, a.x A, b.x A", 300 * time.Second,
		},
		"NAPTR chooses": {
			Target{Host: "x", Protos: both},
			append(srv, `x. 60 NAPTR 20 1 "s" "SIP+D2U" "" _sip._udp.x.`, `x. 60 NAPTR 10 1 "s" "SIPS+D2T" "" _sips._tcp.x.`,
				`x. 60 NAPTR 10 50 "S" "sip+d2t" "" other.x.`, "other.x. 900 SRV 1 0 5080 a.x."),
			"1/0=10.0.0.1:5080/tcp", "x NAPTR, other.x SRV, a.x A", 60 * time.Second,
		},
		"NAPTR of one order": {
			Target{Host: "x", Protos: both},
			append(srv, `x. 60 NAPTR 10 2 "s" "SIP+D2U" "" _sip._udp.x.`, `x. 60 NAPTR 10 1 "s" "SIP+D2T" "" other.x.`, "other.x. 900 SRV 1 0 5080 a.x."),
			"1/0=10.0.0.1:5080/tcp 65546/60=10.0.0.1:5060/udp 65556/5=10.0.0.2:5062/udp,10.0.0.3:5062/udp",
			"x NAPTR, other.x SRV, a.x A, _sip._udp.x SRV, a.x A, b.x A", 0,
		},
		"NAPTR of others": {
			Target{Host: "x", Protos: both},
			append(srv[1:], `x. 60 NAPTR 1 1 "s" "SIP+D2S" "" y.x.`, `x. 60 NAPTR 1 1 "u" "SIP+D2U" "!a!b!" .`, `x. 60 NAPTR 1 1 "s" "SIP+D2U" "" .`),
			"10/60=10.0.0.1:5060/udp", "x NAPTR, _sip._udp.x SRV, a.x A", 0,
		},
		"no NAPTR": {
			Target{Host: "x", Protos: both},
			[]string{"_sip._tcp.x. 60 SRV 1 1 5066 a.x."},
			"1/1=10.0.0.1:5066/tcp", "x NAPTR, _sip._udp.x SRV, _sip._tcp.x SRV, a.x A", 0,
		},
		"no SRV":        {Target{Host: "x", Protos: udp}, nil, "0/0=10.0.0.9:5060/udp", "_sip._udp.x SRV, x A", 0},
		"in capitals":   {Target{Host: "X", Protos: udp}, nil, "0/0=10.0.0.9:5060/udp", "_sip._udp.x SRV, x A", 0},
		"nothing":       {Target{Host: "y", Protos: udp}, nil, "y: it has no address", "_sip._udp.y SRV, y A", 0},
		"not available": {Target{Host: "x", Protos: udp}, []string{"_sip._udp.x. 60 SRV 0 0 0 ."}, "x: it has no address", "_sip._udp.x SRV", 0},
		"one host is gone": {
			Target{Host: "x", Protos: udp},
			append(srv, "_sip._udp.x. 600 SRV 1 1 5060 gone.x."),
			"10/60=10.0.0.1:5060/udp 20/5=10.0.0.2:5062/udp,10.0.0.3:5062/udp", "_sip._udp.x SRV, gone.x A, a.x A, b.x A", 0,
		},
		"one host is unknown": {
			Target{Host: "x", Protos: udp},
			append(srv, "! a.x A"),
			"20/5=10.0.0.2:5062/udp,10.0.0.3:5062/udp", "_sip._udp.x SRV, a.x A, b.x A", RetryAfter,
		},
		"one family is unknown": {Target{Host: "a.x", Port: 1, Protos: udp, V6: true}, []string{"! a.x A"}, "0/0=[2001:db8::1]:1/udp", "", RetryAfter},
		"no server for SRV": {
			Target{Host: "x", Protos: udp},
			[]string{"! _sip._udp.x SRV"},
			"x: no DNS server answers: for _sip._udp.x. SRV", "_sip._udp.x SRV", 0,
		},
		"no server for NAPTR": {Target{Host: "x", Protos: both}, []string{"! x NAPTR"}, "x: no DNS server answers: for x. NAPTR", "x NAPTR", 0},
		"no server for hosts": {Target{Host: "x", Protos: udp}, append(srv[1:], "! a.x A"), "x: no DNS server answers: for a.x. A", "", 0},
	} {
		tt.target.V4 = true
		z := &zone{t: t, lines: append(tt.lines, hosts...)}
		p, err := locate(tt.target, z.ask)
		got := routes(p)
		if err != nil {
			got = err.Error()
			if want := strings.Contains(tt.want, "no DNS server"); errors.Is(err, errNoServer) != want {
				t.Errorf("%s: %v, of a server: %t", name, err, !want)
			}
		}
		if got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
		if asked := strings.Join(z.asked, ", "); tt.asked != "" && asked != tt.asked {
			t.Errorf("%s:\n asked %s\n  want %s", name, asked, tt.asked)
		}
		if want := cmp.Or(tt.ttl, p.ttl); p.ttl != want {
			t.Errorf("%s: good for %v, want %v", name, p.ttl, want)
		}
	}
}

// TestLocateBounds: a zone cannot have more of us than the limits.
func TestLocateBounds(t *testing.T) {
	z := &zone{t: t}
	for i := range 100 {
		z.lines = append(z.lines,
			fmt.Sprintf(`x. 60 NAPTR 1 %d "s" "SIP+D2U" "" s%d.x.`, i, i),
			fmt.Sprintf("s0.x. 60 SRV %d 1 5060 h.x.", 100-i), fmt.Sprintf("h.x. 60 A 10.0.0.%d", i))
	}
	p, err := locate(Target{Host: "x", Protos: []transport.Proto{transport.TCP, transport.UDP}, V4: true}, z.ask)
	if err != nil || len(p.routes) != MaxRoutes || p.routes[0].Priority != 1 || len(p.routes[0].Addresses) != MaxHosts {
		t.Errorf("%d routes with %d addresses, from priority %d: %v", len(p.routes), len(p.routes[0].Addresses), p.routes[0].Priority, err)
	}
	if want := 1 + 2*MaxRoutes; len(z.asked) > want {
		t.Errorf("%d questions, want at most %d", len(z.asked), want)
	}
}
