package guard

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/auth"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/security"
	"strowger/sip/state"
	"strowger/sip/transport"
)

// events keeps the lines that were reported.
type events struct{ lines []string }

func (e *events) Report(now time.Time, v security.Event) { e.lines = append(e.lines, v.Line(now)) }

// door is a gate with one seat, 1001.
type door struct {
	*Gate
	t      *testing.T
	now    time.Time
	events events
	bound  []seat.Binding
	vias   []string // beneath that of the sender
	help   bool
	nc     int
}

func newDoor(t *testing.T) *door {
	t.Helper()
	a, err := auth.New(start)
	if err != nil {
		t.Fatal(err)
	}
	d := &door{t: t, now: start}
	d.Gate = NewGate(Config{
		Node: "node-1", Auth: a, Events: &d.events,
		Bindings: func(context.Context, string, string) ([]seat.Binding, error) { return d.bound, nil },
		Proxies:  map[string][]netip.Prefix{"lan": {netip.MustParsePrefix("192.0.2.100/31")}},
		Spared:   map[string][]netip.Prefix{"lan": {netip.MustParsePrefix("198.51.100.0/24")}},
	})
	return d
}

func lookup(t *testing.T) auth.Lookup {
	t.Helper()
	secrets, err := seat.Credentials("1001", "demo", "right", []string{seat.MD5})
	if err != nil {
		t.Fatal(err)
	}
	return func(user string) ([]seat.Credential, error) {
		if user == "1001" {
			return secrets, nil
		}
		return nil, state.ErrNotFound
	}
}

// tries sends a request of a user from an address and returns the verdict.
func (d *door) tries(from, user, password string) auth.Verdict {
	d.t.Helper()
	d.nc++
	challenges := d.cfg.Auth.Challenges(d.now, "demo", []string{"md5"}, false)
	h, err := auth.Answer(challenges, "REGISTER", "sip:demo", user, password, 1)
	if err != nil {
		d.t.Fatal(err)
	}
	vias := strings.Join(append([]string{from + ";branch=z9hG4bKa"}, d.vias...), "\r\nVia: SIP/2.0/UDP ")
	text := "REGISTER sip:demo SIP/2.0\r\nVia: SIP/2.0/UDP " + vias + "\r\nFrom: <sip:1001@demo>;tag=a\r\nTo: <sip:1001@demo>\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
	msg, err := message.Parse([]byte(text))
	if err != nil {
		d.t.Fatal(err)
	}
	res := d.Verify(d.t.Context(), d.now, Claim{
		Request: msg.(*sip.Request), Tenant: "demo", Emergency: func() bool { return d.help },
		Flow: transport.Flow{Network: "lan", Proto: transport.UDP, Remote: netip.MustParseAddrPort(from)},
		Auth: auth.Request{Method: "REGISTER", URI: "sip:demo", Realm: "demo", Algorithms: []string{"md5"}, Headers: []string{h}},
	}, lookup(d.t))
	if blocked, ok := errors.AsType[*BlockedError](res.Err); ok != (res.Verdict == auth.Blocked) || ok && blocked.RetryAfter().Value() != "300" {
		d.t.Errorf("%v with %v", res.Verdict, res.Err)
	}
	return res.Verdict
}

func (d *door) wants(what string, got, want auth.Verdict) {
	d.t.Helper()
	if got != want {
		d.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (d *door) guesses(from string) {
	d.t.Helper()
	for range MaxFailures {
		d.wants("a guess", d.tries(from, "1001", "wrong"), auth.Wrong)
	}
}

func TestRightPasswordOfABlockedUser(t *testing.T) {
	d := newDoor(t)
	d.guesses("192.0.2.7:5060")
	d.wants("the right one, too late", d.tries("192.0.2.7:5061", "1001", "right"), auth.Blocked)
	d.wants("another source", d.tries("192.0.2.8:5060", "1001", "right"), auth.OK)
	d.now = d.now.Add(FirstBlock)
	d.wants("after the block", d.tries("192.0.2.7:5060", "1001", "right"), auth.OK)
	last := d.events.lines[len(d.events.lines)-1]
	if want := "2026-05-04T09:00:00.000Z event=blocked source=192.0.2.7 network=lan tenant=demo user=1001 seconds=300"; last != want {
		t.Errorf("the last event is %s, want %s", last, want)
	}
	if want := "event=wrong-password source=192.0.2.7 port=5060 transport=udp network=lan tenant=demo user=1001 method=REGISTER"; !strings.HasSuffix(d.events.lines[0], want) {
		t.Errorf("the first event is %s", d.events.lines[0])
	}
}

func TestRegisteredFlowIsExempt(t *testing.T) {
	d := newDoor(t)
	flow := transport.Flow{Node: "node-1", Network: "lan", Proto: transport.UDP, Remote: netip.MustParseAddrPort("192.0.2.7:4000")}
	d.bound = []seat.Binding{{Flow: flow}}
	d.guesses("192.0.2.7:5060")
	d.wants("another port", d.tries("192.0.2.7:4001", "1001", "right"), auth.Blocked)
	d.wants("the phone", d.tries("192.0.2.7:4000", "1001", "right"), auth.OK)
	d.bound[0].Flow.Node = "node-2"
	d.wants("the flow of another node", d.tries("192.0.2.7:4000", "1001", "right"), auth.Blocked)
	if d.counters.Exempt.Load() != 1 || d.counters.Refused.Load() != 2 {
		t.Errorf("%d exempt, %d refused", d.counters.Exempt.Load(), d.counters.Refused.Load())
	}
}

func TestCallForHelp(t *testing.T) {
	d := newDoor(t)
	d.help = true
	d.strangers("192.0.2.7:5060")
	d.wants("past the block of the source", d.tries("192.0.2.7:5060", "1001", "right"), auth.OK)
	d.guesses("192.0.2.7:5060")
	d.wants("as a guess", d.tries("192.0.2.7:5060", "1001", "right"), auth.Blocked)
}

func (d *door) strangers(from string) {
	d.t.Helper()
	for i := range MaxUnknown {
		d.wants("a stranger", d.tries(from, "nobody"+string(rune('a'+i)), "x"), auth.Wrong)
	}
}

// TestProxiesAreLookedThrough: who is behind a listed proxy is told apart by its Via;
// who only says that it is a proxy is not believed.
func TestProxiesAreLookedThrough(t *testing.T) {
	for name, test := range map[string]struct {
		from string
		vias []string
		want string // the source
	}{
		"no proxy":             {"192.0.2.7:5060", []string{"203.0.113.9"}, "192.0.2.7"},
		"by its address":       {"192.0.2.100:5060", []string{"203.0.113.9:5070;branch=x"}, "203.0.113.9"},
		"by received":          {"192.0.2.100:5060", []string{"10.0.0.5;received=203.0.113.9;branch=x"}, "203.0.113.9"},
		"of two proxies":       {"192.0.2.100:5060", []string{"192.0.2.101;branch=x", "203.0.113.9;branch=y"}, "203.0.113.9"},
		"no further":           {"192.0.2.100:5060", []string{"203.0.113.9;branch=x", "203.0.113.10;branch=y"}, "203.0.113.9"},
		"IPv6":                 {"192.0.2.100:5060", []string{"[2001:db8::9]:5060;branch=x"}, "2001:db8::"},
		"a name":               {"192.0.2.100:5060", []string{"phone.example;branch=x"}, "192.0.2.100"},
		"of the proxy itself":  {"192.0.2.100:5060", nil, "192.0.2.100"},
		"a proxy of elsewhere": {"192.0.2.102:5060", []string{"203.0.113.9;branch=x"}, "192.0.2.102"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor(t)
			d.vias = test.vias
			d.tries(test.from, "1001", "wrong")
			for w := range d.records {
				if w.Addr.String() != test.want {
					t.Errorf("counted against %s, want %s", w.Addr, test.want)
				}
			}
			if !strings.Contains(d.events.lines[0], " source="+test.want+" ") {
				t.Errorf("reported as %s", d.events.lines[0])
			}
		})
	}
}

func TestOnlyTheOneBehindTheProxyIsBlocked(t *testing.T) {
	d := newDoor(t)
	d.vias = []string{"203.0.113.9;branch=x"}
	d.bound = []seat.Binding{{Flow: transport.Flow{Node: "node-1", Proto: transport.UDP, Remote: netip.MustParseAddrPort("192.0.2.100:5060")}}}
	d.guesses("192.0.2.100:5060")
	d.wants("the guesser", d.tries("192.0.2.100:5060", "1001", "right"), auth.Blocked)
	d.vias = []string{"203.0.113.10;branch=x"}
	d.wants("another behind the proxy", d.tries("192.0.2.100:5060", "1001", "right"), auth.OK)
	d.vias = nil
	d.guesses("192.0.2.100:5060")
	d.wants("the proxy itself", d.tries("192.0.2.100:5060", "1001", "right"), auth.OK)
}

func TestSitesAreAlarmed(t *testing.T) {
	d := newDoor(t)
	var alarms int
	d.cfg.Alarm = func(b Block, _ Change) {
		if b.Spared {
			alarms++
		}
	}
	d.guesses("198.51.100.7:5060")
	d.strangers("198.51.100.7:5060")
	d.wants("the right one", d.tries("198.51.100.7:5060", "1001", "right"), auth.OK)
	if alarms != 2 || !strings.Contains(strings.Join(d.events.lines, "\n"), "event=guessing source=198.51.100.7") {
		t.Errorf("%d alarms, events %q", alarms, d.events.lines)
	}
}
