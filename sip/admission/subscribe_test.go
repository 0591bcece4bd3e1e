package admission_test

import (
	"testing"

	"strowger/sip/seat"
	"strowger/sip/subscribe"
)

func TestSubscribe(t *testing.T) {
	b := newBench(t)
	if err := b.directory.PutMessages(t.Context(), tenantName, "1002", seat.Messages{New: 2, Old: 1}); err != nil {
		t.Fatal(err)
	}
	name := func(n string) subscribe.Name { return subscribe.Name{Tenant: tenantName, Number: n} }
	ask := func(user, password, watched string, held subscribe.Held) (subscribe.Grant, int, int) {
		req := b.proven(user, password, "SUBSCRIBE", "sip:"+watched+"@"+realm)
		g, status, headers := b.Subscribe(t.Context(), b.now, req, phoneFlow, held)
		return g, status, len(headers)
	}
	g, status, _ := ask("1001", "demo-1001", "1002", subscribe.Held{})
	want := subscribe.Grant{Subscriber: name("1001"), Resource: name("1002"), Messages: subscribe.Messages{New: 2, Old: 1}}
	if status != 0 || g != want {
		t.Errorf("granted %+v with %d", g, status)
	}
	of := func(who string) subscribe.Held {
		return subscribe.Held{Subscriber: name(who), Watched: "1002", Known: true}
	}
	moved := subscribe.Held{Subscriber: name("1001"), Watched: "1002"}
	for _, c := range []struct {
		what, user, password, watched string
		held                          subscribe.Held
		want                          int
	}{
		{"a wrong password", "1001", "wrong", "1002", subscribe.Held{}, 401},
		{"an unknown user", "1099", "demo-1099", "1002", subscribe.Held{}, 401},
		{"no such seat", "1001", "demo-1001", "1099", subscribe.Held{}, 404},
		{"a disabled seat", "1004", "demo-1004", "1002", subscribe.Held{}, 403},
		{"proved before, to our Contact", "1001", "wrong", "our-contact", of("1001"), 0},
		{"from elsewhere, to our Contact", "1001", "demo-1001", "our-contact", moved, 0},
		{"from elsewhere, with a wrong password", "1001", "wrong", "our-contact", moved, 401},
		{"a subscriber that is gone", "1001", "wrong", "1002", of("1099"), 403},
	} {
		if _, status, _ := ask(c.user, c.password, c.watched, c.held); status != c.want {
			t.Errorf("%s: %d, want %d", c.what, status, c.want)
		}
	}
	status, headers, ok := b.Challenge(b.now, b.request("SUBSCRIBE", "sip:1002@"+realm, "<sip:1001@"+realm+">"), phoneFlow)
	if !ok || status != 401 || len(headers) == 0 || headers[0].Name() != "WWW-Authenticate" {
		t.Errorf("challenge %d %v", status, headers)
	}
	b.store.Away(true)
	if _, status, _ := ask("1001", "demo-1001", "1002", of("1001")); status != 503 {
		t.Errorf("with the store away: %d", status)
	}
}
