package relay

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"strowger/media"
	"strowger/media/codec"
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

// TestSoundThatCeases: a party that was heard and sends nothing any more while it is
// sent to is told once, unless it reports, has announced silence or is held.
func TestSoundThatCeases(t *testing.T) {
	for name, test := range map[string]struct {
		after func(p *party) // its last packet
		each  func(p *party) // tick
		quiet bool           // nothing is sent to it
		want  int
	}{
		"at once":       {want: 1},
		"reports go on": {each: func(p *party) { p.controls(raw(rtcp.TypeReceiverReport, 0, 1)) }, want: 0},
		"comfort noise": {after: func(p *party) {
			noise := p.packet.next([]byte{60})
			noise[1] = 13
			p.sendFrom(p.rtp, noise)
		}, want: 0},
		"held": {after: func(p *party) {
			r := p.remote(pcmu)
			r.Receive = false
			p.update(r)
		}, want: 0},
		"nothing goes out": {quiet: true, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, testConfig())
			left, right := b.bridge(pcmu, pcmu)
			for range 2 { // told again when it ceases again
				left.say(sound(1))
				right.say(sound(1))
				if test.after != nil {
					test.after(left)
				}
				for range 12 * 50 {
					if !test.quiet {
						right.say(sound(1))
					}
					if test.each != nil {
						test.each(left)
					}
					b.pass(tick)
				}
			}
			if n := kinds(left.events)[media.OneWay]; n != 2*test.want {
				t.Errorf("%d one-way events, want %d", n, 2*test.want)
			}
		})
	}
}

// TestSilentSound: 10 s of sound that is all silent is told once.
func TestSilentSound(t *testing.T) {
	b := newBench(t, testConfig())
	left, _ := b.bridge(pcmu, pcmu)
	for range 1200 {
		left.say(bytes.Repeat([]byte{codec.ULaw.Silence()}, frame))
		b.pass(tick)
	}
	s := left.to.Stats()
	if n := kinds(left.events)[media.Silent]; n != 1 || !s.Silent || s.Silence < 23*time.Second || s.MaxSilence != s.Silence {
		t.Errorf("told %d times, stats %+v", n, s)
	}
	if n := b.Counters().Silents.Load(); n != 1 {
		t.Errorf("counted %d times", n)
	}
	left.say(sound(3))
	if s := left.to.Stats(); s.Silent || s.Silence != 0 || s.MaxSilence < 23*time.Second {
		t.Errorf("stats %+v after sound", s)
	}
}

// TestAStoppedProcessEndsNoCall: time in which nothing ran is nobody's silence.
func TestAStoppedProcessEndsNoCall(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("patient")
	p.update(p.remote(pcmu))
	p.to.SetTimeout(time.Minute, time.Minute)
	p.say(sound(1))
	b.pass(30 * time.Second)
	b.time = b.time.Add(10 * time.Minute)
	b.pass(29 * time.Second)
	if n := kinds(p.events)[media.Timeout]; n != 0 {
		t.Fatal("a stopped process has ended a call")
	}
	b.pass(2 * time.Second)
	if n := kinds(p.events)[media.Timeout]; n != 1 {
		t.Errorf("%d timeouts, want 1", n)
	}
}
