package relay

import (
	"errors"
	"runtime"
	"testing"
	"time"
)

// TestFloodOfAProcess: junk comes to a call from another process as fast as that can, from
// strangers and in the party's own name, and the call's sound arrives as that of a call
// beside it does.
func TestFloodOfAProcess(t *testing.T) {
	p, err := New(testConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	b := &bench{TB: t, Plane: p}
	for name, forged := range map[string]bool{"strangers": false, "forged": true} {
		t.Run(name, func(t *testing.T) {
			var callers, agents [2]*party
			for i := range callers {
				callers[i], agents[i] = b.join("left"), b.join("rights")
				callers[i].update(callers[i].remote(pcmu))
				agents[i].update(agents[i].remote(pcmu))
				if err := errors.Join(callers[i].to.Hear(agents[i].to), agents[i].to.Hear(callers[i].to)); err != nil {
					t.Fatal(err)
				}
			}
			say := func() {
				for _, c := range callers {
					if _, err := c.rtp.WriteToUDPAddrPort(c.packet.next(sound(2)), c.to.Local()); err != nil {
						t.Fatal(err)
					}
				}
			}
			say()
			for callers[0].to.Stats().Received == 0 { // and so the source is locked
				runtime.Gosched()
			}
			from := callers[0].rtp
			if !forged {
				from = socketAt(t, "127.0.0.9:0")
			}
			f := startFlood(t, from, callers[0].to.Local())
			const packets = 60
			pace := time.NewTicker(tick)
			defer pace.Stop()
			for range packets {
				<-pace.C
				say()
			}
			sent, rate := f.end()
			var got [2]int
			for i, a := range agents {
				for _, b := range heard(t, a.rtp) {
					if len(b) > minRTP && b[minRTP] == 2 {
						got[i]++
					}
				}
			}
			s := callers[0].to.Stats()
			t.Logf("%d of %d packets arrived among %d others, %.0f a second, %d beside it; %d foreign, %d invalid, %d had no room",
				got[0], packets+1, sent, rate, got[1], s.Foreign, s.Invalid, s.Overrun)
			if got[0] < got[1]*95/100 || got[1] < packets/2 {
				t.Errorf("%d packets arrived, of a call beside it %d", got[0], got[1])
			}
			if counted := s.Foreign + s.Invalid + s.Overrun + s.RTCPReceived; sent == 0 || counted < sent/4 {
				t.Errorf("%d packets were counted of %d", counted, sent)
			}
		})
	}
}
