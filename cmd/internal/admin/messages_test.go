package admin

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/configs"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/trace"
	"strowger/sip/transport"
)

// TestMessages: a call's messages come from every node, in order of time, and are its
// tenant's alone.
func TestMessages(t *testing.T) {
	s := newServer(t, configs.Config{})
	now := time.Now()
	record(t, s, ledger.Event{Kind: ledger.Arrived, At: now, Call: "a", Tenant: "demo"}, ledger.Event{Kind: ledger.Ended, At: now, Call: "a", Tenant: "demo"})
	record(t, s, ledger.Event{Kind: ledger.Arrived, At: now, Call: "gone", Tenant: "demo"})
	ring, err := trace.New(trace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	s.cfg.Trace = ring
	ring.Leg(now, "a", 1, leg.Party{Kind: leg.Trunk, Name: "carrier"}, "one")
	ring.Leg(now, "a", 2, leg.Party{Kind: leg.Seat, Name: "1002"}, "two")
	data := []byte("INVITE sip:1 SIP/2.0\r\nCall-ID: one\r\n\r\n")
	flow := transport.Flow{Proto: transport.UDP, Advertised: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: netip.MustParseAddrPort("192.0.2.2:5060")}
	ring.Message(now.Add(time.Second), flow, true, data, message.Look(data))

	var asked []question
	s.cfg.Peers = others{"node-2": func(q question) knowledge {
		asked = append(asked, q)
		if q.About != messages {
			return knowledge{}
		}
		return knowledge{Messages: []trace.Message{{At: now, CallID: "two", Text: "elsewhere"}}}
	}, "node-3": nil}

	demo := s.token(t, viewer, "demo")
	code, body := ask(s, demo, "GET", "/v1/tenants/demo/calls/a/messages", "")
	first, second := strings.Index(body, "elsewhere"), strings.Index(body, "INVITE")
	if code != 200 || first < 0 || second < first || !strings.Contains(body, `{"id":2,"party":"seat:1002","call_id":"two"}`) || !strings.Contains(body, `"missing":[{"node":"node-3"`) {
		t.Errorf("%d %s", code, body)
	}
	if len(asked) != 3 || fmt.Sprint(asked[2].Past.CallIDs) != "[one two]" {
		t.Errorf("the other node was asked %+v", asked)
	}
	if code, body := ask(s, demo, "GET", "/v1/tenants/demo/calls/gone/messages", ""); code != 404 || !strings.Contains(body, "are gone; the configuration says") {
		t.Errorf("%d %s", code, body)
	}
	s.cfg.Peers = nil
	if code, body := ask(s, s.token(t, viewer, "other"), "GET", "/v1/tenants/other/calls/a/messages", ""); code != 404 || strings.Contains(body, "INVITE") {
		t.Errorf("another tenant sees it: %d %s", code, body)
	}
}

// record writes events to a ledger of the server.
func record(t *testing.T, s *Server, events ...ledger.Event) {
	t.Helper()
	if s.cfg.Ledger == nil {
		l, _, err := ledger.Open(filepath.Join(s.cfg.Node.Node.Data, "ledger"), "strowger", time.Now(), s.log)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		s.cfg.Ledger = l
	}
	s.cfg.Ledger.Record(events...)
}
