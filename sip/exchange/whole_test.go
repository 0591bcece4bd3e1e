package exchange_test

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/exchange"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/mark"
	"strowger/sip/message"
	"strowger/sip/subscribe"
	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

// whole is an exchange on a transport layer, in a network in memory. Every INVITE rings
// one phone, whoever sends it.
type whole struct {
	t     *testing.T
	net   *memnet.Net
	layer *transport.Layer
	x     *exchange.Exchange

	carrier, phone, stranger, asker *memnet.Peer

	lastOK     *sip.Response // to an INVITE of the carrier
	lastInvite *sip.Request  // of the switch
}

// behind lets a layer and the exchange behind it be made one after the other.
type behind struct{ transport.Handler }

func newWhole(t *testing.T) *whole {
	t.Helper()
	w := &whole{t: t, net: memnet.New()}
	handler := &behind{}
	listeners := []transport.Listener{
		{Name: "udp", Network: "net", Proto: transport.UDP, Bind: self},
		{Name: "tcp", Network: "net", Proto: transport.TCP, Bind: self},
	}
	layer, err := transport.New(transport.Config{
		Sockets: w.net, Listeners: listeners, Networks: map[string][]netip.Prefix{"net": {netip.MustParsePrefix("10.0.0.0/8")}},
	}, handler, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	minter, err := mark.NewMinter(make([]byte, mark.KeySize), 0)
	if err != nil {
		t.Fatal(err)
	}
	w.layer = layer
	w.x = exchange.New(exchange.Config{
		Minter: minter, Sender: layer, Media: silence{}, Ledger: nowhere{}, Admission: everybody{w},
		Instant: func(*sip.Request) bool { return true },
		Prompts: func([]string) *media.Prompt { return nil }, Log: slog.New(slog.DiscardHandler), Strands: 2, Workers: 1,
	})
	handler.Handler = w.x
	layer.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.x.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := layer.Close(); err != nil {
			t.Error(err)
		}
	})
	w.carrier, w.phone = w.net.Peer(t, "10.0.0.1:5060"), w.net.Peer(t, "10.0.0.2:5060")
	w.stranger, w.asker = w.net.Peer(t, "10.0.0.66:5060"), w.net.Peer(t, "10.0.0.9:5060")
	return w
}

// dial opens a connection to the switch until the end of the test.
func (w *whole) dial(from string) net.Conn {
	w.t.Helper()
	c, err := w.net.Dial(context.Background(), netip.MustParseAddr(from), self)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

// everybody is admitted and rings the phone.
type everybody struct{ *whole }

func (everybody) Challenge(time.Time, *sip.Request, transport.Flow) (int, []sip.Header, bool) {
	return 0, nil, false
}

func (everybody) Emergency(*sip.Request) bool { return false }

func (e everybody) Admit(_ context.Context, _ time.Time, req *sip.Request, flow transport.Flow) b2bua.Program {
	party := func(addr netip.Addr) leg.Party {
		return leg.Party{
			Kind: leg.Trunk, Name: "trunk", Tenant: "demo", Network: "net",
			Sources: []netip.Prefix{netip.PrefixFrom(addr, 32)}, Home: netip.AddrPortFrom(addr, 5060),
		}
	}
	p := b2bua.Program{Caller: party(flow.Remote.Addr()), From: req.From().Address.User, To: req.Recipient.User, Entry: "all"}
	way, err := e.layer.FlowTo("net", transport.UDP, e.phone.Addr)
	if err != nil {
		v := cause.New(503, "", cause.Us)
		p.Refuse = &v
		return p
	}
	uri := message.URI("1002", e.phone.Addr)
	p.Stages = []b2bua.Stage{{Targets: []b2bua.Target{{Address: leg.Address{
		Party: party(e.phone.Addr.Addr()), Flow: way, Target: uri, To: dialog.Name{URI: uri},
		From: dialog.Name{Display: req.From().DisplayName, URI: message.URI(req.From().Address.User, self)},
	}}}}}
	return p
}

func (everybody) Follow(context.Context, time.Time, b2bua.Follow, transport.Flow) b2bua.Program {
	return b2bua.Program{}
}

func (everybody) Route(context.Context, time.Time, b2bua.Ask, transport.Flow) b2bua.Program {
	return b2bua.Program{}
}

func (everybody) Register(_ context.Context, _ time.Time, req *sip.Request, _ transport.Flow) *sip.Response {
	return message.NewResponse(req, 403, "", "registrar")
}

func (everybody) Authenticate(context.Context, time.Time, *sip.Request, transport.Flow, leg.Party) (bool, int, []sip.Header) {
	return false, 403, nil
}

func (everybody) PickupGroup(context.Context, string, string) string { return "" }

func (everybody) Subscribe(context.Context, time.Time, *sip.Request, transport.Flow, subscribe.Held) (subscribe.Grant, int, []sip.Header) {
	return subscribe.Grant{}, 403, nil
}

// silence is a plane without sound, muted one of its endpoints, nowhere a ledger.
type (
	silence struct{}
	muted   struct{ media.Endpoint }
	nowhere struct{}
)

func (silence) Open(string, string, media.Events) (media.Endpoint, error) { return muted{}, nil }
func (silence) Stats() media.PlaneStats                                   { return media.PlaneStats{} }
func (silence) Close() error                                              { return nil }
func (muted) MediaSource()                                                {}
func (muted) Local() netip.AddrPort                                       { return netip.AddrPortFrom(self.Addr(), 20000) }
func (muted) Update(media.Remote) error                                   { return nil }
func (muted) Mask(bool) error                                             { return nil }
func (muted) Hear(...media.Source) error                                  { return nil }
func (muted) Press(string) error                                          { return nil }
func (muted) Detect(bool) error                                           { return nil }
func (muted) SetTimeout(time.Duration, time.Duration)                     {}
func (muted) Stats() media.Stats                                          { return media.Stats{} }
func (muted) Close() media.Stats                                          { return media.Stats{} }
func (nowhere) Record(...ledger.Event)                                    {}
