package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// strowgerAt runs this program's relay command at a place, in the kernel or in user space.
func strowgerAt(at place, inKernel bool) starter {
	return func(ctx context.Context, s settings, g *generator) (*process, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(ctx, self, "relay", "-calls", strconv.Itoa(s.calls), "-peer", g.local.String(), "-bind", at.addr.String(),
			"-linger", s.linger.String(), "-workers", strconv.Itoa(s.workers), "-kernel="+strconv.FormatBool(inKernel))
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := at.do(cmd.Start); err != nil {
			return nil, err
		}
		p := &process{pid: cmd.Process.Pid, stop: func() { _ = in.Close(); _ = cmd.Wait() }}
		out := bufio.NewReader(pipe)
		var up ready
		line, err := out.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &up)
		}
		if err != nil {
			p.stop()
			return nil, fmt.Errorf("the relay did not come up: %w", err)
		}
		p.memory, p.legs = up.Memory, up.Legs
		if inKernel {
			p.settle = func() error { return carriesAll(in, out, len(p.legs)) }
		}
		return p, nil
	}
}

// carriesAll asks the relay whether the kernel has all streams.
func carriesAll(in io.Writer, out *bufio.Reader, streams int) error {
	if _, err := io.WriteString(in, "\n"); err != nil {
		return err
	}
	line, err := out.ReadString('\n')
	if err != nil {
		return err
	}
	if n := strings.TrimSpace(line); n != strconv.Itoa(streams) {
		return fmt.Errorf("the kernel carries %s of %d streams", n, streams)
	}
	return nil
}

// engineAt runs Debian's rtpengine in user space at a place.
func engineAt(at place) starter {
	return func(ctx context.Context, s settings, g *generator) (*process, error) {
		const control = "127.0.0.1:22222"
		cmd := exec.CommandContext(ctx, "rtpengine", "--foreground", "--table=-1", "--interface="+at.addr.String(), "--listen-ng="+control,
			"--port-min=20000", "--port-max=29999", "--log-stderr", "--log-level=3")
		var conn net.Conn
		err := at.do(func() (err error) {
			if conn, err = new(net.Dialer).DialContext(ctx, "udp", control); err != nil {
				return err
			}
			return cmd.Start()
		})
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		p := &process{pid: cmd.Process.Pid, stop: func() { _ = cmd.Process.Signal(unix.SIGTERM); _ = cmd.Wait() }}
		if err := p.fill(ctx, s, g, &engine{conn: conn, addr: at.addr}); err != nil {
			p.stop()
			return nil, err
		}
		return p, nil
	}
}

// fill makes the calls of an engine.
func (p *process) fill(ctx context.Context, s settings, g *generator, e *engine) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	idle, err := usageOf(p.pid)
	if err != nil {
		return err
	}
	p.memory = idle.memory
	for call := range s.calls {
		legs, err := e.bridge(call, g.local)
		if err != nil {
			return err
		}
		p.legs = append(p.legs, legs...)
	}
	return nil
}
