//go:build long

package relay

import (
	"net/netip"
	"testing"
	"time"
)

// TestFloodInEarnest: junk of every kind comes to the ports of a call as fast as a
// process sends it, from strangers and from the party's own address forged, and at least
// 95 % of the call's sound arrives of what the network brings to the machine.
func TestFloodInEarnest(t *testing.T) {
	for name, c := range map[string]struct{ forged, rtcp, elsewhere bool }{
		"strangers": {}, "strangers to RTCP": {rtcp: true}, "forged": {forged: true}, "forged to RTCP": {forged: true, rtcp: true},
		"to a closed port": {elsewhere: true},
	} {
		t.Run(name, func(t *testing.T) {
			eachPlane(t, func(w *wire) {
				w.bridge()
				w.settle(2)
				from, to := w.far.Listen(netip.AddrPortFrom(w.lay.at("1", "2"), 4001)), w.caller.to.Local()
				if c.forged {
					from = w.caller.rtp
				}
				if c.rtcp {
					to = above(to)
				}
				if c.elsewhere {
					to = netip.AddrPortFrom(to.Addr(), testMax)
				}
				before := w.caller.to.Stats()
				f := startFlood(t, from, to)
				const packets = 150
				direct := w.exchange.Listen(netip.AddrPortFrom(w.lay.at("1", "1"), 4002))
				got := w.converse(packets, addrOf(direct))
				control := len(heard(t, direct))
				sent, rate := f.end()
				s := w.caller.to.Stats()
				counted := s.Foreign + s.Invalid + s.Overrun + s.RTCPReceived - before.Foreign
				t.Logf("%d of %d packets arrived among %d others, %.0f a second, of which %d were counted; %d came to the machine", got, packets, sent, rate, counted, control)
				if got < control*95/100 || control < packets/2 {
					t.Errorf("%d of %d packets arrived, %d came to the machine: %+v", got, packets, control, s)
				}
				if !c.elsewhere && counted < sent/4 { // some the kernel drops before they are anybody's
					t.Errorf("%d packets were counted of %d: %+v", counted, sent, s)
				}
			})
		})
	}
}

// converse has the caller say so many packets at their pace, to another address too, and
// returns how many the agent heard.
func (w *wire) converse(packets int, beside netip.AddrPort) int {
	w.Helper()
	heard := make(chan int)
	go func() {
		n := 0
		b := make([]byte, MaxPacket)
		for {
			size, err := w.agent.rtp.Read(b)
			if err != nil {
				heard <- n
				return
			}
			if size > minRTP && b[minRTP] == 2 {
				n++
			}
		}
	}()
	pace := time.NewTicker(tick)
	defer pace.Stop()
	if err := w.agent.rtp.SetReadDeadline(time.Now().Add(time.Duration(packets)*tick + 500*time.Millisecond)); err != nil {
		w.Fatal(err)
	}
	for range packets {
		<-pace.C
		b := w.caller.packet.next(sound(2))
		w.caller.send(w.caller.rtp, b)
		if _, err := w.caller.rtp.WriteToUDPAddrPort(b, beside); err != nil {
			w.Fatal(err)
		}
	}
	return <-heard
}
