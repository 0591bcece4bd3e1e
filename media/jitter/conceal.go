package jitter

// What concealment remembers and how long it lasts, in samples (ITU-T G.711 Appendix I).
const (
	minPeriod = Rate / 200     // 5 ms
	maxPeriod = 3 * Rate / 200 // 15 ms
	compared  = Rate / 50      // that a period is found by
	recent    = 3*maxPeriod + compared/2
	fadeFrom  = Rate / 100     // 10 ms at full strength
	fadeEnd   = 6 * Rate / 100 // silent after 60 ms
	maxBlend  = Rate / 100     // from made-up sound to what came
)

// concealer goes on with a voice that broke off.
type concealer struct {
	history [recent]int16 // what was played, oldest first; not of what was made up
	period  int           // of the voice when it broke off
	lost    int           // samples made up since
}

// hear takes sound that came, and blends what was made up into it.
func (c *concealer) hear(pcm []int16) {
	if c.lost > 0 && !c.faded() {
		blend := min(len(pcm), maxBlend, c.period/4+c.lost/2)
		for i := range blend {
			made := c.next()
			pcm[i] = int16((int(made)*(blend-i) + int(pcm[i])*i) / blend)
		}
	}
	c.lost = 0
	c.remember(pcm)
}

func (c *concealer) remember(pcm []int16) {
	if n := len(pcm); n < recent {
		copy(c.history[:], c.history[n:])
		copy(c.history[recent-n:], pcm)
		return
	}
	copy(c.history[:], pcm[len(pcm)-recent:])
}

// fill makes sound up.
func (c *concealer) fill(dst []int16) {
	if c.lost == 0 {
		c.period = periodBehind(c.history[:])
	}
	for i := range dst {
		dst[i] = c.next()
	}
}

// next is the next sample that is made up: of the last period, from 10 ms on of the last
// two and from 20 ms on of the last three, lest it sound like a tone.
func (c *concealer) next() int16 {
	if c.lost >= fadeEnd {
		return 0
	}
	cycle := c.period * min(1+c.lost/fadeFrom, 3)
	at := c.lost % cycle
	sample := int(c.history[recent-cycle+at])
	// Towards its end a cycle becomes what came before its start, that it meets itself.
	seam := c.period / 4
	if left := cycle - at; left <= seam {
		before := int(c.history[recent-2*cycle+at])
		sample = (sample*left + before*(seam-left)) / seam
	}
	if c.lost > fadeFrom {
		sample = sample * (fadeEnd - c.lost) / (fadeEnd - fadeFrom)
	}
	c.lost++
	return int16(sample)
}

// faded tells whether nothing is heard any more of a voice that broke off.
func (c *concealer) faded() bool { return c.lost >= fadeEnd }

// periodBehind is the period at which the end of sound is most like what came before.
func periodBehind(pcm []int16) int {
	end := pcm[len(pcm)-compared:]
	period, top := maxPeriod, 0.0
	for lag := minPeriod; lag <= maxPeriod; lag++ {
		if like := alike(end, pcm[len(pcm)-compared-lag:]); like > top {
			period, top = lag, like
		}
	}
	return period
}

// alike is how much as much of b has the form of a, whatever its strength: to compare
// several b with one another.
func alike(a, b []int16) float64 {
	product, power := int64(0), int64(1)
	for i, s := range a {
		o := int64(b[i])
		product += int64(s) * o
		power += o * o
	}
	if product <= 0 {
		return 0
	}
	return float64(product) * float64(product) / float64(power)
}
