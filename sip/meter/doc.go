// Package meter counts the messages on the wire by method, status, direction and
// trunk, and measures the delays of calls and the quality of their sound, for Prometheus.
//
// # Contract
//
//   - Every label has a bounded set of values: methods and statuses that are not
//     listed are "other" and their class ("4xx"), a trunk is one of the
//     configuration, or "" for whoever is none.
//   - A message costs one atomic addition, and one of no call lookups of its address; a
//     delay one observation of a histogram that was made at the start. Nothing is
//     allocated.
//   - Messages are those on the wire, so that what is sent again counts again.
//   - A message is of the trunk of the leg that it belongs to, however that was
//     recognised. One of no call, and the first of a call that comes in, is of the trunk
//     whose sources or targets have the address, resolved names among them, or whose
//     certificate the flow showed.
//
// # State
//
// 14 KB for each trunk, of which the pages that its methods use are touched; nothing
// for a call but 32 bytes.
package meter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Buckets in seconds: delays that people notice, and those of the switch.
var (
	patience = []float64{0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 8, 11, 15, 20, 30, 60, 120}
	quick    = []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4}
)

// Direction is which way a call goes, seen from the switch.
type Direction string

// The directions.
const (
	In       Direction = "in"       // a trunk calls
	Out      Direction = "out"      // a trunk is called
	Internal Direction = "internal" // no trunk is in it
)

// Delays measures calls. The nil Delays measures nothing. Safe for concurrent use.
type Delays struct {
	ringing, answer                 *prometheus.HistogramVec
	setup, admission, waiting       prometheus.Histogram
	ringingByTrunk, answeredByTrunk map[way]prometheus.Observer
}

// way is the labels of a call.
type way struct {
	direction Direction
	trunk     string
}

// NewDelays measures calls with these trunks and without any.
func NewDelays(trunks []string) *Delays {
	d := &Delays{
		ringing:         people("pdd", "Time from a call's INVITE to the first 180 or 183 of who is called (post-dial delay)."),
		answer:          people("answer", "Time from a call's INVITE to its answer by a party."),
		setup:           machine("call_setup", "Time from a call's INVITE to the sending of the first INVITE of ours."),
		admission:       machine("call_admission", "Time of the decision about a call, with the wait for a worker and the store."),
		waiting:         machine("strand_wait", "Time that a message from the wire waited for its strand."),
		ringingByTrunk:  map[way]prometheus.Observer{},
		answeredByTrunk: map[way]prometheus.Observer{},
	}
	ways := []way{{Internal, ""}}
	for _, t := range trunks {
		ways = append(ways, way{In, t}, way{Out, t})
	}
	for _, w := range ways {
		d.ringingByTrunk[w] = d.ringing.WithLabelValues(string(w.direction), w.trunk)
		d.answeredByTrunk[w] = d.answer.WithLabelValues(string(w.direction), w.trunk)
	}
	return d
}

func people(name, help string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "strowger_call_" + name + "_seconds", Help: help, Buckets: patience,
	}, []string{"direction", "trunk"})
}

func machine(name, help string) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: "strowger_" + name + "_seconds", Help: help, Buckets: quick})
}

// Rang takes the time until somebody rang.
func (d *Delays) Rang(to Direction, trunk string, after time.Duration) {
	if d != nil {
		observe(d.ringingByTrunk, to, trunk, after)
	}
}

// Answered takes the time until somebody answered.
func (d *Delays) Answered(to Direction, trunk string, after time.Duration) {
	if d != nil {
		observe(d.answeredByTrunk, to, trunk, after)
	}
}

// observe leaves out a trunk that was not named at the start.
func observe(ways map[way]prometheus.Observer, to Direction, trunk string, after time.Duration) {
	if o := ways[way{to, trunk}]; o != nil {
		o.Observe(after.Seconds())
	}
}

// SetUp takes the time until our first INVITE went out.
func (d *Delays) SetUp(after time.Duration) {
	if d != nil {
		d.setup.Observe(after.Seconds())
	}
}

// Admitted takes the time of a decision.
func (d *Delays) Admitted(after time.Duration) {
	if d != nil {
		d.admission.Observe(after.Seconds())
	}
}

// Waited takes the time that a message waited for its strand.
func (d *Delays) Waited(after time.Duration) {
	if d != nil {
		d.waiting.Observe(after.Seconds())
	}
}

// Describe implements prometheus.Collector.
func (d *Delays) Describe(out chan<- *prometheus.Desc) {
	for _, c := range d.all() {
		c.Describe(out)
	}
}

// Collect implements prometheus.Collector.
func (d *Delays) Collect(out chan<- prometheus.Metric) {
	for _, c := range d.all() {
		c.Collect(out)
	}
}

func (d *Delays) all() []prometheus.Collector {
	return []prometheus.Collector{d.ringing, d.answer, d.setup, d.admission, d.waiting}
}
