package carrier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/carrier"
	"strowger/sip/message"
	"strowger/sip/resolve"
	"strowger/sip/state/statetest"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

// sender gives flows and sends nothing.
type sender struct{ transport.Sender }

func (sender) FlowTo(network string, proto transport.Proto, remote netip.AddrPort) (transport.Flow, error) {
	return transport.Flow{Network: network, Proto: proto, Remote: remote, Advertised: netip.MustParseAddrPort("192.0.2.1:5060")}, nil
}

// asker answers requests by their addresses.
type asker struct {
	mu      sync.Mutex
	answers map[string]string // by address: a status and headers; "" is silence
	asked   []string
	begun   time.Time
}

func (a *asker) Ask(ctx context.Context, f transport.Flow, build func(branch, tag string) *sip.Request) (*sip.Response, error) {
	req := build("z9hG4bKbranch", "tag")
	parsed, err := message.Parse(message.Append(nil, req))
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	req = parsed.(*sip.Request)
	a.mu.Lock()
	answer := a.answers[f.Remote.Addr().String()]
	a.asked = append(a.asked, fmt.Sprintf("%v %s %s", time.Since(a.begun).Round(time.Second), req.Method, req.Recipient.String()))
	a.mu.Unlock()
	if answer == "" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	var status int
	words := strings.Fields(answer)
	if _, err := fmt.Sscan(words[0], &status); err != nil {
		return nil, errors.New(answer)
	}
	res := message.NewResponse(req, status, "", "them")
	for _, h := range words[1:] {
		name, value, _ := strings.Cut(h, "=")
		res.AppendHeader(sip.NewHeader(name, value))
	}
	return res, nil
}

func (a *asker) set(addr, answer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[addr] = answer
}

// history are the requests since the last call.
func (a *asker) history() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer func() { a.asked = nil }()
	return strings.Join(a.asked, ", ")
}

// two is a trunk of two addresses, .1 and .2.
func two(interval time.Duration) trunk.Trunk {
	return trunk.Trunk{
		Name: "carrier", Tenant: "demo", Network: "net", Probe: trunk.Probe{Interval: interval, Down: 3, Up: 2},
		Targets: []*resolve.Name{resolve.Fixed(transport.UDP, netip.MustParseAddrPort("10.0.0.1:5060"), netip.MustParseAddrPort("10.0.0.2:5060"))},
	}
}

func newDesk(t *testing.T, store *statetest.Store, list ...trunk.Trunk) (*carrier.Desk, *asker) {
	t.Helper()
	d, err := carrier.New(t.Context(), carrier.Config{
		Trunks: trunk.NewSet(list), Store: store, Sender: sender{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, &asker{answers: map[string]string{}, begun: time.Now()}
}

// order is the last digits of the addresses, those to try last behind a |.
func order(d *carrier.Desk, t *trunk.Trunk) string {
	good, rest := d.Sort(time.Now(), t, t.Ways())
	var b strings.Builder
	for _, w := range good {
		b.WriteByte(w.Addr().AsSlice()[3] + '0')
	}
	b.WriteByte('|')
	for _, w := range rest {
		b.WriteByte(w.Addr().AsSlice()[3] + '0')
	}
	return b.String()
}

func TestOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := two(30 * time.Second)
		d, a := newDesk(t, statetest.Open(t), one)
		a.answers = map[string]string{"10.0.0.1": "200", "10.0.0.2": "404"}
		pass := func(wait time.Duration, want string) {
			t.Helper()
			<-time.After(wait)
			synctest.Wait()
			if got := order(d, &one); got != want {
				t.Errorf("after %v the order is %s, want %s; asked: %s", time.Since(a.begun), got, want, a.history())
			}
		}
		d.Start(a)
		defer d.Close()
		pass(time.Second, "12|")
		if got := a.history(); !strings.Contains(got, "0s OPTIONS sip:10.0.0.1:5060") || strings.Count(got, "OPTIONS") != 2 {
			t.Errorf("asked %s", got)
		}
		a.set("10.0.0.1", "") // is silent: at 30, 40 and 50 s
		pass(50*time.Second, "12|")
		pass(8*time.Second, "2|1")
		if v := d.Addresses(time.Now(), &one); v[0].State != "down" || v[0].Failure != "no answer within 5s" || v[1].State != "up" || v[1].Failure != "" {
			t.Errorf("%+v", v)
		}
		a.set("10.0.0.2", "503")
		pass(90*time.Second, "|12")
		a.set("10.0.0.1", "200") // twice
		pass(45*time.Second, "1|2")
		if c := d.Counters(); c.WentDown.Load() != 2 || c.CameUp.Load() != 1 || c.Down.Load() != 1 || c.Probes.Load() == 0 || c.ProbesFailed.Load() == 0 {
			t.Errorf("down %d, up %d, now %d", c.WentDown.Load(), c.CameUp.Load(), c.Down.Load())
		}
		a.set("10.0.0.1", "503 Retry-After=20")
		pass(30*time.Second, "|12")
		if v := d.Addresses(time.Now(), &one); v[0].State != "resting" || v[0].Until.IsZero() {
			t.Errorf("%+v", v[0])
		}
	})
}

// TestSilentToOptions: an address that never answered OPTIONS is not passed over for
// that, unless its trunk is stated to answer; loopback is asked only then.
func TestSilentToOptions(t *testing.T) {
	local := []*resolve.Name{resolve.Fixed(transport.UDP, netip.MustParseAddrPort("127.0.0.7:5060"))}
	for name, tt := range map[string]struct {
		answers bool
		local   bool
		asked   int // in two minutes
		order   string
		state   string
	}{
		"by default":           {false, false, 10, "12|", "unknown"}, // at 0, 10 and 20 s, then by the interval
		"stated":               {true, false, 10, "|12", "down"},
		"by default, loopback": {false, true, 0, "7|", "unknown"},
		"stated, loopback":     {true, true, 5, "|7", "down"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				one := two(30 * time.Second)
				one.Probe.Answers = tt.answers
				if tt.local {
					one.Targets = local
				}
				d, a := newDesk(t, statetest.Open(t), one)
				d.Start(a)
				defer d.Close()
				<-time.After(2 * time.Minute)
				synctest.Wait()
				if got := order(d, &one); got != tt.order {
					t.Errorf("the order is %s, want %s", got, tt.order)
				}
				if v := d.Addresses(time.Now(), &one)[0]; v.State != tt.state || tt.asked > 0 && v.Failure != "no answer within 5s" {
					t.Errorf("%+v", v)
				}
				if got := a.history(); strings.Count(got, "OPTIONS") != tt.asked {
					t.Errorf("asked %d times, want %d: %s", strings.Count(got, "OPTIONS"), tt.asked, got)
				}
			})
		})
	}
}

// TestCallsTell: without OPTIONS, calls alone put an address behind another.
func TestCallsTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := two(0)
		d, a := newDesk(t, statetest.Open(t), one)
		d.Start(a)
		defer d.Close()
		synctest.Wait()
		first := one.Party(netip.MustParseAddrPort("10.0.0.1:5060"))
		for range 3 {
			d.Heard(time.Now(), first, transport.UDP, 486, 0)
			d.Heard(time.Now(), first, transport.UDP, 503, 0)
			d.Failed(time.Now(), first, transport.UDP, "no response")
			d.Heard(time.Now(), first, transport.UDP, 500, 0) // of somebody behind it
		}
		if got := order(d, &one); got != "12|" {
			t.Errorf("it answers now and then, and the order is %s", got)
		}
		d.Failed(time.Now(), first, transport.UDP, "no response")
		if got := order(d, &one); got != "2|1" {
			t.Errorf("after three failures the order is %s", got)
		}
		d.Failed(time.Now(), first, transport.TCP, "no response") // not its transport
		<-time.After(time.Minute)
		if got := order(d, &one); got != "12|" {
			t.Errorf("a minute later the order is %s", got)
		}
		d.Heard(time.Now(), first, transport.UDP, 503, 10*time.Second)
		if got := order(d, &one); got != "2|1" {
			t.Errorf("it rests, and the order is %s", got)
		}
		if got := a.history(); got != "" {
			t.Errorf("asked %q", got)
		}
	})
}

func TestPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := two(0)
		d, a := newDesk(t, statetest.Open(t), one)
		a.answers = map[string]string{"10.0.0.1": "200", "10.0.0.2": "refused by a firewall"}
		d.Start(a)
		defer d.Close()
		synctest.Wait()
		pongs := d.Ping(t.Context(), &one)
		if len(pongs) != 2 || pongs[0].Error != "" || pongs[0].Address != "10.0.0.1:5060/udp" || pongs[1].Error != "refused by a firewall" {
			t.Errorf("%+v", pongs)
		}
		if v := d.Addresses(time.Now(), &one); v[0].State != "up" || v[1].State != "unknown" || v[1].Failure == "" {
			t.Errorf("%+v", v)
		}
	})
}

// TestSwitch: what is disabled stays so, for other nodes and after a restart.
func TestSwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := statetest.Open(t)
		d, a := newDesk(t, store, two(0))
		other, _ := newDesk(t, store, two(0))
		for _, desk := range []*carrier.Desk{d, other} {
			desk.Start(a)
			defer desk.Close()
		}
		if d.Disabled("demo", "carrier") {
			t.Error("it is disabled by nobody")
		}
		s := carrier.Switch{By: "unix:ada", At: time.Now().UTC()}
		if err := d.Disable(t.Context(), "demo", "carrier", s); err != nil {
			t.Fatal(err)
		}
		if got, ok := d.Switch("demo", "carrier"); !ok || got != s || d.Disabled("other", "carrier") {
			t.Errorf("%+v", got)
		}
		synctest.Wait()
		later, _ := newDesk(t, store, two(0))
		defer later.Close()
		if !other.Disabled("demo", "carrier") || !later.Disabled("demo", "carrier") {
			t.Error("another node, or a later one, does not know it")
		}
		if err := other.Enable(t.Context(), "demo", "carrier"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if d.Disabled("demo", "carrier") || other.Disabled("demo", "carrier") {
			t.Error("it was enabled and is disabled")
		}
	})
}
