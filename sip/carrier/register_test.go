package carrier_test

import (
	"context"
	"fmt"
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

// registrar answers REGISTERs by a script.
type registrar struct {
	mu      sync.Mutex
	replies []string // a status and headers; CONTACT is our contact; the last one stays
	asked   []string
	contact sip.Uri
	begun   time.Time
}

func (r *registrar) Ask(ctx context.Context, f transport.Flow, build func(branch, tag string) *sip.Request) (*sip.Response, error) {
	parsed, err := message.Parse(message.Append(nil, build("z9hG4bKbranch", "tag")))
	if err != nil {
		return nil, err
	}
	req := parsed.(*sip.Request)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.contact = message.Contact(req).Address
	line := fmt.Sprintf("%v %s %s to %s, %s of %s at %s, expires %s", time.Since(r.begun).Round(time.Second), req.Method,
		req.Recipient.String(), f.Remote, req.CSeq().Value(), req.To().Address.String(), req.From().Address.String(), message.Header(req, "Expires"))
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		if h := message.Header(req, name); h != "" {
			_, realm, _ := strings.Cut(h, "realm=")
			realm, _, _ = strings.Cut(realm, ",")
			line = fmt.Sprintf("%s, %s for %s", line, name, realm)
		}
	}
	r.asked = append(r.asked, line)
	reply := r.replies[0]
	if len(r.replies) > 1 {
		r.replies = r.replies[1:]
	}
	if reply == "" {
		r.mu.Unlock()
		<-ctx.Done()
		r.mu.Lock()
		return nil, ctx.Err()
	}
	lines := strings.Split(reply, "|")
	var status int
	if _, err := fmt.Sscan(lines[0], &status); err != nil {
		return nil, err
	}
	res := message.NewResponse(req, status, "", "them")
	for _, h := range lines[1:] {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Contact" {
			_, expires, _ := strings.Cut(value, ";")
			seconds := strings.TrimPrefix(expires, "expires=")
			res.AppendHeader(&sip.ContactHeader{Address: r.contact, Params: sip.HeaderParams{{K: "expires", V: seconds}}})
			continue
		}
		res.AppendHeader(sip.NewHeader(name, value))
	}
	return res, nil
}

func (r *registrar) history() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.asked = nil }()
	return strings.Join(r.asked, "\n")
}

func registered() trunk.Trunk {
	return trunk.Trunk{
		Name: "carrier", Tenant: "demo", Network: "net",
		Targets:      []*resolve.Name{resolve.Fixed(transport.UDP, netip.MustParseAddrPort("10.0.0.1:5060"), netip.MustParseAddrPort("10.0.0.2:5060"))},
		Account:      &trunk.Account{User: "acct", Password: "secret"},
		Registration: &trunk.Registration{User: "acct", Domain: "carrier.example", Expires: 10 * time.Minute},
	}
}

const (
	challenge = `401|WWW-Authenticate: Digest realm="carrier.example", nonce="n1", qop="auth", algorithm=MD5`
	foreign   = `401|WWW-Authenticate: Digest realm="elsewhere", nonce="n1", qop="auth", algorithm=MD5`
	taken     = "200|Contact: CONTACT;expires=600"
)

// TestRegister: REGISTERs of a trunk, by what the registrar answers.
func TestRegister(t *testing.T) {
	const us = " REGISTER sip:carrier.example to 10.0.0.1:5060, %d REGISTER of sip:acct@carrier.example at sip:acct@carrier.example, expires %s"
	line := func(at string, seq int, expires, rest string) string {
		return at + fmt.Sprintf(us, seq, expires) + rest
	}
	for name, tt := range map[string]struct {
		replies []string
		wait    time.Duration
		want    []string
		state   string
	}{
		"challenged, and refreshed": {
			[]string{challenge, taken},
			6 * time.Minute,
			[]string{line("0s", 1, "600", ""), line("0s", 2, "600", `, Authorization for "carrier.example"`), line("5m0s", 3, "600", "")},
			"registered at 10.0.0.1:5060/udp",
		},
		"too brief": {
			[]string{"423|Min-Expires: 3600", taken},
			time.Minute,
			[]string{line("0s", 1, "600", ""), line("0s", 2, "3600", "")},
			"registered at 10.0.0.1:5060/udp",
		},
		"refused": {
			[]string{"403"}, 4 * time.Second, []string{line("0s", 1, "600", "")}, "failed: 403 Forbidden",
		},
		"a wrong password": {
			[]string{challenge, challenge, "403"},
			4 * time.Second,
			[]string{line("0s", 1, "600", ""), line("0s", 2, "600", `, Authorization for "carrier.example"`)},
			"failed: 401 Unauthorized",
		},
		"another realm later": {
			[]string{challenge, taken, foreign},
			6 * time.Minute,
			[]string{line("0s", 1, "600", ""), line("0s", 2, "600", `, Authorization for "carrier.example"`), line("5m0s", 3, "600", ""), line("5m5s", 4, "600", ""), line("5m15s", 5, "600", ""), line("5m35s", 6, "600", "")},
			"registered at 10.0.0.1:5060/udp",
		},
		"the first is silent": {
			[]string{"", taken},
			time.Minute,
			[]string{line("0s", 1, "600", ""), strings.Replace(line("5s", 2, "600", ""), "10.0.0.1", "10.0.0.2", 1)},
			"registered at 10.0.0.2:5060/udp",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				one := registered()
				d, _ := newDesk(t, statetest.Open(t), one)
				r := &registrar{replies: tt.replies, begun: time.Now()}
				d.Start(r)
				defer d.Close()
				<-time.After(tt.wait)
				synctest.Wait()
				if got := r.history(); got != strings.Join(tt.want, "\n") {
					t.Errorf("sent\n%s\nwant\n%s", got, strings.Join(tt.want, "\n"))
				}
				reg := d.Registration(time.Now(), &one)
				state := reg.State + ": " + reg.Error
				if reg.State == "registered" {
					state = reg.State + " at " + reg.At
				}
				if state != tt.state {
					t.Errorf("it is %q, want %q: %+v", state, tt.state, reg)
				}
			})
		})
	}
}

// TestRegistered: only who is the trunk and knows our contact is believed.
func TestRegistered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := registered()
		d, _ := newDesk(t, statetest.Open(t), one)
		r := &registrar{replies: []string{taken}, begun: time.Now()}
		d.Start(r)
		defer d.Close()
		synctest.Wait()
		flow := func(network, from string) transport.Flow {
			return transport.Flow{Network: network, Proto: transport.UDP, Remote: netip.MustParseAddrPort(from)}
		}
		for _, tt := range []struct {
			network, from, user string
			want                bool
		}{
			{"net", "10.0.0.2:5080", r.contact.User, true},
			{"other", "10.0.0.2:5080", r.contact.User, false},
			{"net", "10.0.0.3:5060", r.contact.User, false},
			{"net", "10.0.0.1:5060", "acct", false},
			{"net", "10.0.0.1:5060", "", false},
		} {
			f := flow(tt.network, tt.from)
			if got := d.Registered(f, tt.user); (got != nil) != tt.want {
				t.Errorf("%+v: %v", tt, got)
			}
			if got := d.Registrar(tt.network, f.Remote.Addr()); got != (tt.network == "net" && tt.from != "10.0.0.3:5060") {
				t.Errorf("%+v: a registrar: %v", tt, got)
			}
		}
		if got := fmt.Sprint(one.Party(netip.AddrPort{}).Sources); got != "[10.0.0.1/32 10.0.0.2/32]" {
			t.Errorf("its calls go on from %s", got)
		}
		answer := d.Answer(&one)
		if v, err := answer([]string{`Digest realm="carrier.example", nonce="n", qop="auth"`}, "INVITE", "sip:1@carrier.example"); err != nil || !strings.Contains(v, `username="acct"`) || strings.Contains(v, "secret") {
			t.Errorf("%s, %v", v, err)
		}
		if v, err := answer([]string{`Digest realm="callee.example", nonce="n", qop="auth"`}, "INVITE", "sip:1@carrier.example"); err == nil {
			t.Errorf("a stranger's challenge is answered: %s", v)
		}
		// A disabled trunk is left, once, and found again.
		r.history()
		if err := d.Disable(t.Context(), "demo", "carrier", carrier.Switch{}); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		if got := r.history(); strings.Count(got, "REGISTER sip") != 1 || !strings.HasSuffix(got, "expires 0") {
			t.Errorf("disabled: %s", got)
		}
		if err := d.Enable(t.Context(), "demo", "carrier"); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Second)
		if got := r.history(); strings.Count(got, "REGISTER sip") != 1 || !strings.HasSuffix(got, "expires 600") {
			t.Errorf("enabled: %s", got)
		}
	})
}

// TestLeave: who stops is unregistered, and does not wait for who is silent.
func TestLeave(t *testing.T) {
	for name, tt := range map[string]struct {
		replies []string
		wait    time.Duration // before the node stops
		took    time.Duration
		want    []string // the last words of the REGISTERs after that
	}{
		"challenged": {
			[]string{challenge, taken, challenge, "200"},
			10 * time.Second, 0,
			[]string{"expires 0", `expires 0, Authorization for "carrier.example"`},
		},
		"silent":         {[]string{taken, ""}, 10 * time.Second, carrier.LeaveTime, []string{"expires 0"}},
		"under way":      {[]string{"", "200"}, 2 * time.Second, 0, []string{"expires 0"}},
		"not registered": {[]string{"403"}, 2 * time.Second, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _ := newDesk(t, statetest.Open(t), registered())
				r := &registrar{replies: tt.replies, begun: time.Now()}
				d.Start(r)
				<-time.After(tt.wait)
				synctest.Wait()
				r.history()
				begun := time.Now()
				d.Leave(t.Context())
				if took := time.Since(begun); took != tt.took {
					t.Errorf("it took %v, want %v", took, tt.took)
				}
				d.Close()
				got := r.history()
				lines := strings.Split(got, "\n")
				if got == "" {
					lines = nil
				}
				if len(lines) != len(tt.want) {
					t.Fatalf("asked %q, want %q", lines, tt.want)
				}
				for i, want := range tt.want {
					if !strings.HasSuffix(lines[i], want) {
						t.Errorf("asked %s, want %s", lines[i], want)
					}
				}
			})
		})
	}
}
