package cluster

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// secret is what the nodes of most tests share.
var secret = Keys{[]byte("0123456789abcdef0123456789abcdef")}

// wires is a network of pipes, on which tests in fake time run.
type wires struct {
	mu        sync.Mutex
	listeners map[netip.AddrPort]*pipeListener
	opened    []net.Conn
}

type pipeListener struct {
	addr   netip.AddrPort
	queue  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.addr) }

func (w *wires) listen(a netip.AddrPort) *pipeListener {
	l := &pipeListener{addr: a, queue: make(chan net.Conn), closed: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listeners == nil {
		w.listeners = map[netip.AddrPort]*pipeListener{}
	}
	w.listeners[a] = l
	return l
}

func (w *wires) dial(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
	w.mu.Lock()
	l := w.listeners[a]
	w.mu.Unlock()
	if l == nil {
		return nil, errors.New("nobody listens")
	}
	near, far := net.Pipe()
	select {
	case l.queue <- far:
		w.mu.Lock()
		w.opened = append(w.opened, near)
		w.mu.Unlock()
		return near, nil
	case <-l.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// shaken is a connection of one node to another, after the handshake.
func (w *wires) shaken(t *testing.T, from, to *end) *conn {
	t.Helper()
	raw, err := w.dial(t.Context(), to.self.Link)
	if err != nil {
		t.Fatal(err)
	}
	c, err := from.shake(t.Context(), raw, &to.self)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cutAll breaks every connection.
func (w *wires) cutAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.opened {
		c.Close()
	}
	w.opened = nil
}

// box is a handler that keeps what it is told. refuse is what Send returns, answer
// what Answer does.
type box struct {
	mu     sync.Mutex
	told   []string
	refuse error
	answer func(ctx context.Context, question []byte) ([]byte, error)
}

func (b *box) add(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = append(b.told, fmt.Sprintf(format, args...))
}

func (b *box) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	told := b.told
	b.told = nil
	return told
}

func (b *box) Receive(r transport.Received) {
	b.add("received %s of %s by %s/%s", message.Header(r.Msg, "Call-ID"), r.Flow.Remote, r.Flow.Node, r.Flow.Listener)
}
func (b *box) Broken(f transport.Flow, err error) { b.add("broken %s/%d: %v", f.Node, f.Conn, err) }
func (b *box) Lost(node string, err error) {
	b.add("lost %s (unreachable %t)", node, errors.Is(err, transport.ErrUnreachable))
}

func (b *box) Send(_ string, f transport.Flow, msg []byte) error {
	b.add("sent %q to %s%s", msg, f.Node, f.Remote)
	return b.refuse
}

func (b *box) Answer(ctx context.Context, question []byte) ([]byte, error) {
	return b.answer(ctx, question)
}

// end is one node of a test.
type end struct {
	*Link
	box  *box
	self Member
}

func (w *wires) node(t *testing.T, number uint16, keys Keys) *end {
	t.Helper()
	addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(number)}), 7000)
	return newEnd(t, number, keys, w.listen(addr), w.dial)
}

// newEnd starts a node behind a listener. A nil dial means TCP.
func newEnd(tb testing.TB, number uint16, keys Keys, l net.Listener, dial func(context.Context, netip.AddrPort) (net.Conn, error)) *end {
	tb.Helper()
	e := &end{box: &box{}, self: Member{
		Name: fmt.Sprintf("node-%d", number), Number: number, Protocol: Protocol,
		Link: netip.MustParseAddrPort(l.Addr().String()),
	}}
	var err error
	e.Link, err = NewLink(LinkConfig{
		Self: e.self, Keys: keys, Listener: l, Handler: e.box, Network: "between", Dial: dial, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	e.Start()
	tb.Cleanup(func() { e.Close() })
	return e
}

// inFakeTime runs a test of two connected nodes.
func inFakeTime(t *testing.T, test func(t *testing.T, w *wires, one, two *end)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		one, two := w.node(t, 1, secret), w.node(t, 2, secret)
		one.Update([]Member{two.self})
		two.Update([]Member{one.self})
		synctest.Wait()
		if !one.Connected("node-2") || !two.Connected("node-1") {
			t.Fatal("the nodes are not connected")
		}
		test(t, w, one, two)
		one.Close()
		two.Close()
	})
}

func wants(t *testing.T, e *end, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := e.box.take(); !slices.Equal(got, want) {
		t.Errorf("%s was told\n%s\nwant\n%s", e.self.Name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// phoneFlow is a flow of a node to a phone.
func phoneFlow(node string, conn uint64) transport.Flow {
	f := transport.Flow{
		Node: node, Listener: "local/udp", Network: "local", Proto: transport.UDP, Conn: conn,
		Advertised: netip.MustParseAddrPort("192.0.2.2:5060"), Remote: netip.MustParseAddrPort("198.51.100.7:5070"),
	}
	if conn != 0 {
		f.Proto = transport.TCP
	}
	return f
}

const ok = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n" +
	"To: <sip:c@d>;tag=2\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"

func received(t *testing.T, id string, f transport.Flow) transport.Received {
	t.Helper()
	msg, err := message.Parse(fmt.Appendf(nil, ok, id))
	if err != nil {
		t.Fatal(err)
	}
	return transport.Received{Msg: msg, Flow: f}
}

func TestMessages(t *testing.T) {
	inFakeTime(t, func(t *testing.T, _ *wires, one, two *end) {
		t.Helper()
		for _, text := range []string{"first", "second", "third"} {
			if err := one.Send(phoneFlow("node-2", 0), []byte(text)); err != nil {
				t.Error(err)
			}
		}
		wants(t, two, `sent "first" to 198.51.100.7:5070`, `sent "second" to 198.51.100.7:5070`, `sent "third" to 198.51.100.7:5070`)
		for _, id := range []string{"a", "b"} {
			if !two.Forward(1, received(t, id, phoneFlow("", 0))) {
				t.Error("not forwarded")
			}
		}
		wants(t, one, "received a of 198.51.100.7:5070 by node-2/local/udp", "received b of 198.51.100.7:5070 by node-2/local/udp")
		if err := one.Send(phoneFlow("node-3", 0), nil); !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("a node that there is not: %v", err)
		}
		if one.Forward(3, received(t, "c", phoneFlow("", 0))) {
			t.Error("forwarded to a node that there is not")
		}
		if err := one.Send(phoneFlow("node-2", 0), make([]byte, maxFrame)); !errors.Is(err, errLarge) {
			t.Errorf("a message that is too large: %v", err)
		}
	})
}

// TestNodeFlow: what goes by the flow of a node comes to its calls, as of the node that
// the link knows to be at the other end, whatever the flow says.
func TestNodeFlow(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *wires, one, two *end) {
		t.Helper()
		f, there := one.Node(2)
		want := transport.Flow{Node: "node-2", Proto: transport.Node, Network: "between", Advertised: one.self.Link, Remote: two.self.Link}
		if !there || f != want {
			t.Errorf("%+v, %t", f, there)
		}
		forged := f
		forged.Listener, forged.Remote = "local/udp", netip.MustParseAddrPort("198.51.100.7:5070")
		for _, by := range []transport.Flow{f, forged} {
			if err := one.Send(by, fmt.Appendf(nil, ok, "a")); err != nil {
				t.Error(err)
			}
			wants(t, two, "received a of "+one.self.Link.String()+" by node-1/")
		}
		_ = one.Send(f, []byte("no SIP"))
		one.Forward(2, received(t, "b", transport.Flow{Proto: transport.Node}))
		wants(t, two)
		if n := two.Counters().Malformed.Load(); n != 2 {
			t.Errorf("%d messages counted as malformed, want 2", n)
		}
		w.cutAll()
		wants(t, one, "lost node-2 (unreachable true)")
		if f, there := one.Node(2); there {
			t.Errorf("a node that cannot be reached: %+v", f)
		}
	})
}

// TestBrokenFlows: who used a stream of another node hears of its end once.
func TestBrokenFlows(t *testing.T) {
	inFakeTime(t, func(t *testing.T, _ *wires, one, two *end) {
		t.Helper()
		_ = one.Send(phoneFlow("node-2", 7), []byte("x"))
		two.Forward(1, received(t, "a", phoneFlow("", 8)))
		synctest.Wait()
		one.box.take()
		for _, conn := range []uint64{7, 7, 8, 9} {
			two.Broken(phoneFlow("", conn), errors.New("closed by peer"))
		}
		wants(t, one, "broken node-2/7: closed by peer", "broken node-2/8: closed by peer")

		two.box.refuse = transport.ErrGone
		_ = one.Send(phoneFlow("node-2", 7), []byte("x"))
		wants(t, one, "broken node-2/7: "+transport.ErrGone.Error())
		two.Broken(phoneFlow("", 7), errors.New("closed by peer"))
		wants(t, one)
	})
}

// TestIdle: heartbeats keep a connection that carries nothing.
func TestIdle(t *testing.T) {
	inFakeTime(t, func(t *testing.T, _ *wires, one, two *end) {
		t.Helper()
		<-time.After(5 * time.Minute)
		wants(t, one)
		wants(t, two)
		if n := two.Counters().Connected.Load(); n != 1 {
			t.Errorf("%d connections in five idle minutes", n)
		}
	})
}

// TestReconnect: a connection that is cut comes back; meanwhile nothing hangs.
func TestReconnect(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *wires, one, two *end) {
		t.Helper()
		w.cutAll()
		wants(t, one, "lost node-2 (unreachable true)")
		wants(t, two, "lost node-1 (unreachable true)")
		if err := one.Send(phoneFlow("node-2", 0), nil); !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("without a connection: %v", err)
		}
		<-time.After(2 * minBackoff)
		synctest.Wait()
		if !one.Connected("node-2") || !two.Connected("node-1") {
			t.Error("the connection did not come back")
		}
		one.Close()
		wants(t, two, "lost node-1 (unreachable true)")
		before := two.Counters().DialFailed.Load()
		<-time.After(time.Minute)
		if tries := two.Counters().DialFailed.Load() - before; tries < 10 || tries > 20 {
			t.Errorf("%d attempts in a minute: %v is the longest pause", tries, maxBackoff)
		}
		two.Update(nil)
		<-time.After(time.Second)
		before = two.Counters().DialFailed.Load()
		<-time.After(time.Minute)
		if tries := two.Counters().DialFailed.Load() - before; tries > 0 {
			t.Errorf("%d attempts to reach who left", tries)
		}
	})
}

// TestSilence: a peer that says nothing, though its connection stands, is dead.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		one, two := w.node(t, 1, secret), w.node(t, 2, secret)
		defer one.Close()
		c := w.shaken(t, two, one)
		go func() { // takes everything and says nothing
			buf := make([]byte, 100)
			for {
				if _, err := c.tls.Read(buf); err != nil {
					return
				}
			}
		}()
		synctest.Wait()
		if !one.Connected("node-2") {
			t.Fatal("not connected")
		}
		<-time.After(deadAfter + time.Millisecond)
		wants(t, one, "lost node-2 (unreachable true)")
		c.close()
		two.Close()
	})
}

// TestQueue: a peer that takes nothing costs a bounded queue and then errors.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		one, two := w.node(t, 1, secret), w.node(t, 2, secret)
		defer one.Close()
		c := w.shaken(t, two, one)
		synctest.Wait()
		taken, refused := 0, 0
		if err := one.Send(phoneFlow("node-2", 0), make([]byte, buffer)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the writer has it
		for range 2 * sendQueue {
			switch err := one.Send(phoneFlow("node-2", 0), nil); {
			case err == nil:
				taken++
			case errors.Is(err, transport.ErrQueueFull):
				refused++
			default:
				t.Fatal(err)
			}
		}
		if taken != sendQueue || one.Counters().QueueFull.Load() != uint64(refused) {
			t.Errorf("%d were taken, %d refused, %d counted", taken, refused, one.Counters().QueueFull.Load())
		}
		<-time.After(deadAfter + time.Second)
		wants(t, one, "lost node-2 (unreachable true)")
		c.close()
		two.Close()
	})
}

// TestReplaced: a new connection of a node takes the place of the old.
func TestReplaced(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *wires, one, two *end) {
		t.Helper()
		c := w.shaken(t, two, one)
		wants(t, one, "lost node-2 (unreachable true)")
		if !one.Connected("node-2") {
			t.Error("the new connection is not used")
		}
		c.close()
	})
}

// TestStrangers: who does not have the secret, or is not who it should be, is
// refused, and both ends can tell why.
func TestStrangers(t *testing.T) {
	other := Keys{[]byte("ffffffffffffffffffffffffffffffff")}
	mine, err := secret.tlsConfig("node-2")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		keys  Keys
		adapt func(l *Link)
		want  error
	}{
		"another secret": {keys: other, want: errKey},
		"our authority but another's certificate": {keys: other, adapt: func(l *Link) {
			l.tls.RootCAs = mine.RootCAs // trusts node 1, but cannot prove itself
		}, want: errKey},
		"a copied certificate without its key": {keys: secret, adapt: func(l *Link) {
			_, private, _ := ed25519.GenerateKey(rand.Reader)
			l.tls.Certificates = []tls.Certificate{{Certificate: mine.Certificates[0].Certificate, PrivateKey: private}}
		}, want: errKey},
		"no certificate":                      {keys: secret, adapt: func(l *Link) { l.tls.Certificates = nil }, want: errKey},
		"another name than its certificate's": {keys: secret, adapt: func(l *Link) { l.cfg.Self.Name = "node-3" }},
		"this node's own number":              {keys: secret, adapt: func(l *Link) { l.cfg.Self.Number = 1 }},
		"no number":                           {keys: secret, adapt: func(l *Link) { l.cfg.Self.Number = 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			one, two := overTCP(t, 1, secret), overTCP(t, 2, c.keys)
			if c.adapt != nil {
				c.adapt(two.Link)
			}
			raw, err := two.cfg.Dial(t.Context(), one.self.Link)
			if err != nil {
				t.Fatal(err)
			}
			got, err := two.shake(t.Context(), raw, &one.self)
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("the stranger is told %v, want %v", err, c.want)
			}
			if got != nil {
				got.close()
			}
			if err := one.Close(); err != nil { // waits for the handshake's end
				t.Error(err)
			}
			if told := one.box.take(); one.Counters().Connected.Load() > 0 || one.Counters().Refused.Load() != 1 || len(told) > 0 {
				t.Errorf("it was let in; refused: %d, told: %v", one.Counters().Refused.Load(), told)
			}
		})
	}
}

// overTCP starts a node on a socket: alerts cross what is being sent, which a pipe
// cannot show.
func overTCP(tb testing.TB, number uint16, keys Keys) *end {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return newEnd(tb, number, keys, l, nil)
}

// TestWrongNode: the member that was dialled must answer.
func TestWrongNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		one, two := w.node(t, 1, secret), w.node(t, 3, secret)
		defer one.Close()
		defer two.Close()
		raw, err := w.dial(t.Context(), one.self.Link)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := two.shake(t.Context(), raw, &Member{Name: "node-2", Number: 2}); !errors.Is(err, errIdentity) {
			t.Errorf("node 1 answered for node 2: %v", err)
		}
	})
}

// TestOtherVersion: both ends say that the versions differ.
func TestOtherVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wires{}
		one, two := w.node(t, 1, secret), w.node(t, 2, secret)
		defer one.Close()
		defer two.Close()
		near, far := net.Pipe()
		refused := make(chan error)
		go func() {
			_, err := one.shake(t.Context(), far, nil)
			refused <- err
		}()
		c := tls.Client(near, two.tls)
		k, payload, _, err := readFrame(c, nil, maxHello)
		if m, helloErr := readHello(k, payload); err != nil || helloErr != nil || m != one.self {
			t.Errorf("the greeting is %+v, %v, %v", m, err, helloErr)
		}
		if _, err := c.Write(helloFrame(two.self, Protocol+1)); err != nil {
			t.Fatal(err)
		}
		if err := <-refused; !errors.Is(err, errProtocol) || !strings.Contains(err.Error(), "it speaks 2, this node 1") {
			t.Errorf("another version: %v", err)
		}
		near.Close()
	})
}
