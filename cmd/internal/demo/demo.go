// Package demo shows a contact centre at work: a node on free ports with a folder
// of its own, seats that register, and a carrier that calls each number of the demo
// plan. It needs nothing and leaves nothing, and disturbs no node that runs beside
// it.
//
// # Decisions
//
//   - Everything is real: the node is the one of `strowger serve` on the demo's
//     configuration, and the phones talk to it by SIP and RTP on loopback. It runs
//     in this process, so that one Ctrl-C ends everything.
//   - The carrier is at 127.0.0.2, where the trunk of the configuration is.
//   - What is shown are plain lines of at most 80 columns, so that a pipe or a log
//     reads the same as a terminal.
//   - A call that does not do what the script says is an error of the demo.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"strowger/cmd/internal/node"
	"strowger/cmd/internal/phone"
	"strowger/configs"
	"strowger/media"
	"strowger/sip/transport"
)

// seats are those that register.
var seats = []string{"1001", "1002", "1003", "1004", "1005"}

// patience bounds each step of a call that has nothing to wait for.
const patience = 10 * time.Second

// centre is the demo while it runs.
type centre struct {
	*screen
	node    *node.Node
	data    string
	seats   []*phone.Phone
	sound   media.Plane // of the seats
	carrier *phone.Phone
	trunk   media.Plane // of the carrier
	rings   chan *phone.Call
}

// Run shows the demo on out. config is the path of a demo configuration. A ctx that
// is cancelled ends it in good order and is no error.
func Run(ctx context.Context, config string, out io.Writer) (err error) {
	c := &centre{screen: newScreen(out), rings: make(chan *phone.Call, len(seats))}
	if c.data, err = os.MkdirTemp("", "strowger-demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.data)) }()
	err = c.show(ctx, config)
	stopped := c.stop(ctx)
	if errors.Is(ctx.Err(), context.Canceled) {
		c.say("interrupted")
		return stopped
	}
	if err != nil {
		return err
	}
	if stopped != nil {
		return stopped
	}
	return c.printRecords(filepath.Join(c.data, "ledger"))
}

func (c *centre) show(ctx context.Context, config string) error {
	if err := c.start(ctx, config); err != nil {
		return err
	}
	for _, s := range script {
		if err := c.perform(ctx, s); err != nil {
			return fmt.Errorf("call to %s: %w", s.number, err)
		}
	}
	return nil
}

// start brings up the node, the seats and the carrier.
func (c *centre) start(ctx context.Context, config string) error {
	ports, err := findPorts()
	if err != nil {
		return err
	}
	cfg, err := ports.load(config, c.data)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelError}))
	if c.node, err = node.Start(ctx, cfg, log); err != nil {
		return err
	}
	server, err := listener(c.node.Transport.Listeners())
	if err != nil {
		return err
	}
	c.say("node      ready on %s, data in %s", server, c.data)
	if c.sound, err = phone.NewPlane(near, ports.seats.from, ports.seats.to, log); err != nil {
		return err
	}
	if c.trunk, err = phone.NewPlane(far, ports.carrier.from, ports.carrier.to, log); err != nil {
		return err
	}
	for _, number := range seats {
		p, err := phone.New(phone.Config{
			User: number, Password: configs.DemoPassword(number), Server: server, Plane: c.sound,
			Incoming: c.ring, Log: log,
		})
		if err != nil {
			return err
		}
		c.seats = append(c.seats, p)
		wait, cancel := context.WithTimeout(ctx, patience)
		granted, err := p.Register(wait, 10*time.Minute)
		cancel()
		if err != nil {
			return err
		}
		c.say("seat %s registered from %s for %s", number, p.Local(), granted)
	}
	c.carrier, err = phone.New(phone.Config{
		User: Caller, Server: server, Bind: netip.AddrPortFrom(far, 0), Plane: c.trunk, Log: log,
	})
	if err == nil {
		c.say("carrier   at %s", c.carrier.Local())
	}
	return err
}

// listener is where a node takes calls by UDP.
func listener(all []transport.Bound) (netip.AddrPort, error) {
	for _, l := range all {
		if l.Proto == transport.UDP && l.Addr.Addr() == near {
			return l.Addr, nil
		}
	}
	return netip.AddrPort{}, fmt.Errorf("no UDP listener on %s: this is no demo configuration", near)
}

// ring takes a call that reaches a seat.
func (c *centre) ring(call *phone.Call) {
	select {
	case c.rings <- call:
	default:
		call.Refuse(486)
	}
}

// stop ends phones and node in good order.
func (c *centre) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	var errs []error
	for _, p := range append(c.seats, c.carrier) {
		if p != nil {
			errs = append(errs, p.Close(ctx))
		}
	}
	for _, plane := range []media.Plane{c.sound, c.trunk} {
		if plane != nil {
			errs = append(errs, plane.Close())
		}
	}
	if c.node != nil {
		errs = append(errs, c.node.Stop(ctx))
	}
	return errors.Join(errs...)
}
