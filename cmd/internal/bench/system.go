package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
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
	adminAddr = "127.0.0.1:5981"
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

// strowger runs a node on a copy of the demo configuration, moved to the bench's
// ports, with its data in the run's folder.
func strowger(name string, redis bool) system {
	return system{name: name, start: func(ctx context.Context, o Options, dir string) (*running, error) {
		binary, err := filepath.Abs(o.Strowger)
		if err != nil {
			return nil, err
		}
		if err := copyConfigs(o.Configs, filepath.Join(dir, "configs")); err != nil {
			return nil, err
		}
		up := &running{strowger: true}
		args := []string{"serve", "--config", "configs/strowger.hcl"}
		if redis {
			p, err := start(ctx, dir, "redis-server", "redis-server", "--port", redisPort, "--bind", "127.0.0.1", "--save", "", "--dir", dir)
			if err != nil {
				return nil, err
			}
			up.procs = append(up.procs, p)
			args = append(args, "--redis", "redis://127.0.0.1:"+redisPort)
		}
		p, err := start(ctx, dir, "strowger", binary, args...)
		if err != nil {
			up.stop()
			return nil, err
		}
		// The node is stopped before its Redis.
		up.procs = append([]*process{p}, up.procs...)
		return ready(ctx, up)
	}}
}

// importSeats provisions the first n seats of seats, where users are not all
// welcome.
func importSeats(ctx context.Context, r *run, n int) error {
	if !r.up.strowger {
		return nil
	}
	var csv strings.Builder
	csv.WriteString("seat,password\n")
	for _, seat := range seats(n) {
		fmt.Fprintf(&csv, "%s,demo-%s\n", seat, seat)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "seats.csv"), []byte(csv.String()), 0o600); err != nil {
		return err
	}
	binary, err := filepath.Abs(r.Strowger)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, binary, "seat", "import", "--config", "configs/strowger.hcl", "seats.csv")
	cmd.Dir = r.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("seat import: %w: %s", err, out)
	}
	return nil
}

// copyConfigs copies the files of a folder, moved to the bench's addresses.
func copyConfigs(from, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	move := strings.NewReplacer("127.0.0.1:5060", server.String(), "127.0.0.1:8080", adminAddr)
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), []byte(move.Replace(string(text))), 0o600); err != nil {
			return err
		}
	}
	return nil
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
