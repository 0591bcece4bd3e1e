package quality

import (
	"math/rand/v2"
	"testing"
	"time"
)

// packet is one of a stream, as it arrives.
type packet struct {
	n  int // in order of sending
	at time.Time
}

// network is a seeded one with faults, each a share of the packets.
type network struct {
	loss, duplicates, swaps float64
	drift                   float64       // of the sender's clock, 1e-6 is a ppm
	jitter                  time.Duration // uniform, up to it
}

// carry sends n packets of 20 ms, and tells what became of them.
func (w network) carry(seed uint64, n int) (arrived []packet, lost, duplicates, swapped int) {
	random := rand.New(rand.NewPCG(seed, 7))
	for i := range n {
		sent := start.Add(time.Duration(float64(i) * float64(packetTime) * (1 + w.drift)))
		p := packet{i, sent}
		if w.jitter > 0 {
			p.at = p.at.Add(time.Duration(random.Int64N(int64(w.jitter))))
		}
		ends := i == 0 || i == n-1 // nobody knows of one that is lost there
		switch r := random.Float64(); {
		case !ends && r < w.loss:
			lost++
		case r < w.loss+w.duplicates:
			arrived = append(arrived, p, p)
			duplicates++
		default:
			arrived = append(arrived, p)
		}
	}
	for i := 2; i+2 < len(arrived); i++ {
		twice := arrived[i].n == arrived[i-1].n || arrived[i].n == arrived[i-2].n
		if random.Float64() < w.swaps && !twice && arrived[i].n < arrived[i+1].n {
			arrived[i].n, arrived[i+1].n = arrived[i+1].n, arrived[i].n
			swapped++
			i++ // each packet is swapped once
		}
	}
	return arrived, lost, duplicates, swapped
}

// TestFaultyNetworks counts what a network with known faults did, over wraps of
// sequence and timestamp.
func TestFaultyNetworks(t *testing.T) {
	const packets = 70_000
	for name, w := range map[string]network{
		"none":               {},
		"loss":               {loss: 0.05},
		"much loss":          {loss: 0.6},
		"duplicates":         {duplicates: 0.03},
		"reorder":            {swaps: 0.04},
		"all":                {loss: 0.02, duplicates: 0.02, swaps: 0.02},
		"clocks drift apart": {drift: 200e-6},
		"and the other way":  {drift: -200e-6},
		"drift and loss":     {drift: 500e-6, loss: 0.01},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				arrived, lost, duplicates, swapped := w.carry(seed, packets)
				base, offset := uint16(65_000+seed), uint32(1<<32-1000)
				var r Receiver
				for _, p := range arrived {
					if v := r.Step(base+uint16(p.n), offset+uint32(p.n)*160, 8000, p.at); v == Jump || v == Restarted {
						t.Fatalf("seed %d: packet %d is verdict %d", seed, p.n, v)
					}
				}
				f := r.Figures()
				if f.Expected != packets || f.Duplicates != uint64(duplicates) || f.Lost() != int64(lost-duplicates) {
					t.Errorf("seed %d: %+v; %d lost, %d duplicates", seed, f, lost, duplicates)
				}
				if f.Reordered != uint64(swapped) {
					t.Errorf("seed %d: %d reordered, want %d", seed, f.Reordered, swapped)
				}
				if got, want := f.LossShare(), float64(lost)/packets; got != want {
					t.Errorf("seed %d: loss %v, want %v", seed, got, want)
				}
				if w.swaps == 0 && f.Jitter > 20*time.Microsecond {
					t.Errorf("seed %d: jitter %v of a steady stream", seed, f.Jitter)
				}
			}
		})
	}
}

// TestJitterOfANetwork: the mean difference of two uniform delays is a third of their
// range.
func TestJitterOfANetwork(t *testing.T) {
	const spread = 15 * time.Millisecond
	arrived, _, _, _ := network{jitter: spread}.carry(1, 10_000)
	var r Receiver
	var sum time.Duration
	for i, p := range arrived {
		r.Step(uint16(p.n), uint32(p.n)*160, 8000, p.at)
		if i >= 1000 {
			sum += r.Figures().Jitter
		}
	}
	if mean := sum / 9000; mean < 4700*time.Microsecond || mean > 5300*time.Microsecond {
		t.Errorf("jitter %v in the mean, want about 5 ms", mean)
	}
}

// TestRestarts: a phone that starts its sequence anew, with its SSRC or another, loses
// one packet at the most, and what was counted stays.
func TestRestarts(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var r Receiver
	at, packets, seq := start, 0, uint16(0)
	for range 50 {
		// A start nearer than maxDropout is taken for loss (RFC 3550, A.1).
		seq += 1000 + maxDropout + uint16(random.IntN(1<<16-maxDropout-2000))
		timestamp, ssrc := random.Uint32(), random.IntN(2) == 0
		if ssrc {
			r.Restart() // as the relay does when it has taken a new one
		}
		for i := range 1000 {
			r.Step(seq+uint16(i), timestamp+uint32(i)*160, 8000, at)
			at, packets = at.Add(packetTime), packets+1
		}
	}
	f := r.Figures()
	if missed := packets - int(f.Received); missed > 50 || f.Duplicates > 0 || f.Reordered > 0 {
		t.Errorf("%+v of %d packets", f, packets)
	}
	if f.Jitter > time.Millisecond || f.MaxGap > 2*packetTime {
		t.Errorf("jitter %v, gap %v", f.Jitter, f.MaxGap)
	}
	if f.Lost() != 0 {
		t.Errorf("%d lost", f.Lost())
	}
}

func TestPauseIsNoGap(t *testing.T) {
	var r Receiver
	r.Step(1, 160, 8000, start)
	r.Step(2, 320, 8000, start.Add(packetTime))
	r.Pause()
	r.Step(3, 480, 8000, start.Add(time.Minute))
	r.Step(4, 640, 8000, start.Add(time.Minute+2*packetTime))
	if gap := r.Figures().MaxGap; gap != 2*packetTime {
		t.Errorf("gap %v, want %v", gap, 2*packetTime)
	}
}

func TestCodecOf(t *testing.T) {
	for encoding, want := range map[string]Codec{
		"PCMU": G711, "PCMA": G711, "G722": G722, "G729": G729, "opus": Opus, "SILK": G711, "": G711,
	} {
		if got := CodecOf(encoding); got != want {
			t.Errorf("%q: %+v, want %+v", encoding, got, want)
		}
	}
}
