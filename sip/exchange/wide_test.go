package exchange_test

import (
	"bufio"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/message"
)

// largeCall is an INVITE whose caller has so long a name that it fits no datagram.
func largeCall(id int) string {
	return fmt.Sprintf("INVITE sip:1002@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKlarge%[1]d\r\nMax-Forwards: 70\r\n"+
		"From: \"%[2]s\" <sip:a@a>;tag=f%[1]d\r\nTo: <sip:b@b>\r\nCall-ID: large-%[1]d\r\nCSeq: 1 INVITE\r\nContact: <sip:a@10.0.0.1>\r\nContent-Length: 0\r\n\r\n",
		id, strings.Repeat("n", 1300))
}

// TestLargeInviteGoesByTCP: to a carrier that takes it.
func TestLargeInviteGoesByTCP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWhole(t)
		ln, err := w.net.Listen(w.phone.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		w.carrier.Send(self, largeCall(1))
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		r := bufio.NewReader(c)
		line, _ := r.ReadString('\n')
		via, err := r.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "INVITE ") || !strings.HasPrefix(via, "Via: SIP/2.0/TCP 192.0.2.1:5060;branch=") {
			t.Errorf("over TCP came %q, %q, %v", line, via, err)
		}
		go func() { _, _ = r.WriteTo(discard{}) }()
		if got := w.phone.Read(10 * time.Second); got != nil {
			t.Errorf("by UDP came\n%s", got)
		}
	})
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// TestLargeInviteGoesByUDPAfterAll: to a carrier that does not take TCP, which is not
// tried again soon.
func TestLargeInviteGoesByUDPAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWhole(t)
		for call, dials := range []uint64{1, 1, 2} {
			begin := time.Now()
			w.carrier.Send(self, largeCall(call))
			invite := w.phone.Request(time.Second)
			if via := invite.Via(); via.Transport != "UDP" || time.Since(begin) != 0 {
				t.Errorf("call %d: Via %s after %s", call, via.Value(), time.Since(begin))
			}
			w.phone.Send(self, string(message.Append(nil, message.NewResponse(invite, 486, "", "x"))))
			if got := w.layer.Counters().DialFailed.Load(); got != dials {
				t.Errorf("call %d: %d connections were tried, want %d", call, got, dials)
			}
			if call == 1 {
				<-time.After(10 * time.Minute)
			}
			<-time.After(time.Minute)
			for w.phone.Read(time.Millisecond) != nil || w.carrier.Read(time.Millisecond) != nil { // the rest of the call
			}
		}
	})
}
