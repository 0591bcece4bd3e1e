package relay

import (
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

// TestLive: who comes later hears the same moment as who was there, in either law and
// by any clock, and time goes on while nobody listens.
func TestLive(t *testing.T) {
	cfg := testConfig()
	cfg.Workers = 2
	b := newBench(t, cfg)
	music := &media.Prompt{PCM: ramp(5*frame + 40), Live: true}
	want := func(law codec.Law, beat, frames int) string {
		codes := make([]byte, frames*frame)
		for i := range codes {
			law.Encode(codes[i:i+1], music.PCM[(beat*frame+i)%len(music.PCM):][:1])
		}
		return string(codes)
	}
	join := func(label string, payload media.Payload, ptime time.Duration) *party {
		p := b.join(label)
		r := p.remote(payload)
		r.PTime = ptime
		p.update(r)
		p.hear(music)
		return p
	}
	first := join("first", pcmu, 0)
	b.pass(2 * tick)
	later := []*party{join("a", pcmu, 0), join("b", pcma, 0), join("c", pcma, 0), join("d", pcmu, 40*time.Millisecond)}
	b.pass(2 * tick)
	check := func(p *party, law codec.Law, beats []int, frames int) {
		t.Helper()
		packets := heard(t, p.rtp)
		if len(packets) != len(beats) {
			t.Fatalf("%d packets, want %d", len(packets), len(beats))
		}
		for i, beat := range beats {
			if string(packets[i][minRTP:]) != want(law, beat, frames) {
				t.Errorf("packet %d is not of beat %d", i, beat)
			}
		}
	}
	check(first, codec.ULaw, []int{0, 1, 2, 3}, 1)
	check(later[0], codec.ULaw, []int{2, 3}, 1)
	check(later[1], codec.ALaw, []int{2, 3}, 1)
	check(later[2], codec.ALaw, []int{2, 3}, 1)
	check(later[3], codec.ULaw, []int{2}, 2)
	for _, p := range append(later, first) {
		p.hear(nil)
	}
	b.pass(3 * tick)
	first.hear(music)
	b.pass(tick)
	check(first, codec.ULaw, []int{7}, 1)
}

// TestManyLives: more live prompts than a clock keeps frames of are heard all the same.
func TestManyLives(t *testing.T) {
	b := newBench(t, testConfig())
	parties := make([]*party, maxLives+3)
	for i := range parties {
		parties[i] = b.join("listener")
		parties[i].update(parties[i].remote(pcmu))
		music := &media.Prompt{PCM: make([]int16, frame), Live: true}
		for j := range music.PCM {
			music.PCM[j] = int16(i * 1000)
		}
		parties[i].hear(music)
	}
	b.pass(3 * tick)
	for i, p := range parties {
		var want [1]byte
		codec.ULaw.Encode(want[:], []int16{int16(i * 1000)})
		packets := heard(t, p.rtp)
		if len(packets) != 3 || packets[2][minRTP] != want[0] {
			t.Errorf("listener %d heard %d packets of other music", i, len(packets))
		}
	}
}

// TestClocksAgree: the clocks of a plane count the same ticks, whenever each began.
func TestClocksAgree(t *testing.T) {
	cfg := testConfig()
	cfg.Workers = 2
	sockets := []*net.UDPConn{socket(t), socket(t)}
	synctest.Test(t, func(t *testing.T) {
		p, err := build(cfg, nil, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		stop := make(chan struct{})
		var running sync.WaitGroup
		for _, c := range p.clocks {
			running.Go(func() { c.run(stop) })
		}
		music := &media.Prompt{PCM: ramp(frame), Live: true}
		seen := map[*clock]bool{}
		for i := 0; len(seen) < 2; i++ {
			e, err := p.Open("net", "leg", nil)
			if err != nil {
				t.Fatal(err)
			}
			c := e.(*endpoint).clock()
			if seen[c] {
				continue
			}
			seen[c] = true
			if err := e.Update(media.Remote{RTP: addrOf(sockets[len(seen)-1]), Payloads: []media.Payload{pcmu}, Send: true}); err != nil {
				t.Fatal(err)
			}
			if err := e.Hear(music); err != nil {
				t.Fatal(err)
			}
			<-time.After(1013 * time.Millisecond)
		}
		synctest.Wait()
		if apart := p.clocks[0].beat - p.clocks[1].beat; apart < -1 || apart > 1 || p.clocks[0].beat < 100 {
			t.Errorf("beats %d and %d", p.clocks[0].beat, p.clocks[1].beat)
		}
		close(stop)
		running.Wait()
		p.Close()
	})
	for _, s := range sockets {
		if n := len(heard(t, s)); n < 49 {
			t.Errorf("%d packets", n)
		}
	}
}

// TestLiveG722: the stream is encoded as one, for all who hear it, also by packets of
// 40 ms that begin with either tick.
func TestLiveG722(t *testing.T) {
	const ticks = 12
	b := newBench(t, testConfig())
	music := &media.Prompt{PCM: ramp(7*frame + 33), Live: true}
	join := func(ptime time.Duration) *party {
		p := b.join("wide")
		r := p.remote(media.Payload{Type: 9, Encoding: "G722", Clock: 8000})
		r.PTime = ptime
		p.update(r)
		p.hear(music)
		return p
	}
	first, even := join(0), join(2*tick)
	b.pass(tick)
	later, odd := join(0), join(2*tick)
	b.pass((ticks - 1) * tick)
	var pcm []int16
	for len(pcm) < ticks*frame {
		pcm = append(pcm, music.PCM...)
	}
	whole := func(from, to int) string {
		var e codec.Encoder
		out := make([]byte, (to-from)*frame)
		e.Encode(codec.G722, out, pcm[from*frame:to*frame])
		return string(out)
	}
	sent := func(p *party) string {
		var all []byte
		for _, packet := range heard(t, p.rtp) {
			all = append(all, packet[minRTP:]...)
		}
		return string(all)
	}
	want := whole(0, ticks)
	if got := sent(first); got != want {
		t.Errorf("%d bytes that are not the stream, want %d", len(got), len(want))
	}
	if got := sent(later); got != want[frame:] {
		t.Error("who came later hears another stream")
	}
	if got := sent(even); got != want {
		t.Error("packets of 40 ms are another stream")
	}
	if got := sent(odd); got != whole(1, 1+len(got)/frame) {
		t.Error("packets of 40 ms that begin with the other tick are no stream")
	}
}
