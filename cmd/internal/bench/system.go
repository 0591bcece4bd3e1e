package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Where everything is. The carrier's address is the demo trunk's source.
var (
	carrierIP = netip.MustParseAddr("127.0.0.2")
	phone     = netip.MustParseAddrPort("127.0.0.10:5990")
	server    = netip.MustParseAddrPort("127.0.0.1:5980")
)

const (
	redisPort = "5982"
	// readyWait bounds a system's start.
	readyWait = 20 * time.Second
)

// system is what can be measured: a program that listens on server.
type system struct {
	name  string
	start func(context.Context, Options, string) (*running, error)
}

// running is a started system.
type running struct {
	procs []*process
	// strowger has seats and wants its phone registered.
	strowger bool
}

func (r *running) stop() {
	for _, p := range r.procs {
		p.stop(syscall.SIGTERM)
	}
}

// kamailio runs one of the configurations in Files.
func kamailio(name, cfg string) system {
	return system{name: name, start: func(ctx context.Context, o Options, dir string) (*running, error) {
		text, err := os.ReadFile(filepath.Join(o.Files, cfg))
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, cfg)
		filled := strings.NewReplacer("LISTEN", server.String(), "PHONE", phone.String()).Replace(string(text))
		if err := os.WriteFile(path, []byte(filled), 0o600); err != nil {
			return nil, err
		}
		p, err := start(ctx, dir, "kamailio", "kamailio", "-f", path, "-DD", "-E", "-m", "512",
			"-P", filepath.Join(dir, "kamailio.pid"), "-Y", dir)
		if err != nil {
			return nil, err
		}
		return ready(ctx, &running{procs: []*process{p}})
	}}
}

// variant is what kind of strowger is run.
type variant struct {
	redis bool
	seats int
	tls   bool   // has a TLS listener
	cores string // that it is bound to, as taskset takes them; "" is all
}

// strowger runs a node with the demo's plan and so many seats, with its data in
// the run's folder.
func strowger(name, binary string, v variant) system {
	return system{name: name, start: func(ctx context.Context, o Options, dir string) (*running, error) {
		binary, err := filepath.Abs(binary)
		if err != nil {
			return nil, err
		}
		if err := configure(o, dir, v); err != nil {
			return nil, err
		}
		up := &running{strowger: true}
		if v.redis {
			p, err := start(ctx, dir, "redis-server", "redis-server", "--port", redisPort, "--bind", "127.0.0.1", "--save", "", "--dir", dir)
			if err != nil {
				return nil, err
			}
			up.procs = append(up.procs, p)
			if err := accepts(ctx, "127.0.0.1:"+redisPort); err != nil {
				up.stop()
				return nil, err
			}
		}
		command := append(v.wrapper(), binary, "serve", "--config", "strowger.hcl")
		p, err := start(ctx, dir, "strowger", command[0], command[1:]...)
		if err != nil {
			up.stop()
			return nil, err
		}
		// The node is stopped before its Redis.
		up.procs = append([]*process{p}, up.procs...)
		return ready(ctx, up)
	}}
}

// wrapper begins the command that runs it.
func (v variant) wrapper() []string {
	if v.cores == "" {
		return nil
	}
	return []string{"taskset", "--cpu-list", v.cores}
}

// configure writes a node's configuration into a folder, with its seed: the demo's
// plan and the first seats of seats.
func configure(o Options, dir string, v variant) error {
	text, err := os.ReadFile(filepath.Join(o.Files, "strowger.hcl"))
	if err != nil {
		return err
	}
	config := strings.ReplaceAll(string(text), "LISTEN", server.String())
	if v.redis {
		config += "\nstore {\n  url = \"redis://127.0.0.1:" + redisPort + "/0\"\n}\n"
	}
	plan, err := os.ReadFile(filepath.Join(o.Configs, "demo.plan.hcl"))
	if err != nil {
		return err
	}
	var csv strings.Builder
	csv.WriteString("number,network,password,site_number\n")
	for _, seat := range seats(v.seats) {
		fmt.Fprintf(&csv, "%s,local,demo-%s,+441632960100\n", seat, seat)
	}
	write := func(name, text string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600) }
	if err := errors.Join(write("strowger.hcl", config), write("demo.plan.hcl", string(plan)), write("seats.csv", csv.String())); err != nil || !v.tls {
		return err
	}
	return withTLS(dir)
}

// accepts waits until a server takes connections.
func accepts(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("%s does not answer", addr)
		}
	}
}

// ready waits until the system answers a REGISTER, whatever it says.
func ready(ctx context.Context, up *running) (*running, error) {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	if err := answers(ctx, up.procs[0].done); err != nil {
		up.stop()
		return nil, fmt.Errorf("%s: %w", up.procs[0].name, err)
	}
	return up, nil
}

func answers(ctx context.Context, ended <-chan struct{}) error {
	conn, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(phone.Addr(), 0)), net.UDPAddrFromAddrPort(server))
	if err != nil {
		return err
	}
	defer conn.Close()
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	buf := make([]byte, 1<<16)
	for seq := 1; ctx.Err() == nil; seq++ {
		select {
		case <-ended:
			return errors.New("ended at its start")
		case <-time.After(100 * time.Millisecond):
		}
		// A refused write is the port that nobody listens on yet.
		if _, err := conn.Write(registerRequest(local, server, calledSeat, "probe", seq, "")); err != nil {
			continue
		}
		if err := conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			return err
		}
		if _, err := conn.Read(buf); err == nil {
			return nil
		}
	}
	return errors.New("does not answer")
}
