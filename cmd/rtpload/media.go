package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// setting is a place where relays are measured side by side: what carries the packets
// without one, and the relays. A relay of another place, as one between network
// namespaces, has its own.
type setting struct {
	name   string
	floor  subject
	relays []subject
}

// loopback is where the relays in user space are measured.
func loopback() setting {
	at := setting{"loopback", subject{"no relay", startNothing}, []subject{{"strowger", startStrowger}}}
	if _, err := exec.LookPath("rtpengine"); err != nil {
		fmt.Fprintln(os.Stderr, "rtpengine is not installed and is left out: .ci/install.sh --bench")
		return at
	}
	at.relays = append(at.relays, subject{"rtpengine", startEngine})
	return at
}

// startNothing has the generator send to itself.
func startNothing(_ context.Context, s settings, peer netip.AddrPort) (*process, error) {
	return &process{legs: slices.Repeat([]netip.AddrPort{peer}, 2*s.calls), stop: func() {}}, nil
}

// pair is a run with a relay and the one without next to it.
type pair struct{ with, without measured }

// mediaBench measures all relays at several numbers of calls, in turn.
func mediaBench(ctx context.Context, args []string) error {
	var s settings
	f := flag.NewFlagSet("media", flag.ExitOnError)
	sizes := f.String("sizes", "100,200,500,1000", "numbers of calls, two legs each")
	f.IntVar(&s.seconds, "seconds", 5, "length of each measurement")
	f.IntVar(&s.repeats, "pairs", 10, "measurements of each relay, each beside one without")
	if err := f.Parse(args); err != nil {
		return err
	}
	var err error
	if s.machine, err = newMachine(ctx); err != nil {
		return err
	}
	defer s.machine.close()
	at := loopback()
	fmt.Fprintf(os.Stdout, "%s, G.711 of 20 ms both ways, %d pairs of %d s with and without a relay, interleaved; median (least to most)\n",
		at.name, s.repeats, s.seconds)
	for size := range strings.SplitSeq(*sizes, ",") {
		if s.calls, err = strconv.Atoi(size); err != nil || s.calls < 1 {
			return fmt.Errorf("-sizes: %q is no number of calls", size)
		}
		runs, err := at.measure(ctx, s)
		if err != nil {
			return fmt.Errorf("%d calls: %w", s.calls, err)
		}
		if err := at.print(os.Stdout, s, runs); err != nil {
			return err
		}
	}
	return nil
}

// measure makes the pairs of each relay. The order of with and without changes, so that a
// machine that slows down meets both.
func (at setting) measure(ctx context.Context, s settings) ([][]pair, error) {
	runs := make([][]pair, len(at.relays))
	for i := range s.repeats {
		for j, relay := range at.relays {
			var p pair
			order := []func() error{
				func() (err error) { p.with, err = relay.measure(ctx, s); return err },
				func() (err error) { p.without, err = at.floor.measure(ctx, s); return err },
			}
			if i%2 == 1 {
				slices.Reverse(order)
			}
			for _, run := range order {
				if err := run(); err != nil {
					return nil, fmt.Errorf("%s: %w", relay.name, err)
				}
			}
			runs[j] = append(runs[j], p)
		}
	}
	return runs, nil
}

// figures are what is told of a relay.
var figures = []struct {
	name   string
	format string
	of     func(pair) float64
}{
	{"process us/packet", "%.2f", func(p pair) float64 { return p.with.cpu }},
	{"machine us/packet", "%.2f", func(p pair) float64 { return p.with.machine - p.without.machine }},
	{"loss %", "%.3f", func(p pair) float64 { return p.with.loss }},
	{"added p50 ms", "%.2f", func(p pair) float64 { return milliseconds(p.with.p50 - p.without.p50) }},
	{"added p99 ms", "%.2f", func(p pair) float64 { return milliseconds(p.with.p99 - p.without.p99) }},
	{"KB/call", "%.1f", func(p pair) float64 { return p.with.memory }},
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (at setting) print(out io.Writer, s settings, runs [][]pair) error {
	fmt.Fprintf(out, "\n%d calls, %d packets/s", s.calls, 100*s.calls)
	var floors []float64
	for _, pairs := range runs {
		for _, p := range pairs {
			floors = append(floors, p.without.machine)
		}
	}
	least, median, most := spread(floors)
	fmt.Fprintf(out, "; %s: %.2f (%.2f to %.2f) us/packet of the machine\n", at.floor.name, median, least, most)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "relay")
	for _, f := range figures {
		fmt.Fprint(w, "\t", f.name)
	}
	fmt.Fprintln(w)
	for i, relay := range at.relays {
		fmt.Fprint(w, relay.name)
		for _, f := range figures {
			least, median, most := spread(each(runs[i], f.of))
			fmt.Fprintf(w, "\t"+f.format+" ("+f.format+" to "+f.format+")", median, least, most)
		}
		fmt.Fprintln(w)
	}
	if len(at.relays) == 2 {
		fmt.Fprintf(w, "%s / %s", at.relays[0].name, at.relays[1].name)
		for _, f := range figures[:2] {
			_, ours, _ := spread(each(runs[0], f.of))
			_, theirs, _ := spread(each(runs[1], f.of))
			fmt.Fprintf(w, "\t%.2f", ours/theirs)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func each(pairs []pair, of func(pair) float64) []float64 {
	values := make([]float64, len(pairs))
	for i, p := range pairs {
		values[i] = of(p)
	}
	return values
}

// spread is the least, the middle and the most of some values.
func spread(values []float64) (least, median, most float64) {
	if len(values) == 0 {
		return 0, 0, 0
	}
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare)
	return sorted[0], sorted[len(sorted)/2], sorted[len(sorted)-1]
}
