// Command bench measures strowger beside Kamailio, as whole processes under load
// from sipp, in one run on one machine. See cmd/internal/bench for what is
// compared and how.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"strowger/cmd/internal/bench"
)

func main() {
	var (
		o        bench.Options
		binaries string
		only     string
		rates    string
		format   string
	)
	flag.StringVar(&binaries, "strowger", "", "binary to measure, or several separated by commas; none: the rivals only")
	flag.BoolVar(&o.Alone, "alone", false, "leave the rivals out")
	flag.StringVar(&o.Files, "files", "testdata/bench", "folder of scenarios and rivals' configurations")
	flag.StringVar(&o.Configs, "configs", "configs", "folder with demo.plan.hcl")
	flag.StringVar(&only, "only", "", "measures, separated by commas; none: "+strings.Join(bench.Measures(), ","))
	flag.IntVar(&o.Repeats, "repeats", 3, "times that each measure is taken, systems by turns")
	flag.DurationVar(&o.Length, "length", 20*time.Second, "length of one load; the sustained rate takes 60s")
	flag.StringVar(&rates, "rates", "500,1000,1500", "calls/s that the sustained rate is tried at, rising")
	flag.StringVar(&format, "o", "table", "table or json")
	flag.Parse()
	if binaries != "" {
		o.Strowger = strings.Split(binaries, ",")
	}
	if only != "" {
		o.Only = strings.Split(only, ",")
	}

	for text := range strings.SplitSeq(rates, ",") {
		rate, err := strconv.Atoi(text)
		if err != nil || rate < 1 {
			fmt.Fprintf(os.Stderr, "bench: %q is no rate; give calls/s separated by commas\n", text)
			os.Exit(2)
		}
		o.Rates = append(o.Rates, rate)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	o.Progress = os.Stderr
	results, err := bench.Run(ctx, o)
	stop()
	if err == nil {
		err = bench.Write(os.Stdout, results, format)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
