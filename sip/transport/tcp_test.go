package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/message"
	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

// dial connects a phone to the seats' TCP listener until the end of the test.
func dial(t *testing.T, n *memnet.Net, from string) net.Conn {
	t.Helper()
	c, err := n.Dial(context.Background(), netip.MustParseAddr(from), seatsAddr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// readUntil reads until what was read ends in suffix.
func readUntil(t *testing.T, c net.Conn, suffix string) string {
	t.Helper()
	var text []byte
	buf := make([]byte, 1)
	for !strings.HasSuffix(string(text), suffix) {
		if _, err := c.Read(buf); err != nil {
			t.Fatalf("%v after %q", err, text)
		}
		text = append(text, buf[0])
	}
	return string(text)
}

func mustBeClosed(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the connection is not closed: %v", err)
	}
}

func TestStreamIsCutWhereverItBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		_, r := start(t, config(n))
		c := dial(t, n, "10.0.0.7")
		var text strings.Builder
		const messages = 60
		for i := range messages {
			text.WriteString(strings.Repeat("\r\n", i%2))
			text.WriteString(strings.Replace(tcpOptions(i+1), "Content-Length: 0\r\n\r\n", "l : 5\r\n\r\nhello", 1))
		}
		stream := text.String()
		for i, size := 0, 1; i < len(stream); size = size%97 + 3 {
			end := min(len(stream), i+size)
			write(t, c, stream[i:end])
			i = end
		}
		synctest.Wait()
		got := r.messages()
		if len(got) != messages {
			t.Fatalf("%d messages, want %d", len(got), messages)
		}
		for i, m := range got {
			if m.Msg.CSeq().SeqNo != uint32(i+1) || string(m.Msg.Body()) != "hello" {
				t.Errorf("message %d is %s", i, m.Msg)
			}
			if m.Flow != got[0].Flow || m.Flow.Conn == 0 {
				t.Errorf("message %d came by %+v", i, m.Flow)
			}
		}
	})
}

func TestPingIsAnsweredAndLineEndsAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		r.answer(l)
		c := dial(t, n, "10.0.0.7")
		write(t, c, "\r\n\r\n")
		if got := readUntil(t, c, "\n"); got != "\r\n" {
			t.Errorf("pong is %q", got)
		}
		write(t, c, "\r\n"+tcpOptions(1)+"\r\n")
		if got := readUntil(t, c, "\r\n\r\n"); !strings.HasPrefix(got, "SIP/2.0 200") {
			t.Errorf("got %q", got)
		}
		write(t, c, tcpOptions(2))
		readUntil(t, c, "\r\n\r\n")
		if got := l.Counters().KeepAlives.Load(); got != 1 {
			t.Errorf("%d pings counted", got)
		}
	})
}

// A peer that reads nothing holds up neither Send nor another connection, and is
// cut off in the end.
func TestSlowPeerDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg := config(n)
		cfg.SendQueue = 8
		l, r := start(t, cfg)
		slow, quick := dial(t, n, "10.0.0.7"), dial(t, n, "10.0.0.8")
		write(t, slow, tcpOptions(1))
		synctest.Wait()
		write(t, quick, tcpOptions(2))
		synctest.Wait()
		flows := r.messages()
		begin := time.Now()
		var err error
		for sent := 0; err == nil; sent++ {
			if sent > 20 {
				t.Fatal("the queue has no bound")
			}
			err = l.Send(flows[0].Flow, []byte(tcpOptions(3)))
			synctest.Wait()
		}
		if !errors.Is(err, transport.ErrQueueFull) {
			t.Errorf("a full queue is %v", err)
		}
		if err := l.Send(flows[1].Flow, []byte(tcpOptions(4))); err != nil {
			t.Error(err)
		}
		readUntil(t, quick, "\r\n\r\n")
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("waited %s", waited)
		}
		<-time.After(transport.DefaultWriteTimeout)
		synctest.Wait()
		if b := r.breaks(); len(b) != 1 || b[0] != flows[0].Flow {
			t.Errorf("broken: %+v", b)
		}
		if err := l.Send(flows[0].Flow, []byte(tcpOptions(5))); !errors.Is(err, transport.ErrGone) {
			t.Errorf("a cut off connection is %v", err)
		}
	})
}

func TestGoneConnectionIsNotDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		c := dial(t, n, "10.0.0.7")
		write(t, c, tcpOptions(1))
		synctest.Wait()
		flow := r.messages()[0].Flow
		ln, err := n.Listen(flow.Remote) // it could be dialled
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := l.Send(flow, []byte(tcpOptions(2))); !errors.Is(err, transport.ErrGone) {
			t.Errorf("Send: %v", err)
		}
		other := flow
		other.Conn = 1
		if err := l.Send(other, []byte(tcpOptions(2))); !errors.Is(err, transport.ErrGone) {
			t.Errorf("Send on a number of another life: %v", err)
		}
		if b := r.breaks(); len(b) != 1 || b[0] != flow || !flow.Uses(b[0]) {
			t.Errorf("broken: %+v", b)
		}
		if l.Counters().Dialled.Load() != 0 {
			t.Error("it was dialled")
		}
	})
}

// The first send dials, later ones and FlowTo use the connection, and a stranger
// who is connected to us gets nothing of it.
func TestDialledConnectionIsReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		stranger := dial(t, n, "10.0.0.66")
		trunk := netip.MustParseAddrPort("10.0.0.9:5060")
		ln, err := n.Listen(trunk)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		flow, err := l.FlowTo("seats", transport.TCP, trunk)
		if err != nil || flow.Conn != 0 {
			t.Fatalf("flow %+v, %v", flow, err)
		}
		for i := range 3 {
			if err := l.Send(flow, []byte(tcpOptions(i+1))); err != nil {
				t.Fatal(err)
			}
		}
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			msg, err := message.Parse([]byte(readUntil(t, c, "\r\n\r\n")))
			if err != nil || msg.CSeq().SeqNo != uint32(i+1) {
				t.Errorf("message %d: %v %v", i, msg, err)
			}
		}
		again, err := l.FlowTo("seats", transport.TCP, trunk)
		if err != nil || again.Conn == 0 {
			t.Errorf("flow %+v, %v", again, err)
		}
		if err := stranger.SetReadDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		if k, _ := stranger.Read(make([]byte, 1)); k != 0 {
			t.Error("the stranger got something")
		}
		other := again
		other.Conn++
		if !l.Stands(flow) || !l.Stands(again) || l.Stands(other) {
			t.Error("what stands is not told from what does not")
		}
		_ = c.Close()
		synctest.Wait()
		other.Node = "other"
		if !l.Stands(flow) || l.Stands(again) || !l.Stands(other) {
			t.Error("what stood is not told from what stands")
		}
		b := r.breaks()
		if len(b) != 1 || b[0] != again || !flow.Uses(b[0]) || l.Counters().Dialled.Load() != 1 {
			t.Errorf("broken: %+v", b)
		}
	})
}

func TestFailedDialBreaksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		flow, err := l.FlowTo("seats", transport.TCP, netip.MustParseAddrPort("10.0.0.9:5060"))
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Send(flow, []byte(tcpOptions(1))); err != nil {
			t.Errorf("the send that dials: %v", err)
		}
		synctest.Wait()
		if b := r.breaks(); len(b) != 1 || !flow.Uses(b[0]) || l.Counters().DialFailed.Load() != 1 {
			t.Errorf("broken: %+v", b)
		}
	})
}
