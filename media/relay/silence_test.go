package relay

import (
	"testing"
	"time"

	"strowger/media"
)

func kinds(events []media.Event) map[media.EventKind]int {
	counts := map[media.EventKind]int{}
	for _, e := range events {
		counts[e.Kind]++
	}
	return counts
}

func TestTimeout(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("silent")
	p.update(p.remote(pcmu))
	p.to.SetTimeout(time.Minute, time.Minute)
	b.pass(59 * time.Second)
	if n := kinds(p.events)[media.Timeout]; n != 0 {
		t.Fatal("timeout too early")
	}
	p.say(sound(1))
	b.pass(59 * time.Second)
	p.say(sound(2))
	b.pass(59 * time.Second)
	if n := kinds(p.events)[media.Timeout]; n != 0 {
		t.Fatal("a packet did not restart the timeout")
	}
	b.pass(time.Hour)
	if n := kinds(p.events)[media.Timeout]; n != 1 {
		t.Fatalf("%d timeouts, want 1", n)
	}
	p.to.SetTimeout(0, 0)
	p.say(sound(3))
	b.pass(3 * time.Hour)
	if n := kinds(p.events)[media.Timeout]; n != 1 {
		t.Error("timeout although there is none")
	}
}

func TestComfortNoiseAnnouncesSilence(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("quiet")
	p.update(p.remote(pcmu, media.Payload{Type: 13, Encoding: "CN", Clock: 8000}))
	p.to.SetTimeout(time.Minute, 2*time.Hour)
	p.say(sound(1))
	noise := p.packet.next([]byte{60})
	noise[1] = 13
	p.sendFrom(p.rtp, noise)
	b.pass(119 * time.Minute)
	if n := kinds(p.events)[media.Timeout]; n != 0 {
		t.Fatal("timeout although comfort noise was the last packet")
	}
	b.pass(2 * time.Minute)
	if n := kinds(p.events)[media.Timeout]; n != 1 {
		t.Fatalf("%d timeouts after two hours, want 1", n)
	}
}

func TestForeignPacketsDoNotFeedTheTimeout(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("silent")
	p.update(p.remote(pcmu))
	p.say(sound(1))
	p.to.SetTimeout(10*time.Second, 10*time.Second)
	forged := stream{ssrc: 5}
	stranger := socket(t)
	for range 12 {
		p.sendFrom(stranger, forged.next(sound(2)))
		b.pass(time.Second)
	}
	if n := kinds(p.events)[media.Timeout]; n != 1 {
		t.Errorf("%d timeouts, want 1", n)
	}
}

func TestOneWay(t *testing.T) {
	for name, test := range map[string]struct {
		sends, speaks bool
		held          bool
		want          int
	}{
		"packets go out and none come": {sends: true, want: 1},
		"nothing goes out":             {want: 0},
		"both speak":                   {sends: true, speaks: true, want: 0},
		"on hold":                      {sends: true, held: true, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, testConfig())
			left, right := b.bridge(pcmu, pcmu)
			if test.held {
				r := left.remote(pcmu)
				r.Receive = false
				left.update(r)
			}
			for i := range 700 {
				if test.sends {
					right.say(sound(byte(i)))
				}
				if test.speaks {
					left.say(sound(byte(i)))
				}
				b.pass(tick)
				if i == 240 && kinds(left.events)[media.OneWay] != 0 {
					t.Fatal("one-way sound was told before 5 s")
				}
			}
			if n := kinds(left.events)[media.OneWay]; n != test.want {
				t.Errorf("%d one-way events, want %d", n, test.want)
			}
		})
	}
}
