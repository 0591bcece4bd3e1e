package demo

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"time"

	"strowger/cmd/internal/phone"
	"strowger/configs"
	"strowger/media/prompt"
	"strowger/sip/transport"
)

// CallOptions say which seat of which node to call.
type CallOptions struct {
	Config   string        // path of the running node's configuration
	SIPPort  int           // its SIP port; 0 means as configured
	Seat     string        // the seat's number
	Duration time.Duration // hang up after it; 0 means when the seat does
}

// Call has the demo's carrier ring a seat of a running node by the number that it
// presents. Who answers hears a greeting, then an echo.
func Call(ctx context.Context, o CallOptions, out io.Writer) error {
	cfg, err := configs.Load(o.Config, configs.Overrides{SIPPort: o.SIPPort})
	if err != nil {
		return err
	}
	server, err := configured(cfg)
	if err != nil {
		return err
	}
	number, err := presented(cfg, o.Seat)
	if err != nil {
		return err
	}
	ports, err := findPorts()
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	plane, err := phone.NewPlane(far, ports.carrier.from, ports.carrier.to, log)
	if err != nil {
		return err
	}
	defer plane.Close()
	carrier, err := phone.New(phone.Config{User: Caller, Server: server, Bind: netip.AddrPortFrom(far, 0), Plane: plane, Log: log})
	if err != nil {
		return err
	}
	err = greet(ctx, newScreen(out), carrier, number, o)
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(err, carrier.Close(bye))
}

// configured is where the node takes calls by UDP.
func configured(cfg *configs.Config) (netip.AddrPort, error) {
	for _, n := range cfg.Networks {
		for _, l := range n.Listeners {
			if transport.Proto(l.Proto) == transport.UDP && l.Bind.Addr() == near {
				return l.Bind, nil
			}
		}
	}
	return netip.AddrPort{}, fmt.Errorf("%s has no UDP listener on %s: it is no demo node", cfg.File, near)
}

// presented is the number that a seat presents, by the seed of the configuration.
func presented(cfg *configs.Config, seat string) (string, error) {
	for _, t := range cfg.Tenants {
		file, err := os.ReadFile(t.Seed.Seats)
		if err != nil {
			return "", err
		}
		rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
		if err != nil || len(rows) == 0 {
			return "", fmt.Errorf("%s cannot be read: %w", t.Seed.Seats, err)
		}
		number, presentation := slices.Index(rows[0], "number"), slices.Index(rows[0], "presentation")
		for _, row := range rows[1:] {
			if number >= 0 && presentation >= 0 && row[number] == seat {
				return row[presentation], nil
			}
		}
	}
	return "", fmt.Errorf("no seat %s among those of %s", seat, cfg.File)
}

// greet calls, and talks to whoever answers.
func greet(ctx context.Context, s *screen, carrier *phone.Phone, number string, o CallOptions) error {
	library, err := prompt.Open("")
	if err != nil {
		return err
	}
	greeting, err := library.Get(prompt.Fallback, "greeting")
	if err != nil {
		return err
	}
	if o.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Duration)
		defer cancel()
	}
	call, err := carrier.Call(number)
	if err != nil {
		return err
	}
	s.say("%s calls %s, the number of seat %s", Caller, number, o.Seat)
	ringing, answered := call.Ringing(), call.Answered()
	var played <-chan struct{}
	for {
		select {
		case <-ringing:
			ringing = nil
			s.say("seat %s rings", o.Seat)
		case <-answered:
			answered = nil
			s.say("seat %s answered: greeting, then echo", o.Seat)
			if played, err = call.Play(greeting); err != nil {
				return err
			}
		case <-played:
			played = nil
			if call.Echo() == nil {
				s.say("echo")
			}
		case <-ctx.Done():
			call.Hangup()
			if !call.Report().Answered {
				return fmt.Errorf("seat %s did not answer", o.Seat)
			}
		case <-call.Ended():
			r := call.Report()
			s.say("over: sent %d, received %d, MOS %.1f", r.Sent, r.Received, r.MOS)
			switch {
			case r.Status == 404:
				return fmt.Errorf("the node's plan does not have %s, as the demo's has; see: strowger dialplan diff", number)
			case !r.Answered:
				return fmt.Errorf("seat %s was not reached: %d %s", o.Seat, r.Status, r.Reason)
			}
			return nil
		}
	}
}
