package meter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"strowger/media"
)

// minPackets is how much sound, 1 s, tells of its quality.
const minPackets = 50

// Buckets of the figures of sound. People notice 1 % of loss and 150 ms from mouth to
// ear; a score below 3.6 leaves many dissatisfied (ITU-T G.109).
var (
	losses  = []float64{0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5}
	jitters = []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25}
	scores  = []float64{1.5, 2, 2.6, 3.1, 3.4, 3.6, 3.8, 4, 4.1, 4.2, 4.3, 4.4}
	trips   = []float64{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1}
)

// Quality measures the sound of legs when they end. The nil Quality measures nothing.
// Safe for concurrent use.
type Quality struct {
	loss, jitter, mos, trip *prometheus.HistogramVec
	byTrunk                 map[string]*figures
}

// figures are those of a trunk.
type figures struct{ loss, jitter, mos, trip prometheus.Observer }

// NewQuality measures what comes from these trunks and, as trunk "", from seats and other
// nodes.
func NewQuality(trunks []string) *Quality {
	q := &Quality{
		loss:    sound("loss_ratio", "Share of a leg's packets that did not come.", losses),
		jitter:  sound("jitter_seconds", "Interarrival jitter of a leg (RFC 3550) at its end.", jitters),
		mos:     sound("mos", "Score of a leg's sound by the E-model (ITU-T G.107), 1 to 4.5.", scores),
		trip:    sound("round_trip_seconds", "Round trip to a leg's party, by its last RTCP report.", trips),
		byTrunk: map[string]*figures{},
	}
	for _, t := range append([]string{""}, trunks...) {
		q.byTrunk[t] = &figures{
			q.loss.WithLabelValues(t), q.jitter.WithLabelValues(t), q.mos.WithLabelValues(t), q.trip.WithLabelValues(t),
		}
	}
	return q
}

func sound(name, help string, buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "strowger_leg_" + name, Help: help, Buckets: buckets}, []string{"trunk"})
}

// Ended takes the last figures of a leg of a trunk, or of a party that is none (""). One
// that sent less than a second of sound is left out, and so is a trunk that was not named
// at the start.
func (q *Quality) Ended(trunk string, s *media.Stats) {
	if q == nil || s.Received < minPackets {
		return
	}
	f := q.byTrunk[trunk]
	if f == nil {
		return
	}
	f.loss.Observe(s.Loss)
	f.jitter.Observe(s.Jitter.Seconds())
	f.mos.Observe(s.MOS)
	if s.RoundTrip > 0 {
		f.trip.Observe(s.RoundTrip.Round(time.Microsecond).Seconds())
	}
}

// Describe implements prometheus.Collector.
func (q *Quality) Describe(out chan<- *prometheus.Desc) {
	for _, c := range q.all() {
		c.Describe(out)
	}
}

// Collect implements prometheus.Collector.
func (q *Quality) Collect(out chan<- prometheus.Metric) {
	for _, c := range q.all() {
		c.Collect(out)
	}
}

func (q *Quality) all() []prometheus.Collector {
	return []prometheus.Collector{q.loss, q.jitter, q.mos, q.trip}
}
