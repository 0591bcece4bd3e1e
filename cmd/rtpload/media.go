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

// setting is where relays are measured side by side: from where packets come, what
// carries them without a relay, and the relays.
type setting struct {
	name   string
	from   place
	floor  subject
	relays []subject
}

// loopback is where relays in user space are measured.
func loopback() setting {
	return setting{"loopback", home, subject{"no relay", startNothing}, withEngine(home, subject{"strowger", strowgerAt(home, false)})}
}

// overWire has the generator and the relays in namespaces of their own, joined by a veth
// pair. Without a relay the generator hears at the far end of it.
func overWire() (at setting, near place, err error) {
	far, near, err := wire()
	if err != nil {
		return at, near, err
	}
	direct := func(ctx context.Context, s settings, g *generator) (*process, error) {
		if err := g.hearsAt(near); err != nil {
			return nil, err
		}
		return startNothing(ctx, s, g)
	}
	at = setting{"over a veth pair", far, subject{"direct", direct}, withEngine(near,
		subject{"strowger ebpf", strowgerAt(near, true)}, subject{"strowger userspace", strowgerAt(near, false)})}
	return at, near, nil
}

// rival is what the relays are compared with.
const rival = "rtpengine"

// withEngine adds rtpengine, if it is there.
func withEngine(at place, relays ...subject) []subject {
	if _, err := exec.LookPath("rtpengine"); err != nil {
		fmt.Fprintln(os.Stderr, "rtpengine is not installed and is left out: .ci/install.sh --bench")
		return relays
	}
	return append(relays, subject{rival, engineAt(at)})
}

// startNothing has the generator send to where it hears.
func startNothing(_ context.Context, s settings, g *generator) (*process, error) {
	return &process{legs: slices.Repeat([]netip.AddrPort{g.local}, 2*s.calls), stop: func() {}}, nil
}

// pair is a run with a relay and the one without next to it.
type pair struct{ with, without measured }

// mediaBench measures all relays at several numbers of calls, in turn.
func mediaBench(ctx context.Context, args []string) error {
	var s settings
	f := flag.NewFlagSet("media", flag.ExitOnError)
	list := f.String("sizes", "100,200,500,1000", "numbers of calls, two legs each")
	f.IntVar(&s.seconds, "seconds", 5, "length of each measurement")
	only := f.String("relays", "", "measure those whose name has this, and the rival: ebpf, say")
	f.IntVar(&s.repeats, "pairs", 10, "measurements of each relay, each beside one without")
	if err := f.Parse(args); err != nil {
		return err
	}
	sizes, err := parseSizes(*list)
	if err != nil {
		return err
	}
	if s.machine, err = newMachine(ctx); err != nil {
		return err
	}
	defer s.machine.close()
	settings := []setting{loopback()}
	switch at, near, err := overWire(); {
	case err != nil:
		fmt.Fprintln(os.Stderr, "the kernel plane is left out, as it needs root:", err)
	default:
		settings = append(settings, at)
		if err := near.entries(ctx, at.from.addr); err != nil {
			return err
		}
	}
	for _, at := range settings {
		at.relays = slices.DeleteFunc(at.relays, func(r subject) bool {
			return !strings.Contains(r.name, *only) && r.name != rival
		})
		if err := at.bench(ctx, s, sizes); err != nil {
			return fmt.Errorf("%s: %w", at.name, err)
		}
	}
	return nil
}

func parseSizes(list string) (sizes []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-sizes: %q is no number of calls", text)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// bench measures the relays of a setting.
func (at setting) bench(ctx context.Context, s settings, sizes []int) error {
	fmt.Fprintf(os.Stdout, "\n%s, G.711 of 20 ms both ways, %d pairs of %d s with and without a relay, interleaved; median (least to most)\n",
		at.name, s.repeats, s.seconds)
	for _, s.calls = range sizes {
		if err := s.machine.calibrate(); err != nil {
			return err
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

// entries measures how fast the kernel plane is filled.
func (at place) entries(ctx context.Context, to netip.Addr) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "entries", "-bind", at.addr.String(), "-to", to.String())
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return at.do(cmd.Run)
}

// measure makes the pairs of each relay. The order of with and without changes, so that a
// machine that slows down meets both.
func (at setting) measure(ctx context.Context, s settings) ([][]pair, error) {
	runs := make([][]pair, len(at.relays))
	for i := range s.repeats {
		for j, relay := range at.relays {
			var p pair
			order := []func() error{
				func() (err error) { p.with, err = relay.measure(ctx, s, at.from); return err },
				func() (err error) { p.without, err = at.floor.measure(ctx, s, at.from); return err },
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
	floor := func(of func(measured) float64) float64 {
		_, median, _ := spread(each(slices.Concat(runs...), func(p pair) float64 { return of(p.without) }))
		return median
	}
	fmt.Fprintf(out, "\n%d calls, %d packets/s; %s: %.2f us/packet of the machine, p50 %.2f ms, p99 %.2f ms\n",
		s.calls, 100*s.calls, at.floor.name, floor(func(m measured) float64 { return m.machine }),
		floor(func(m measured) float64 { return milliseconds(m.p50) }), floor(func(m measured) float64 { return milliseconds(m.p99) }))
	if least, _, _ := spread(each(slices.Concat(runs...), func(p pair) float64 { return p.without.machine })); least < 0 {
		fmt.Fprintln(out, "the machine was not quiet: its processors did more in a run than when they were calibrated")
	}
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
	for i := range len(at.relays) - 1 { // each against the last, the rival
		fmt.Fprintf(w, "%s / %s", at.relays[i].name, at.relays[len(runs)-1].name)
		for _, f := range figures[:2] {
			_, ours, _ := spread(each(runs[i], f.of))
			_, theirs, _ := spread(each(runs[len(runs)-1], f.of))
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
