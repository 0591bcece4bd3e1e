package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const (
	calibrations = 20 // windows of calibration, of which the best of each processor counts
	calibration  = 100 * time.Millisecond
)

// machine tells how much of the whole machine was used: what its spinners did not get.
type machine struct {
	ask   io.WriteCloser
	out   *bufio.Reader
	cmd   *exec.Cmd
	rates []float64 // turns a second of each processor that nothing else uses
}

// spun is a reading of the spinners.
type spun struct {
	at     time.Duration
	counts []uint64
}

// newMachine starts the spinners and finds out how fast they are.
func newMachine(ctx context.Context) (*machine, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	m := &machine{cmd: exec.CommandContext(ctx, self, "spin")}
	m.cmd.Stderr = os.Stderr
	if m.ask, err = m.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	m.out = bufio.NewReader(out)
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	if err := m.calibrate(); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *machine) close() { _ = m.ask.Close(); _ = m.cmd.Wait() }

// calibrate takes each processor's best window, of all calibrations.
func (m *machine) calibrate() error {
	before, err := m.read()
	if err != nil {
		return err
	}
	if m.rates == nil {
		m.rates = make([]float64, len(before.counts))
	}
	for range calibrations {
		pause(calibration)
		after, err := m.read()
		if err != nil {
			return err
		}
		m.better(before, after)
		before = after
	}
	return nil
}

// better keeps the rates that are above those so far. A processor that turns out to be
// faster later was not idle at calibration.
func (m *machine) better(before, after spun) {
	for i := range m.rates {
		m.rates[i] = max(m.rates[i], float64(after.counts[i]-before.counts[i])/(after.at-before.at).Seconds())
	}
}

// used is the time of processors that went to anything but the spinners.
func (m *machine) used(before, after spun) time.Duration {
	elapsed, sum := (after.at - before.at).Seconds(), 0.0
	for i, rate := range m.rates {
		sum += elapsed - float64(after.counts[i]-before.counts[i])/rate
	}
	return time.Duration(sum * float64(time.Second))
}

// read asks the spinners.
func (m *machine) read() (spun, error) {
	if _, err := io.WriteString(m.ask, "\n"); err != nil {
		return spun{}, err
	}
	line, err := m.out.ReadString('\n')
	if err != nil {
		return spun{}, fmt.Errorf("the spinners do not answer: %w", err)
	}
	return parseSpun(line)
}

func parseSpun(line string) (spun, error) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return spun{}, fmt.Errorf("the spinners answer %q", line)
	}
	at, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return spun{}, err
	}
	s := spun{at: time.Duration(at)}
	for _, w := range words[1:] {
		n, err := strconv.ParseUint(w, 10, 64)
		if err != nil {
			return spun{}, err
		}
		s.counts = append(s.counts, n)
	}
	return s, nil
}
