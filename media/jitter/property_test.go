package jitter

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAnyStream: whatever comes, the playout goes on, the delay is bounded and what is
// told adds up.
func TestAnyStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Buffer
		now, seq, timestamp := start, rapid.Uint16().Draw(t, "seq"), rapid.Uint32().Draw(t, "timestamp")
		packets, taken, noise := 0, time.Duration(0), false
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0: // anything
				b.Put(now, rapid.Uint16().Draw(t, "any seq"), rapid.Uint32().Draw(t, "any timestamp"), rapid.Bool().Draw(t, "fresh"),
					make([]int16, rapid.IntRange(0, MaxPacket+1).Draw(t, "samples")))
				packets++
			case 1:
				noise = true // which is louder
				b.PutNoise(now, seq, timestamp, false, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "noise"))
				packets++
			case 2: // a pause, or time that goes back
				now = now.Add(time.Duration(rapid.IntRange(-100, 2000).Draw(t, "ms")) * time.Millisecond)
			default:
				late := rapid.IntRange(-5, 5).Draw(t, "frames late")
				at := timestamp - uint32(late*Frame)
				b.Put(now, seq-uint16(late), at, false, tone(at, Frame))
				packets++
			}
			for range rapid.IntRange(0, 3).Draw(t, "ticks") {
				var pcm [Frame]int16
				b.Take(now, &pcm)
				now, taken = now.Add(tick), taken+tick
				for _, s := range pcm {
					if !noise && (s > 8100 || s < -8100) {
						t.Fatalf("a sample of %d, louder than all that came", s)
					}
				}
			}
			seq, timestamp = seq+1, timestamp+Frame
		}
		f := b.Figures()
		if told := f.Late + f.Duplicate + f.Refused + f.Restarts; told > uint64(packets) {
			t.Fatalf("%d packets told of, %d came", told, packets)
		}
		if f.Noise+f.Concealed > taken {
			t.Fatalf("%v made up in %v", f.Noise+f.Concealed, taken)
		}
	})
}

// TestALossyStream: with jitter, loss, doubles and drift that a line may have, most of
// the sound is what was sent, and the delay is within its bounds.
func TestALossyStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jitter := rapid.IntRange(0, 100).Draw(t, "jitter in ms")
		loss := rapid.IntRange(0, 5).Draw(t, "loss in %")
		drift := rapid.IntRange(-200, 200).Draw(t, "drift in ppm")
		dice := rapid.SliceOfN(rapid.IntRange(0, 9999), 50, 50).Draw(t, "dice")
		n := 0
		roll := func(sides int) int {
			n++
			return (dice[n%len(dice)]*7919 + n*n*104729%10007) % sides
		}
		packets := stream(1500, func(i int) time.Duration {
			if roll(100) < loss {
				return -1
			}
			return time.Duration(roll(jitter*1000+1))*time.Microsecond + time.Duration(i*drift)*tick/1e6 + 10*time.Millisecond
		})
		var b Buffer
		out := hear(&b, packets, 1490)
		f := b.Figures()
		if f.Delay > MaxDelay+2*tick || f.Restarts > 0 {
			t.Fatalf("figures %+v", f)
		}
		lost := time.Duration(1500-len(packets)) * tick
		if spare := 1500 * tick / 10; f.Concealed > lost+spare {
			t.Fatalf("%v lost, %v concealed", lost, f.Concealed)
		}
		if s := strength(out[500*Frame : 510*Frame]); s < 0.8 && loss == 0 && jitter < 20 {
			t.Fatalf("the tone has %.3f of the power", s)
		}
	})
}
