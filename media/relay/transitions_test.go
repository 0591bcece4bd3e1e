package relay

import (
	"testing"
	"time"

	"strowger/media"
	"strowger/media/dtmf"
)

// TestSoundPasses: what one says the other hears, and the figures of both planes add up.
func TestSoundPasses(t *testing.T) {
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		for i := range 50 {
			w.talk(i)
		}
		caller, agent := w.caller.to.Stats(), w.agent.to.Stats()
		said, heard := int(w.caller.packet.seq-65500), w.caller.heard
		if int(caller.Received) != said || int(caller.Sent) != heard || int(agent.Received) != heard || int(agent.Sent) != said {
			t.Errorf("caller %+v\nagent %+v\nwant %d said and %d heard", caller, agent, said, heard)
		}
		if caller.Lost != 0 || caller.Duplicate != 0 || caller.ReceivedBytes != uint64(said*len(sound(0))) || caller.Encoding != "PCMA" {
			t.Errorf("caller %+v", caller)
		}
		if time.Since(caller.Last) > time.Second {
			t.Errorf("last packet %v ago", time.Since(caller.Last))
		}
		if w.kernel && w.carried() < 90 {
			t.Errorf("the kernel carried %d packets, want 100", w.carried())
		}
	})
}

// TestTransitions: each change of needs takes the streams back and hands them over
// again, and nobody hears a gap in sequence.
func TestTransitions(t *testing.T) {
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		changes := map[string]func(){
			"tap": func() {
				end, err := w.caller.to.Tap(func([]int16) {})
				if err != nil {
					t.Fatal(err)
				}
				w.talk(1)
				end()
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
			if w.kernel && w.plane.Counters().TakeBacks.Load() == before {
				t.Errorf("%s: nothing was taken back", name)
			}
			w.settle(2)
			if t.Failed() {
				t.Fatalf("after %s", name)
			}
		}
	})
}
