package jitter

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"strowger/media/codec"
)

var start = time.Date(2024, 2, 1, 12, 0, 0, 0, time.UTC)

const tick = 20 * time.Millisecond

// tone is a sine by timestamp, so that a sample says where it belongs.
func tone(timestamp uint32, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*400*float64(int32(timestamp+uint32(i)))/Rate))
	}
	return pcm
}

// arrival is a packet on the way.
type arrival struct {
	at        time.Duration
	seq       uint16
	timestamp uint32
	fresh     bool
	noise     []byte
}

// hear plays packets of a tone, in the order of their arrival, for so many ticks.
func hear(b *Buffer, arrivals []arrival, ticks int) []int16 {
	var out []int16
	for i := range ticks {
		now := time.Duration(i) * tick
		for len(arrivals) > 0 && arrivals[0].at <= now {
			a := arrivals[0]
			arrivals = arrivals[1:]
			if a.noise != nil {
				b.PutNoise(start.Add(a.at), a.seq, a.timestamp, a.fresh, a.noise)
			} else {
				b.Put(start.Add(a.at), a.seq, a.timestamp, a.fresh, tone(a.timestamp, Frame))
			}
		}
		var pcm [Frame]int16
		b.Take(start.Add(now), &pcm)
		out = append(out, pcm[:]...)
	}
	return out
}

// stream is packets each 20 ms, each late by what delay says; a negative delay loses it.
func stream(n int, delay func(i int) time.Duration) []arrival {
	var packets []arrival
	for i := range n {
		if d := delay(i); d >= 0 {
			packets = append(packets, arrival{at: time.Duration(i)*tick + d, seq: uint16(65530 + i), timestamp: uint32(4294966000 + i*Frame)})
		}
	}
	for i := 1; i < len(packets); i++ { // by arrival
		for j := i; j > 0 && packets[j].at < packets[j-1].at; j-- {
			packets[j], packets[j-1] = packets[j-1], packets[j]
		}
	}
	return packets
}

func steady(int) time.Duration { return 0 }

// strength is the share of the power that is at the tone.
func strength(pcm []int16) float64 {
	var re, im, power float64
	for i, s := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * 400 * float64(i) / Rate)
		re, im, power = re+float64(s)*cos, im+float64(s)*sin, power+float64(s)*float64(s)
	}
	if power == 0 {
		return 0
	}
	return 2 * (re*re + im*im) / float64(len(pcm)) / power
}

// clicks counts jumps that the tone does not have.
func clicks(pcm []int16) int {
	n := 0
	for i := 1; i < len(pcm); i++ {
		if d := int(pcm[i]) - int(pcm[i-1]); pcm[i-1] != 0 && (d > 4500 || d < -4500) { // the tone's steepest is 2513
			n++
		}
	}
	return n
}

func TestSteadyStreamIsPlayedAsItIs(t *testing.T) {
	var b Buffer
	out := hear(&b, stream(500, steady), 500)
	f := b.Figures()
	if f.Concealed+f.Noise > 0 || f.Late+f.Duplicate+f.Restarts+f.Stretched > 0 {
		t.Errorf("figures %+v", f)
	}
	if f.Delay > 2*MinDelay {
		t.Errorf("a delay of %v for a stream without jitter", f.Delay)
	}
	lead := int(StartDelay / tick)
	for i, s := range out[:lead*Frame] {
		if s != 0 {
			t.Fatalf("sample %d is %d before the delay is over", i, s)
		}
	}
	first := out[lead*Frame:][:Frame]
	for i, want := range tone(4294966000, Frame) {
		if first[i] != want {
			t.Fatalf("sample %d is %d, want %d", i, first[i], want)
		}
	}
	if s := strength(out[100*Frame:]); s < 0.999 || clicks(out) > 0 {
		t.Errorf("the tone has %.3f of the power, %d clicks", s, clicks(out))
	}
}

// TestDelayFollowsJitter: it grows for a stream that needs it, and shrinks again.
func TestDelayFollowsJitter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var b Buffer
	packets := stream(3000, func(i int) time.Duration {
		if i >= 1000 && i < 2000 {
			return time.Duration(random.IntN(120)) * time.Millisecond
		}
		return time.Duration(random.IntN(8)) * time.Millisecond
	})
	calm := hear(&b, packets[:1000], 1000)
	before := b.Figures()
	if before.Delay > 50*time.Millisecond || before.Concealed > 0 {
		t.Errorf("calm: %+v", before)
	}
	_ = calm
	b = Buffer{}
	hear(&b, packets, 1900)
	rough := b.Figures()
	if rough.Delay < 100*time.Millisecond || rough.Delay > MaxDelay {
		t.Errorf("with a jitter of 120 ms the delay is %v", rough.Delay)
	}
	if lost := rough.Concealed - before.Concealed; lost > 900*tick/20 {
		t.Errorf("%v of 18 s concealed", lost)
	}
	b = Buffer{}
	hear(&b, packets, 3000)
	if after := b.Figures(); after.Delay > 80*time.Millisecond {
		t.Errorf("calm again, the delay is %v", after.Delay)
	}
}

func TestLossIsConcealed(t *testing.T) {
	var b Buffer
	out := hear(&b, stream(500, func(i int) time.Duration {
		if i%10 == 9 {
			return -1
		}
		return 0
	}), 500)
	f := b.Figures()
	if f.Concealed < 47*tick || f.Concealed > 50*tick || f.Late > 0 {
		t.Errorf("figures %+v", f)
	}
	if s := strength(out[10*Frame : 490*Frame]); s < 0.98 || clicks(out) > 0 {
		t.Errorf("the tone has %.3f of the power, %d clicks", s, clicks(out))
	}
}

// TestALongLossFades: what is made up is silent after 60 ms.
func TestALongLossFades(t *testing.T) {
	var b Buffer
	out := hear(&b, stream(30, steady), 60)
	for i, s := range out[40*Frame:] {
		if s != 0 {
			t.Fatalf("sample %d is %d", i, s)
		}
	}
	if f := b.Figures(); f.Concealed > 0 {
		t.Errorf("the end counts as a loss of %v", f.Concealed)
	}
}

func TestReorderedAndDoubled(t *testing.T) {
	var b Buffer
	packets := stream(200, func(i int) time.Duration {
		if i%7 == 3 {
			return 25 * time.Millisecond // behind the next one
		}
		return 0
	})
	for i := len(packets) - 1; i > 0; i -= 5 {
		packets = append(packets[:i+1], packets[i:]...)
	}
	out := hear(&b, packets, 200)
	f := b.Figures()
	if f.Duplicate+f.Late < 39 || f.Concealed > 0 || f.Restarts > 0 {
		t.Errorf("figures %+v", f)
	}
	if s := strength(out[50*Frame : 150*Frame]); s < 0.99 || clicks(out) > 0 {
		t.Errorf("the tone has %.3f of the power, %d clicks", s, clicks(out))
	}
}

// TestDrift: a sender whose clock is wrong by 300 ppm, for ten minutes: the delay stays
// bounded and nothing is lost.
func TestDrift(t *testing.T) {
	for _, ppm := range []float64{-300, 300} {
		var b Buffer
		packets := stream(30000, steady)
		for i := range packets {
			packets[i].at += time.Duration(float64(i) * float64(tick) * ppm / 1e6)
			packets[i].at = max(packets[i].at, 0)
		}
		out := hear(&b, packets, 29900)
		f := b.Figures()
		if f.Late > 3 || f.Restarts > 0 || f.Concealed > 3*tick || f.Delay > 70*time.Millisecond {
			t.Errorf("%v ppm: %+v", ppm, f)
		}
		if n := clicks(out); n > 0 {
			t.Errorf("%v ppm: %d clicks", ppm, n)
		}
	}
}

func TestOddPackets(t *testing.T) {
	var b Buffer
	b.Put(start, 1, 0, false, nil)
	b.Put(start, 1, 0, false, make([]int16, MaxPacket+1))
	if f := b.Figures(); f.Refused != 2 {
		t.Errorf("figures %+v", f)
	}
	// Packets of 30 ms and of one sample.
	seq := uint16(0)
	var out []int16
	for i := range 90 {
		now := start.Add(time.Duration(i) * tick)
		if i%3 == 0 {
			at := uint32(i * Frame)
			b.Put(now, seq, at, false, tone(at, 3*Frame/2))
			b.Put(now.Add(tick), seq+1, at+3*Frame/2, false, tone(at+3*Frame/2, 3*Frame/2-1))
			b.Put(now.Add(tick), seq+2, at+3*Frame-1, false, tone(at+3*Frame-1, 1))
			seq += 3
		}
		var pcm [Frame]int16
		b.Take(now, &pcm)
		out = append(out, pcm[:]...)
	}
	if f := b.Figures(); f.Concealed > 0 || f.Late > 0 || strength(out[20*Frame:]) < 0.99 {
		t.Errorf("%.3f of the power, figures %+v", strength(out[20*Frame:]), f)
	}
}

func TestNoAllocations(t *testing.T) {
	var b Buffer
	pcm, at := tone(0, Frame), uint32(0)
	now := start
	if n := testing.AllocsPerRun(200, func() {
		b.Put(now, uint16(at/Frame), at, false, pcm)
		var out [Frame]int16
		b.Take(now, &out)
		now, at = now.Add(tick), at+Frame
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTick(b *testing.B) {
	var buffer Buffer
	pcm, codes, at, now := make([]int16, Frame), make([]byte, Frame), uint32(0), start
	for b.Loop() {
		codec.ALaw.Decode(pcm, codes)
		buffer.Put(now, uint16(at/Frame), at, false, pcm)
		var out [Frame]int16
		buffer.Take(now, &out)
		now, at = now.Add(tick), at+Frame
	}
}
