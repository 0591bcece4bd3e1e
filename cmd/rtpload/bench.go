package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// settings of a measurement.
type settings struct {
	calls   int
	seconds int
	repeats int
	linger  time.Duration
	workers int
	machine *machine // nil: the whole machine is not measured
}

// warmUp is how long packets flow before they count.
const warmUp = time.Second

// measured is one run of one relay.
type measured struct {
	cpu      float64 // us of the relay's process for each packet
	machine  float64 // us of the whole machine for each packet, generator included
	loss     float64 // percent
	p50, p99 time.Duration
	memory   float64 // KB for each call
}

// subject is a relay under test.
type subject struct {
	name  string
	start starter
}

// starter starts a relay with its calls, whose parties all are the generator.
type starter func(context.Context, settings, *generator) (*process, error)

// process is a running relay with its calls.
type process struct {
	pid    int
	memory int // resident bytes before the first call
	legs   []netip.AddrPort
	settle func() error // waits until it carries as it will; nil if it does at once
	stop   func()
}

// home is where relays in user space are measured without a wire.
var home = place{nil, netip.AddrFrom4([4]byte{127, 0, 0, 1})}

func (s *settings) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ExitOnError)
	f.IntVar(&s.calls, "calls", 200, "calls, two legs each")
	f.IntVar(&s.seconds, "seconds", 10, "length of each measurement")
	f.IntVar(&s.repeats, "repeats", 3, "measurements of each relay, in turn")
	f.DurationVar(&s.linger, "linger", 0, "linger of Strowger's relay; 0 is its default")
	f.IntVar(&s.workers, "workers", 0, "workers of Strowger's relay; 0 is its default")
	return f
}

// floor measures the generator alone: it sends to itself.
func floor(_ context.Context, args []string) error {
	var s settings
	if err := s.flags("floor").Parse(args); err != nil {
		return err
	}
	var runs []measured
	for range s.repeats {
		g, err := newGenerator(home)
		if err != nil {
			return err
		}
		g.legs = slices.Repeat([]netip.AddrPort{g.local}, 2*s.calls)
		r, err := g.run(time.Duration(s.seconds)*time.Second, 0)
		g.close()
		if err != nil {
			return err
		}
		runs = append(runs, measured{loss: r.loss(), p50: r.percentile(0.5), p99: r.percentile(0.99)})
	}
	return table(s, []string{"no relay"}, [][]measured{runs})
}

// bench measures both relays in turn, so that a change of the machine's mood meets
// both.
func bench(ctx context.Context, args []string) error {
	var s settings
	if err := s.flags("bench").Parse(args); err != nil {
		return err
	}
	subjects := []subject{{"strowger", strowgerAt(home, false)}, {"rtpengine", engineAt(home)}}
	names, runs := make([]string, len(subjects)), make([][]measured, len(subjects))
	for range s.repeats {
		for i, subject := range subjects {
			m, err := subject.measure(ctx, s, home)
			if err != nil {
				return fmt.Errorf("%s: %w", subject.name, err)
			}
			names[i], runs[i] = subject.name, append(runs[i], m)
		}
	}
	if err := table(s, names, runs); err != nil {
		return err
	}
	ours, theirs := medianOf(runs[0], byCPU), medianOf(runs[1], byCPU)
	fmt.Fprintf(os.Stdout, "CPU for each packet: %.2f times rtpengine's\n", ours/theirs)
	return nil
}

// measure starts the relay, runs load through it from a place and ends it.
func (u subject) measure(ctx context.Context, s settings, from place) (measured, error) {
	g, err := newGenerator(from)
	if err != nil {
		return measured{}, err
	}
	defer g.close()
	p, err := u.start(ctx, s, g)
	if err != nil {
		return measured{}, err
	}
	defer p.stop()
	g.legs = p.legs
	if _, err := g.run(warmUp, 0); err != nil {
		return measured{}, err
	}
	if p.settle != nil {
		if err := p.settle(); err != nil {
			return measured{}, err
		}
	}
	before, err := s.look(p)
	if err != nil {
		return measured{}, err
	}
	r, err := g.run(time.Duration(s.seconds)*time.Second, uint16(warmUp/packetTime))
	if err != nil {
		return measured{}, err
	}
	after, err := s.look(p)
	m := measured{
		cpu:  float64((after.cpu-before.cpu)/time.Microsecond) / float64(r.received),
		loss: r.loss(), p50: r.percentile(0.5), p99: r.percentile(0.99),
		memory: float64(after.memory-p.memory) / 1024 / float64(s.calls),
	}
	if s.machine != nil && err == nil {
		m.machine = float64(s.machine.used(before.spun, after.spun)/time.Microsecond) / float64(r.received)
	}
	return m, err
}

// seen is what process and machine have used up to a moment.
type seen struct {
	usage
	spun
}

// look reads both; no process, of no relay, has used nothing.
func (s settings) look(p *process) (now seen, err error) {
	if p.pid != 0 {
		if now.usage, err = usageOf(p.pid); err != nil {
			return now, err
		}
	}
	if s.machine != nil {
		now.spun, err = s.machine.read()
	}
	return now, err
}

func byCPU(m measured) float64 { return m.cpu }

func medianOf(runs []measured, by func(measured) float64) float64 {
	values := make([]float64, len(runs))
	for i, m := range runs {
		values[i] = by(m)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func table(s settings, names []string, runs [][]measured) error {
	fmt.Fprintf(os.Stdout, "%d calls, %d packets/s, median of %d runs of %d s\n", s.calls, 100*s.calls, s.repeats, s.seconds)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "relay\tCPU us/packet\tloss %\tp50\tp99\tKB/call")
	for i, name := range names {
		fmt.Fprintf(w, "%s\t%.2f\t%.3f\t%v\t%v\t%.1f\n", name,
			medianOf(runs[i], byCPU),
			medianOf(runs[i], func(m measured) float64 { return m.loss }),
			time.Duration(medianOf(runs[i], func(m measured) float64 { return float64(m.p50) })),
			time.Duration(medianOf(runs[i], func(m measured) float64 { return float64(m.p99) })),
			medianOf(runs[i], func(m measured) float64 { return m.memory }))
	}
	return w.Flush()
}
