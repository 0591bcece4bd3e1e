package jitter

import (
	"math"
	"testing"
	"time"
)

// TestPauses: a sender that says nothing in between loses nothing, and the delay is set
// anew behind each pause.
func TestPauses(t *testing.T) {
	var b Buffer
	var packets []arrival
	seq := uint16(0)
	for talk := range 10 {
		for i := range 50 {
			at := time.Duration(talk*100+i) * tick
			packets = append(packets, arrival{at: at, seq: seq, timestamp: uint32(at * Rate / time.Second)})
			seq++
		}
	}
	hear(&b, packets, 1000)
	if f := b.Figures(); f.Concealed > 0 || f.Late > 0 || f.Restarts > 0 || f.Delay > 50*time.Millisecond {
		t.Errorf("figures %+v", f)
	}
}

func TestComfortNoise(t *testing.T) {
	var b Buffer
	packets := stream(50, steady)
	last := packets[49]
	packets[49].noise = []byte{40}
	sound := last
	sound.at, sound.seq, sound.timestamp = last.at+tick*50, last.seq+1, last.timestamp+50*Frame
	packets = append(packets, sound)
	out := hear(&b, packets, 110)
	f := b.Figures()
	if f.Noise < 45*tick || f.Concealed > 0 {
		t.Errorf("figures %+v", f)
	}
	noise := out[60*Frame : 95*Frame]
	power := 0.0
	for _, s := range noise {
		power += float64(s) * float64(s)
	}
	if level := 10 * math.Log10(power/float64(len(noise))/32768/32768); level < -41 || level > -39 {
		t.Errorf("noise of %.1f dBov, want -40", level)
	}
	if tail := out[107*Frame:]; tail[0] != 0 || tail[len(tail)-1] != 0 {
		t.Error("noise behind the sound that ended it")
	}
}

func TestANewSource(t *testing.T) {
	var b Buffer
	packets := stream(100, steady)
	for i := 50; i < 100; i++ {
		packets[i].seq, packets[i].timestamp = uint16(1000+i), uint32(1<<30+i*Frame)
		packets[i].fresh = i == 50
	}
	out := hear(&b, packets, 100)
	if f := b.Figures(); f.Restarts != 1 || f.Concealed > 0 {
		t.Errorf("figures %+v", f)
	}
	if s := strength(out[60*Frame:]); s < 0.99 {
		t.Errorf("the tone has %.3f of the power", s)
	}
	// The same without being told: the jump is seen.
	b = Buffer{}
	packets[50].fresh = false
	hear(&b, packets, 100)
	if f := b.Figures(); f.Restarts != 1 {
		t.Errorf("a jump: %+v", f)
	}
}

// TestALongerWay: a stream that is suddenly 300 ms later is heard again soon.
func TestALongerWay(t *testing.T) {
	var b Buffer
	out := hear(&b, stream(200, func(i int) time.Duration {
		if i >= 100 {
			return 300 * time.Millisecond
		}
		return 0
	}), 200)
	if s := strength(out[130*Frame : 190*Frame]); s < 0.99 {
		t.Errorf("the tone has %.3f of the power; %+v", s, b.Figures())
	}
}
