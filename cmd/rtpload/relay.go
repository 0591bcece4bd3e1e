package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"time"

	"strowger/media"
	"strowger/media/relay"
)

// ready is what the relay command prints when its calls are up.
type ready struct {
	Memory int              `json:"memory"` // resident bytes before the first call
	Legs   []netip.AddrPort `json:"legs"`
}

// relayCalls runs Strowger's relay until its standard input ends. For each line of that it
// writes how many streams the kernel carries.
func relayCalls(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("relay", flag.ExitOnError)
	calls := flags.Int("calls", 200, "calls to bridge")
	peer := flags.String("peer", "", "address of the generator")
	bind := flags.String("bind", "127.0.0.1", "address of the relay")
	inKernel := flags.Bool("kernel", false, "have the kernel carry them; needs root, and an interface with the address")
	linger := flags.Duration("linger", 0, "sleep after a batch of packets; 0 is the relay's own default, below 0 none")
	workers := flags.Int("workers", 0, "goroutines that carry packets; 0 is one for each processor")
	if err := flags.Parse(args); err != nil {
		return err
	}
	to, err := netip.ParseAddrPort(*peer)
	if err != nil {
		return fmt.Errorf("-peer: %w", err)
	}
	at, err := netip.ParseAddr(*bind)
	if err != nil {
		return fmt.Errorf("-bind: %w", err)
	}
	before, err := usageOf(os.Getpid())
	if err != nil {
		return err
	}
	config := relay.Config{
		Networks: map[string]relay.Network{"load": {
			Addresses: []relay.Addr{{Bind: at}}, PortMin: 20000, PortMax: 29999, Allow: relay.Anywhere(),
		}},
		Linger: *linger, Workers: *workers,
	}
	if *inKernel {
		if config.Kernel, err = openKernel(at, 2**calls); err != nil {
			return err
		}
	}
	plane, err := relay.New(config, nil)
	if err != nil {
		return err
	}
	defer plane.Close()
	up := ready{Memory: before.memory}
	for range *calls {
		legs, err := bridge(plane, to)
		if err != nil {
			return err
		}
		up.Legs = append(up.Legs, legs...)
	}
	if err := json.NewEncoder(os.Stdout).Encode(up); err != nil {
		return err
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		fmt.Fprintln(os.Stdout, plane.Stats().Carried)
	}
	return nil
}

// bridge makes two endpoints that hear each other.
func bridge(plane media.Plane, to netip.AddrPort) ([]netip.AddrPort, error) {
	var ends [2]media.Endpoint
	for i := range ends {
		e, err := plane.Open("load", "load", nil)
		if err != nil {
			return nil, err
		}
		e.SetTimeout(time.Minute, time.Minute)
		if err := e.Update(media.Remote{
			RTP: to, Send: true, Receive: true,
			Payloads: []media.Payload{{Type: 0, Encoding: "PCMU", Clock: 8000}},
		}); err != nil {
			return nil, err
		}
		ends[i] = e
	}
	for i := range ends {
		if err := ends[i].Hear(ends[1-i]); err != nil {
			return nil, err
		}
	}
	return []netip.AddrPort{ends[0].Local(), ends[1].Local()}, nil
}
