package relay

import (
	"net/netip"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/dtmf"
	"strowger/media/kernel"
)

// TestSoundPasses: what one says the other hears, whatever lies between, and the
// figures of both planes add up.
func TestSoundPasses(t *testing.T) {
	for name, l := range map[string]layout{
		"userspace":                    {offload: "on"},
		"userspace, IPv6":              {offload: "on", v6: true},
		"userspace, full checksums":    {offload: "off"},
		"TCX":                          {kernel: true, attach: kernel.TCX, offload: "on"},
		"TCX, IPv6":                    {kernel: true, attach: kernel.TCX, offload: "on", v6: true},
		"TCX, full checksums":          {kernel: true, attach: kernel.TCX, offload: "off"},
		"TCX, IPv6, full checksums":    {kernel: true, attach: kernel.TCX, offload: "off", v6: true},
		"clsact":                       {kernel: true, attach: kernel.Clsact, offload: "on"},
		"clsact, IPv6":                 {kernel: true, attach: kernel.Clsact, offload: "on", v6: true},
		"clsact, IPv6, full checksums": {kernel: true, attach: kernel.Clsact, offload: "off", v6: true},
	} {
		t.Run(name, func(t *testing.T) { passes(newWire(t, l)) })
	}
}

func passes(w *wire) {
	w.Helper()
	w.bridge()
	w.settle(2)
	for i := range 50 {
		w.talk(i)
	}
	caller, agent := w.caller.to.Stats(), w.agent.to.Stats()
	if caller.InKernel != w.lay.kernel || agent.InKernel != w.lay.kernel {
		w.Errorf("in the kernel: the caller %v, the agent %v", caller.InKernel, agent.InKernel)
	}
	said, heard := int(w.caller.packet.seq-65500), w.caller.heard
	if int(caller.Received) != said || int(caller.Sent) != heard || int(agent.Received) != heard || int(agent.Sent) != said {
		w.Errorf("caller %+v\nagent %+v\nwant %d said and %d heard", caller, agent, said, heard)
	}
	if caller.Lost != 0 || caller.Duplicate != 0 || caller.ReceivedBytes != uint64(said*len(sound(0))) || caller.Encoding != "PCMA" {
		w.Errorf("caller %+v", caller)
	}
	if time.Since(caller.Last) > time.Second {
		w.Errorf("last packet %v ago", time.Since(caller.Last))
	}
	if w.lay.kernel && w.carried() < 90 {
		w.Errorf("the kernel carried %d packets, want 100", w.carried())
	}
	c := w.plane.Counters()
	if c.Received.Load() != uint64(said+heard) || c.Sent.Load() != uint64(said+heard) {
		w.Errorf("the plane received %d and sent %d, want %d", c.Received.Load(), c.Sent.Load(), said+heard)
	}
}

// TestTransitions: each change of needs takes the streams back and hands them over
// again, and nobody hears a gap in sequence.
func TestTransitions(t *testing.T) {
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		changes := map[string]func(){
			"digits are looked for": func() {
				for _, yes := range []bool{true, false} {
					if err := w.caller.to.Detect(yes); err != nil {
						t.Fatal(err)
					}
					w.talk(1)
				}
			},
			"digits to the agent": func() {
				if err := w.agent.to.Press("1"); err != nil {
					t.Fatal(err)
				}
				for range dtmf.Press + dtmf.Ends {
					w.agent.follows(w.agent.read(2 * time.Second))
				}
				pause := time.NewTimer(3 * dtmf.Pause * tick)
				<-pause.C
			},
			"digits of the caller": func() {
				for _, event := range [][]byte{{5, 10, 0, 160}, {5, 0x8a, 1, 64}} {
					w.caller.packet.payload, w.caller.packet.timestamp = digits.Type, 900_000
					w.caller.say(event)
					w.agent.hears(event)
				}
				w.caller.packet.payload = pcma.Type
			},
			"mask": func() {
				if err := w.caller.to.Mask(true); err != nil {
					t.Fatal(err)
				}
				w.caller.say(sound(9))
				if b := w.agent.read(50 * time.Millisecond); b != nil {
					t.Errorf("heard of a masked party: % x", b)
				}
				w.agent.say(sound(10))
				w.caller.hears(sound(10))
				if err := w.caller.to.Mask(false); err != nil {
					t.Fatal(err)
				}
				for range 100 {
					w.caller.say(sound(11))
					if b := w.agent.read(tick); b != nil {
						w.agent.follows(b)
						return
					}
				}
				t.Error("the mask does not end")
			},
			"prompt": func() {
				w.agent.hear(&media.Prompt{PCM: ramp(frame), Loop: true})
				for range 5 {
					w.agent.follows(w.agent.read(2 * time.Second))
				}
				w.agent.hear(nil)
				for b := w.agent.read(3 * tick); b != nil; b = w.agent.read(3 * tick) {
					w.agent.follows(b)
				}
				w.agent.hear(w.caller.to)
			},
			"hold": func() {
				r := w.agent.remote()
				r.Send, r.Receive = false, false
				w.agent.update(r)
				w.caller.say(sound(9))
				if b := w.agent.read(50 * time.Millisecond); b != nil {
					t.Errorf("heard on hold: % x", b)
				}
				w.agent.update(w.agent.remote())
			},
			"a second listener": func() {
				third := w.phone("right", w.place, netip.AddrPortFrom(w.lay.at("2", "2"), 5010))
				third.hear(w.caller.to)
				w.talk(1)
				third.hears(sound(1))
				third.to.Close()
				third.rtp.Close()
			},
			"re-INVITE": func() { w.caller.update(w.caller.remote()) },
			"bridged anew": func() {
				w.caller.hear(nil)
				w.agent.hear(nil)
				w.bridge()
			},
		}
		for name, change := range changes {
			before := w.plane.Counters().TakeBacks.Load()
			change()
			if w.lay.kernel && w.plane.Counters().TakeBacks.Load() == before {
				t.Errorf("%s: nothing was taken back", name)
			}
			w.settle(2)
			if t.Failed() {
				t.Fatalf("after %s", name)
			}
		}
	})
}
