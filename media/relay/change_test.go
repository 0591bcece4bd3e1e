package relay

import (
	"net"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"strowger/media"
)

// TestStragglers: a packet that found its route before the listener turned to
// another source is late.
func TestStragglers(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	old := right.to.(*endpoint).route.Load()
	left.hear(&media.Prompt{PCM: ramp(frame)})
	var h header
	packet := right.packet.next(sound(1))
	if !h.whole(packet) {
		t.Fatal("not parsed")
	}
	old.send(b.time, h, key{}, false, packet, make([]byte, MaxPacket), b.Counters())
	if n := len(heard(t, left.rtp)); n != 0 {
		t.Errorf("%d packets of the former source", n)
	}
}

// TestSwitchDuringDigit: events keep the timestamp of their start, and what
// follows has to be later by all the time since then.
func TestSwitchDuringDigit(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	right.say(sound(1))
	right.packet.payload = 101
	pressed := right.packet.timestamp
	for range 50 {
		b.pass(tick)
		right.packet.timestamp = pressed
		right.say([]byte{1, 10, 0, 160})
	}
	b.pass(tick)
	left.hear(&media.Prompt{PCM: ramp(frame)})
	b.pass(tick)
	hs := headers(t, heard(t, left.rtp))
	if got := hs[len(hs)-1].timestamp - hs[0].timestamp; len(hs) != 52 || got != 52*uint32(frame) {
		t.Errorf("%d packets, the last one %d samples after the first, want 52 and %d", len(hs), got, 52*frame)
	}
	if s := right.to.Stats(); s.Jitter != 0 || s.Received != 51 {
		t.Errorf("a digit made jitter: %+v", s)
	}
}

func TestRenegotiation(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	left.say(sound(1))
	left.update(left.remote(pcma))
	left.packet.payload = 8
	left.say(sound(2))
	right.update(right.remote(pcma))
	left.say(sound(3))
	hs := headers(t, heard(t, right.rtp))
	if len(hs) != 3 || hs[0].payload != 0 || hs[1].payload != 0 || hs[2].payload != 8 {
		t.Errorf("types %+v, want PCMU, PCMU and PCMA", hs)
	}
	held := left.remote(pcma)
	held.Receive = false
	left.update(held)
	left.say(sound(4))
	held = right.remote(pcma)
	held.Send = false
	left.update(left.remote(pcma))
	right.update(held)
	left.say(sound(5))
	if n := len(heard(t, right.rtp)); n != 0 {
		t.Errorf("%d packets during hold", n)
	}
}

func TestForeignControl(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("leg")
	p.update(p.remote(pcmu))
	stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	p.to.SetTimeout(10*time.Second, 10*time.Second)
	report, err := (&rtcp.ReceiverReport{SSRC: 7}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for range 12 {
		p.sendFrom(stranger, report)
		b.pass(time.Second)
	}
	if s := p.to.Stats(); s.RTCPReceived != 0 || s.Foreign != 12 || kinds(p.events)[media.Timeout] != 1 {
		t.Errorf("stats %+v, events %v", s, p.events)
	}
	p.sendFrom(p.rtp, report)
	b.pass(9 * time.Second)
	p.sendFrom(p.rtp, report)
	b.pass(9 * time.Second)
	if s := p.to.Stats(); s.RTCPReceived != 2 || kinds(p.events)[media.Timeout] != 1 {
		t.Errorf("RTCP does not feed the timeout: %+v, events %v", s, p.events)
	}
}
