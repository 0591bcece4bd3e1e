// Package bench measures strowger beside Kamailio as whole processes.
//
// # What is compared
//
//   - calls: CPU time per two-leg call (INVITE 180 200 ACK, 0 to 2 s, BYE) at 100
//     calls/s. Kamailio is a record-routing proxy that keeps no dialog and no
//     record: a floor. Strowger is what it always is: each call negotiates
//     anchored SDP on reserved ports, is decided by the plan and recorded.
//   - register: CPU time per REGISTER pair (401, then authenticated), Kamailio's
//     registrar in memory, strowger with its embedded store and with Redis, whose
//     own CPU time is counted too.
//   - tls: memory per connection of a seat that has spoken by TLS and rests.
//   - held: memory per held call. Kamailio keeps none.
//   - bindings: memory per binding.
//   - overload: what part of its rated load a node takes to a good end while it is
//     offered twice as much, and how soon no call fails when the load is back below it.
//   - rate: the highest of some rates held on the machine, load generators
//     included, for 60 s with no call failed and at most 0.1 % retransmissions.
//
// # How
//
// CPU is user and system time of all the program's processes from /proc, between
// the end of a warm-up and the end of the load. Memory is their proportional set
// size. CPU per call falls as the rate rises, so rates are equal. Systems take
// turns within each repeat and medians are compared: a slow minute of the machine
// then hits all alike. A run in which a call failed counts for nothing.
//
// All traffic stays on 127.0.0.0/8: the carrier calls from 127.0.0.2, the phone
// is on 127.0.0.10, the systems on 127.0.0.1. Every load is bounded in calls and
// in time, and every process is ended by its own id.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// Options say what to measure.
type Options struct {
	Strowger []string      // binaries, one or several versions to compare; none leaves strowger out
	Alone    bool          // leaves the rivals out
	Files    string        // folder of sipp scenarios and Kamailio configurations
	Configs  string        // folder of demo.plan.hcl
	Only     []string      // measures; none means all
	Repeats  int           // of each measure; at least 1
	Length   time.Duration // of one load; at least 1 s
	Rates    []int         // calls/s that the sustained rate is tried at, rising
	Progress io.Writer     // is told what is being measured
}

// Result is what one measure found for one system.
type Result struct {
	Measure string    `json:"measure"`
	System  string    `json:"system"`
	Unit    string    `json:"unit"`
	Median  float64   `json:"median"`
	Runs    []float64 `json:"runs"`
	// Ratio is Median over the rival's, the first system of the measure; 0 if
	// there is no rival.
	Ratio float64 `json:"ratio,omitempty"`
}

// measure is one figure to be taken of several systems.
type measure struct {
	name    string
	unit    string
	systems []system // the rival first
	take    func(context.Context, *run) (float64, error)
}

// run is one taking of one measure of one system, in a folder of its own.
type run struct {
	Options
	dir string
	up  *running
}

// Measures lists the names of all measures.
func Measures() []string {
	var names []string
	for _, m := range measures(Options{}) {
		names = append(names, m.name)
	}
	return names
}

func measures(o Options) []measure {
	// ours is every binary run as a variant.
	ours := func(name string, v variant) []system {
		var all []system
		for _, binary := range o.Strowger {
			shown := name
			if len(o.Strowger) > 1 {
				shown += " (" + binary + ")"
			}
			all = append(all, strowger(shown, binary, v))
		}
		return all
	}
	rival := func(name, cfg string) []system {
		if o.Alone {
			return nil
		}
		return []system{kamailio(name, cfg)}
	}
	small := variant{seats: users}
	proxy, registrar, embedded := rival("kamailio proxy", "proxy.cfg"), rival("kamailio registrar", "registrar.cfg"), ours("strowger", small)
	return []measure{
		{"calls", "CPU ms per call at 100 calls/s", slices.Concat(proxy, embedded), cpuPerCall},
		{"register", "CPU us per REGISTER pair", slices.Concat(registrar, embedded, ours("strowger+redis", variant{seats: users, redis: true})), cpuPerRegister},
		{"bindings", "bytes per binding", slices.Concat(registrar, ours("strowger", variant{seats: bindings}),
			ours("strowger+redis", variant{seats: bindings, redis: true})), memoryPerBinding},
		{"tls", "bytes per resting TLS connection", ours("strowger", variant{seats: users, tls: true}), memoryPerTLSSeat},
		{"held", "bytes per held call", embedded, memoryPerCall},
		{"rate", "calls/s sustained", slices.Concat(proxy, embedded), sustainedRate},
		{"overload", "% of the rated load taken at twice that load", ours("strowger", variant{seats: users, cores: nodeCore}), goodputAtTwice},
	}
}

// Run takes the measures and returns their results in order.
func Run(ctx context.Context, o Options) ([]Result, error) {
	if o.Repeats < 1 || o.Length < time.Second {
		return nil, fmt.Errorf("repeats must be at least 1 and length at least 1s, not %d and %v", o.Repeats, o.Length)
	}
	for _, name := range o.Only {
		if !slices.Contains(Measures(), name) {
			return nil, fmt.Errorf("there is no measure %q; there are %q", name, Measures())
		}
	}
	var results []Result
	for _, m := range measures(o) {
		if len(o.Only) > 0 && !slices.Contains(o.Only, m.name) {
			continue
		}
		taken, err := m.all(ctx, o)
		if err != nil {
			return results, err
		}
		results = append(results, taken...)
	}
	return results, nil
}

// all takes the measure of every system, by turns.
func (m measure) all(ctx context.Context, o Options) ([]Result, error) {
	results := make([]Result, len(m.systems))
	for i, s := range m.systems {
		results[i] = Result{Measure: m.name, System: s.name, Unit: m.unit}
	}
	for n := range o.Repeats {
		for i, s := range m.systems {
			value, err := m.once(ctx, o, s)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", m.name, s.name, err)
			}
			fmt.Fprintf(o.Progress, "%s of %s, %d of %d: %.4g %s\n", m.name, s.name, n+1, o.Repeats, value, m.unit)
			results[i].Runs = append(results[i].Runs, value)
		}
	}
	for i := range results {
		r := &results[i]
		r.Median = median(r.Runs)
		if i > 0 {
			r.Ratio = r.Median / results[0].Median
		}
	}
	return results, nil
}

func (m measure) once(ctx context.Context, o Options, s system) (value float64, err error) {
	dir, err := os.MkdirTemp("", "strowger-bench-")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w (logs are in %s)", err, dir)
			return
		}
		err = os.RemoveAll(dir)
	}()
	up, err := s.start(ctx, o, dir)
	if err != nil {
		return 0, err
	}
	defer up.stop()
	return m.take(ctx, &run{Options: o, dir: dir, up: up})
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
