package transport_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

var (
	seatsAddr   = netip.MustParseAddrPort("10.0.0.1:5060")
	carrierAddr = netip.MustParseAddrPort("192.0.2.1:5060")
)

// recorder is a Handler that keeps what it is told. reply, if set, is
// called for each message.
type recorder struct {
	mu       sync.Mutex
	received []transport.Received
	broken   []transport.Flow
	reply    func(transport.Received)
}

func (r *recorder) Receive(m transport.Received) {
	r.mu.Lock()
	r.received = append(r.received, m)
	reply := r.reply
	r.mu.Unlock()
	if reply != nil {
		reply(m)
	}
}

func (r *recorder) Broken(f transport.Flow, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = append(r.broken, f)
}

func (r *recorder) messages() []transport.Received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]transport.Received(nil), r.received...)
}

// forget lets go of what was kept.
func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received = nil
}

func (r *recorder) breaks() []transport.Flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]transport.Flow(nil), r.broken...)
}

// onReceive sets what is done with each message besides keeping it.
func (r *recorder) onReceive(f func(transport.Received)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reply = f
}

// answer makes the recorder answer every request with 200 through the layer.
func (r *recorder) answer(l *transport.Layer) {
	r.onReceive(func(m transport.Received) {
		if req, ok := m.Msg.(*sip.Request); ok {
			_ = l.Send(m.Flow, message.Append(nil, message.NewResponse(req, 200, "", "us")))
		}
	})
}

// config is a node with two networks over UDP and TCP.
func config(net *memnet.Net) transport.Config {
	listeners := []transport.Listener{
		{Name: "seats-udp", Network: "seats", Proto: transport.UDP, Bind: seatsAddr},
		{Name: "seats-tcp", Network: "seats", Proto: transport.TCP, Bind: seatsAddr},
		{Name: "carrier-udp", Network: "carrier", Proto: transport.UDP, Bind: carrierAddr},
		{Name: "carrier-tcp", Network: "carrier", Proto: transport.TCP, Bind: carrierAddr},
	}
	return transport.Config{
		Sockets: net, Listeners: listeners,
		Networks: map[string][]netip.Prefix{
			"seats":   {netip.MustParsePrefix("10.0.0.0/8")},
			"carrier": {netip.MustParsePrefix("192.0.2.0/24")},
		},
	}
}

// start runs a layer until the end of the test.
func start(t *testing.T, cfg transport.Config) (*transport.Layer, *recorder) {
	t.Helper()
	r := &recorder{}
	l, err := transport.New(cfg, r, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l.Start()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, r
}

// options is a request; via is the whole value of its Via.
func options(via string, cseq int) string {
	return fmt.Sprintf("OPTIONS sip:us@example.com SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@example.com>;tag=f\r\nTo: <sip:b@example.com>\r\nCall-ID: c1\r\nCSeq: %d OPTIONS\r\n"+
		"Content-Length: 0\r\n\r\n", via, cseq)
}

func tcpOptions(cseq int) string {
	return options("SIP/2.0/TCP 10.0.0.9:5060;branch=z9hG4bKt", cseq)
}

// within is long in fake time.
const within = time.Second

func mustContain(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("no %q in\n%s", part, text)
	}
}
