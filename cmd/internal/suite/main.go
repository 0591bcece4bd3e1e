// Command suite runs one suite of tests and says in one line what came of it:
// how many passed, failed and were skipped, in how much time. Skips are listed
// with their reasons, so that a test that did not run is never taken for one
// that passed.
//
//	go run ./cmd/internal/suite NAME [go test arguments]
//
// A test with subtests counts as its subtests. The output of what passes is not
// shown. The summary is appended to the file that SUITE_LOG names, if any, for
// the runner of several suites. The exit code is that of go test.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: suite NAME [go test arguments]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, os.Args[1], os.Args[2:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

// run reports whether every test of the suite passed or was skipped.
func run(ctx context.Context, name string, args []string, out io.Writer) (bool, error) {
	start := time.Now()
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = out
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	t := newTally(out)
	if err := t.read(stdout); err != nil {
		return false, errors.Join(err, cmd.Wait())
	}
	testErr := cmd.Wait()
	if exit := (*exec.ExitError)(nil); testErr != nil && !errors.As(testErr, &exit) {
		return false, testErr
	}

	summary := t.summary(name, time.Since(start))
	fmt.Fprint(out, summary)
	return testErr == nil, appendLog(os.Getenv("SUITE_LOG"), summary)
}

func appendLog(path, summary string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(summary)
	return errors.Join(err, f.Close())
}
