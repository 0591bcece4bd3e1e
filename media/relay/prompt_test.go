package relay

import (
	"net/netip"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

// ramp is sound of which each sample is another one.
func ramp(samples int) []int16 {
	pcm := make([]int16, samples)
	for i := range pcm {
		pcm[i] = int16(i * 64)
	}
	return pcm
}

func TestPrompt(t *testing.T) {
	pcm := ramp(2*frame + 40)
	for _, test := range []struct {
		name    string
		payload media.Payload
		ptime   time.Duration
		law     codec.Law
		packets int
		samples int
	}{
		{"PCMU", pcmu, 0, codec.ULaw, 3, frame},
		{"PCMA", pcma, 20 * time.Millisecond, codec.ALaw, 3, frame},
		{"30 ms", pcmu, 30 * time.Millisecond, codec.ULaw, 2, 3 * frame / 2},
		{"10 ms", pcma, 10 * time.Millisecond, codec.ALaw, 6, frame / 2},
		{"40 ms", pcmu, 40 * time.Millisecond, codec.ULaw, 2, 2 * frame},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, testConfig())
			p := b.join("caller")
			r := p.remote(digits, test.payload)
			r.PTime = test.ptime
			p.update(r)
			p.hear(&media.Prompt{PCM: pcm})
			b.pass(10 * tick)
			packets := heard(t, p.rtp)
			if len(packets) != test.packets {
				t.Fatalf("%d packets, want %d", len(packets), test.packets)
			}
			hs := headers(t, packets)
			var got []byte
			for i, h := range hs {
				if h.payload != test.payload.Type || h.marker != (i == 0) || h.seq != hs[0].seq+uint16(i) ||
					h.timestamp != hs[0].timestamp+uint32(i*test.samples) {
					t.Errorf("packet %d: %+v", i, h)
				}
				got = append(got, packets[i][h.start:h.end]...)
			}
			want := make([]byte, test.packets*test.samples)
			test.law.Encode(want, append(pcm, make([]int16, len(want)-len(pcm))...))
			if string(got) != string(want) {
				t.Error("the sound is not the prompt's with silence behind")
			}
			if n := kinds(p.events)[media.Ended]; n != 1 {
				t.Errorf("%d times ended, want once", n)
			}
		})
	}
}

func TestLoopNeverEnds(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("caller")
	p.update(p.remote(pcmu))
	p.hear(&media.Prompt{PCM: ramp(frame / 2), Loop: true})
	b.pass(50 * tick)
	packets := heard(t, p.rtp)
	if len(packets) != 50 || len(p.events) != 0 {
		t.Fatalf("%d packets and %d events, want 50 and none", len(packets), len(p.events))
	}
	half := frame / 2
	if b := packets[7][minRTP:]; string(b[:half]) != string(b[half:]) {
		t.Error("the second half of a packet is not the loop again")
	}
	p.hear(nil)
	b.pass(10 * tick)
	if n := len(heard(t, p.rtp)); n != 0 {
		t.Errorf("%d packets after the loop was ended", n)
	}
}

// TestUnheardPrompt: without G.711 in common, on hold or with nothing to loop, time
// passes all the same.
func TestUnheardPrompt(t *testing.T) {
	b := newBench(t, testConfig())
	for name, change := range map[string]func(*media.Remote){
		"no G.711": func(r *media.Remote) { r.Payloads = []media.Payload{digits} },
		"held":     func(r *media.Remote) { r.Send = false },
		"0.0.0.0":  func(r *media.Remote) { r.RTP = netip.AddrPortFrom(netip.IPv4Unspecified(), r.RTP.Port()) },
		"port 0":   func(r *media.Remote) { r.RTP = addr("127.0.0.1:0") },
	} {
		p := b.join(name)
		r := p.remote(pcmu)
		change(&r)
		p.update(r)
		p.hear(&media.Prompt{PCM: ramp(frame)})
		b.pass(5 * tick)
		if n := b.Counters().Sent.Load(); n != 0 || kinds(p.events)[media.Ended] != 1 {
			t.Errorf("%s: %d packets, events %v", name, n, p.events)
		}
	}
	p := b.join("empty")
	p.hear(&media.Prompt{Loop: true})
	b.pass(tick)
	if kinds(p.events)[media.Ended] != 1 {
		t.Error("an empty loop does not end")
	}
}
