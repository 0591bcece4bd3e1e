package bench

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// calledNumber rings seat 1002 in the demo plan, by the digits that follow the +.
const (
	calledNumber = "+448081570002"
	calledSeat   = "1002"
)

// calls is a load of calls from the carrier to the phone.
type calls struct {
	count            int
	rate             int           // calls per second
	holdMin, holdMax time.Duration // uniform between
	scenario         string        // "" is caller.xml
}

// tally is what sipp counted, both sides together.
type tally struct {
	succeeded, failed int
	retransmissions   int
	refused           int // answered with 503
	messages          int // what the retransmissions are a share of
}

// messagesPerCall are those that the two sides send in a call: INVITE, ACK, BYE,
// 180 and two 200.
const messagesPerCall = 6

// drainWait is how long beyond its last call a load may take.
const drainWait = 40 * time.Second

// phoneSide starts the phone's sipp. For strowger it is registered first, from the
// very address at which it will be rung.
func phoneSide(ctx context.Context, r *run) (*process, error) {
	if r.up.strowger {
		seat := registrations{to: server, from: phone, users: []string{calledSeat}, count: 1, rate: 1}
		if err := seat.run(ctx); err != nil {
			return nil, fmt.Errorf("registering seat %s: %w", calledSeat, err)
		}
	}
	scenario, err := filepath.Abs(filepath.Join(r.Files, "phone.xml"))
	if err != nil {
		return nil, err
	}
	return sipp(ctx, r.dir, "phone", scenario, phone)
}

// run makes the calls and returns what both sides counted.
func (c calls) run(ctx context.Context, r *run) (tally, error) {
	called, err := phoneSide(ctx, r)
	if err != nil {
		return tally{}, err
	}
	caller, err := c.callerSide(ctx, r)
	if err != nil {
		called.stop(syscall.SIGKILL)
		return tally{}, err
	}
	length := time.Duration(c.count/c.rate)*time.Second + c.holdMax + drainWait
	select {
	case <-caller.done:
	case <-time.After(length):
	}
	caller.stop(syscall.SIGKILL)
	called.stop(syscall.SIGUSR1) // ends when its calls have, and writes its figures

	t, err := readStat(filepath.Join(r.dir, "caller.csv"))
	if err != nil {
		return tally{}, err
	}
	other, err := readStat(filepath.Join(r.dir, "phone.csv"))
	if err != nil {
		return tally{}, err
	}
	t.retransmissions += other.retransmissions
	t.messages = messagesPerCall * c.count
	return t, nil
}

// callerSide starts the carrier's sipp.
func (c calls) callerSide(ctx context.Context, r *run) (*process, error) {
	text, err := os.ReadFile(filepath.Join(r.Files, cmp.Or(c.scenario, "caller.xml")))
	if err != nil {
		return nil, err
	}
	scenario := filepath.Join(r.dir, "caller.xml")
	filled := strings.NewReplacer(
		`"HOLD_MIN"`, strconv.Quote(strconv.FormatInt(c.holdMin.Milliseconds(), 10)),
		`"HOLD_MAX"`, strconv.Quote(strconv.FormatInt(c.holdMax.Milliseconds(), 10)),
	).Replace(string(text))
	if err := os.WriteFile(scenario, []byte(filled), 0o600); err != nil {
		return nil, err
	}
	return sipp(ctx, r.dir, "caller", scenario, netip.AddrPortFrom(carrierIP, 5990),
		"-s", calledNumber, "-m", strconv.Itoa(c.count), "-r", strconv.Itoa(c.rate),
		"-l", strconv.Itoa(c.count), server.String())
}

// sipp starts one sipp on an address. It writes its counters to NAME.csv each
// second, since one that is killed writes no last line.
func sipp(ctx context.Context, dir, name, scenario string, at netip.AddrPort, args ...string) (*process, error) {
	stat := filepath.Join(dir, name+".csv")
	if err := os.Remove(stat); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return start(ctx, dir, name, "sipp", append([]string{
		"-sf", scenario, "-i", at.Addr().String(), "-p", strconv.Itoa(int(at.Port())),
		"-nostdin", "-aa", "-trace_stat", "-stf", stat, "-fd", "1", "-timer_resol", "1",
	}, args...)...)
}

// readStat reads the last line of sipp's statistics.
func readStat(path string) (tally, error) {
	f, err := os.Open(path)
	if err != nil {
		return tally{}, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return tally{}, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) < 2 {
		return tally{}, fmt.Errorf("%s: sipp wrote no figures; see its log beside it", path)
	}
	last := rows[len(rows)-1]
	field := func(name string) int {
		for i, title := range rows[0] {
			if title != name || i >= len(last) {
				continue
			}
			n, numErr := strconv.Atoi(last[i])
			err = errors.Join(err, numErr)
			return n
		}
		err = errors.Join(err, fmt.Errorf("%s: no column %s", path, name))
		return 0
	}
	t := tally{
		succeeded:       field("SuccessfulCall(C)"),
		failed:          field("FailedCall(C)"),
		retransmissions: field("Retransmissions(C)"),
	}
	if slices.Contains(rows[0], "refused(C)") { // by the scenario
		t.refused = field("refused(C)")
	}
	return t, err
}
