package kernel

import (
	"bufio"
	"bytes"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childEnv has the test's program run as the process that is killed.
const childEnv = "STROWGER_TEST_KERNEL_CHILD"

func TestMain(m *testing.M) {
	if how := os.Getenv(childEnv); how != "" {
		child(how)
		return
	}
	os.Exit(m.Run())
}

// child opens a plane, installs an entry and waits to be killed. Its file 3 is a bpffs.
func child(how string) {
	number, _ := strconv.Atoi(how)
	attach := Attach(number)
	var err error
	if strings.HasPrefix(how, oldAuto) {
		attach, err = old(how)
	}
	if err != nil {
		_, _ = io.WriteString(os.Stdout, err.Error()+"\n")
		return
	}
	p, err := Open(Config{
		Pins: "/proc/self/fd/3/strowger/test", Addresses: []netip.Addr{v4.left, v4.right}, Entries: 16, Attach: attach,
	}, nil)
	if err == nil {
		l := line{world: &world{at: v4}, in: netip.AddrPortFrom(v4.left, 20000), out: netip.AddrPortFrom(v4.right, 20002)}
		edge := l.edge()
		edge.Taker = new(counter)
		_, err = p.Install(edge, Start{Highest: 99, Seen: 1})
	}
	if err != nil {
		_, _ = io.WriteString(os.Stdout, err.Error()+"\n")
		return
	}
	_, _ = io.WriteString(os.Stdout, "ready\n")
	_, _ = io.ReadAll(os.Stdin)
}

// lives starts the process and waits until its entry is installed.
func (w *world) lives(how Attach) *exec.Cmd {
	w.Helper()
	c, says := w.starts(strconv.Itoa(int(how)))
	if says != "ready\n" {
		w.Fatalf("the process says %q", says)
	}
	return c
}

// starts starts the process and returns what it says.
func (w *world) starts(how string) (c *exec.Cmd, says string) {
	w.Helper()
	c = exec.CommandContext(w.Context(), os.Args[0])
	c.Env = append(os.Environ(), childEnv+"="+how)
	c.ExtraFiles = []*os.File{w.bpffs}
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { in.Close() })
	out, err := c.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	w.exchange.Start(c)
	says, _ = bufio.NewReader(out).ReadString('\n')
	return c, says
}

// kill is kill -9.
func (w *world) kill(c *exec.Cmd) {
	w.Helper()
	if err := c.Process.Kill(); err != nil {
		w.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		w.Error("the process ended well")
	}
}

// TestRestart: the process is killed and started again while sound flows, and nothing is
// lost. What it left is listed and ends when it is buried.
func TestRestart(t *testing.T) {
	for _, how := range []Attach{TCX, Clsact} {
		t.Run("attach "+strconv.Itoa(int(how)), func(t *testing.T) {
			w := newWorld(t, v4)
			from, to := w.caller.Listen(netip.AddrPortFrom(w.at.caller, 4000)), w.agent.Listen(netip.AddrPortFrom(w.at.agent, 5000))
			in := netip.AddrPortFrom(w.at.left, 20000)
			process := w.lives(how)

			stop, sent := make(chan struct{}), make(chan uint16)
			go func() {
				pace := time.NewTicker(time.Millisecond)
				defer pace.Stop()
				for seq := uint16(100); ; seq++ {
					select {
					case <-stop:
						sent <- seq - 100
						return
					case <-pace.C:
						_, _ = from.WriteToUDPAddrPort(rtpPacket(theirs, seq, uint32(seq)*160, 1), in)
					}
				}
			}()
			if b, _ := receive(t, to, soon); b == nil {
				t.Fatal("nothing flows")
			}
			w.kill(process)
			for range 20 { // while nobody is there
				if b, _ := receive(t, to, soon); b == nil {
					t.Fatal("nothing flows once the process is killed")
				}
			}
			cfg := w.config()
			cfg.Attach = how
			p := w.open(cfg)
			for range 20 {
				if b, _ := receive(t, to, soon); b == nil {
					t.Fatal("nothing flows once it is started again")
				}
			}
			close(stop)
			count := <-sent
			for b, _ := receive(t, to, never); b != nil; b, _ = receive(t, to, never) {
			}
			all := p.Survivors()
			if len(all) != 1 || all[0].Label != "call/caller" || all[0].Local != in {
				t.Fatalf("survivors %+v", all)
			}
			if f := all[0].Figures; f.Packets != uint64(count) || f.Sent != uint64(count) || f.Highest != 99+uint32(count) {
				t.Errorf("of %d packets: figures %+v", count, f)
			}
			k, v := keyOf(in), value{}
			if err := p.objects.Entries.Lookup(&k, &v); err != nil || v.Copies != 0 {
				t.Errorf("nobody takes copies, yet there are some: %d, %v", v.Copies, err)
			}
			if buried := p.Bury(); len(buried) != 1 || len(p.Survivors()) != 0 {
				t.Errorf("%d were buried, %d are left", len(buried), len(p.Survivors()))
			}
			behind := w.exchange.Listen(in)
			b := rtpPacket(theirs, 100+count, 0, 1)
			send(t, from, b, in)
			if got, _ := receive(t, behind, soon); !bytes.Equal(got, b) {
				t.Errorf("after the burial % x went up", got)
			}
		})
	}
}

// TestClaimed: a survivor that is installed anew is no survivor, and its slot is not
// lost.
func TestClaimed(t *testing.T) {
	w := newWorld(t, v4)
	process := w.lives(TCX)
	w.kill(process)
	p := w.open(w.config())
	l := w.line(p)
	if n := len(p.Survivors()); n != 0 {
		t.Errorf("%d survivors", n)
	}
	if n := len(p.free); n != p.cfg.Entries-1 {
		t.Errorf("%d slots are free", n)
	}
	l.carries(3)
}

// TestForget: what a former process left ends, and no new plane is needed for it.
func TestForget(t *testing.T) {
	w := newWorld(t, v4)
	w.kill(w.lives(TCX))
	in := netip.AddrPortFrom(w.at.left, 20000)
	from, behind := w.caller.Listen(netip.AddrPortFrom(w.at.caller, 4000)), w.exchange.Listen(in)
	if err := Forget(w.config().Pins); err != nil {
		t.Fatal(err)
	}
	// The kernel detaches in its own time.
	for began, seq := time.Now(), uint16(100); ; seq++ {
		b := rtpPacket(theirs, seq, 0, 1)
		send(t, from, b, in)
		if got, _ := receive(t, behind, never); bytes.Equal(got, b) {
			return
		}
		if time.Since(began) > soon {
			t.Fatal("what was left carries on")
		}
	}
}

// TestOtherPins: what cannot be taken over is removed.
func TestOtherPins(t *testing.T) {
	for name, spoil := range map[string]func(w *world, cfg *Config){
		"another version": func(w *world, cfg *Config) {
			if err := os.Rename(cfg.Pins+"/"+schema, cfg.Pins+"/v0"); err != nil {
				w.Fatal(err)
			}
		},
		"too few entries": func(_ *world, cfg *Config) { cfg.Entries *= 2 },
		"half of the pins": func(w *world, cfg *Config) {
			if err := os.Remove(cfg.Pins + "/" + schema + "/figures"); err != nil {
				w.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, v4)
			process := w.lives(TCX)
			w.kill(process)
			cfg := w.config()
			spoil(w, &cfg)
			p := w.open(cfg)
			if n := len(p.Survivors()); n != 0 {
				t.Errorf("%d survivors", n)
			}
			w.line(p).carries(3)
		})
	}
}
