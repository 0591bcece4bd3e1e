package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopWait is how long a process may take to end when asked to.
const stopWait = 10 * time.Second

// process is a program that was started here, with the children it makes.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // of its end; read after done
}

// start runs a program in a folder, with its output in NAME.log there.
func start(ctx context.Context, dir, name, program string, args ...string) (*process, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{name: name, cmd: exec.CommandContext(ctx, program, args...), done: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = log, log
	// A group of its own, so that nothing it started stays when it must be killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM) }
	p.cmd.WaitDelay = stopWait
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w (`.ci/install.sh --bench` installs the rivals)", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// stop asks the process to end, and ends what is left of its group.
func (p *process) stop(sig syscall.Signal) {
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(sig) // it may have ended meanwhile
	select {
	case <-p.done:
	case <-time.After(stopWait):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // most often nothing is left
	<-p.done
}

// usage is what processes have used so far.
type usage struct {
	cpu    time.Duration // user and system
	memory int64         // proportional set size, bytes
}

// usageOf adds up the processes with all their descendants.
func usageOf(procs []*process) (usage, error) {
	var total usage
	for _, p := range procs {
		pids, err := family(p.cmd.Process.Pid)
		if err != nil {
			return usage{}, err
		}
		for _, pid := range pids {
			u, err := usageOfPID(pid)
			if err != nil {
				return usage{}, fmt.Errorf("%s: %w", p.name, err)
			}
			total.cpu += u.cpu
			total.memory += u.memory
		}
	}
	return total, nil
}

// family returns a process and its descendants.
func family(pid int) ([]int, error) {
	pids := []int{pid}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if errors.Is(err, os.ErrNotExist) {
			continue // a thread that has ended
		}
		if err != nil {
			return nil, err
		}
		for field := range strings.FieldsSeq(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return nil, err
			}
			more, err := family(child)
			if err != nil {
				return nil, err
			}
			pids = append(pids, more...)
		}
	}
	return pids, nil
}

func usageOfPID(pid int) (usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	cpu, err := parseStat(string(stat))
	if err != nil {
		return usage{}, err
	}
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return usage{}, err
	}
	memory, err := parsePss(string(rollup))
	return usage{cpu: cpu, memory: memory}, err
}

// parseStat returns utime and stime of /proc/PID/stat, in ticks of 10 ms
// (USER_HZ is 100 on every Linux port that we build for).
func parseStat(stat string) (time.Duration, error) {
	// The second field is the program's name in parentheses and may hold anything.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc stat has %d fields after the name", len(fields))
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// parsePss returns the Pss line of smaps_rollup in bytes.
func parsePss(rollup string) (int64, error) {
	for line := range strings.Lines(rollup) {
		if value, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("smaps_rollup has no Pss")
}
