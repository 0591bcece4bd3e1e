// Command suite runs one suite of tests and says in one line what came of it:
// how many passed, failed and were skipped, in how much time. Skips are listed
// with their reasons, so that a test that did not run is never taken for one
// that passed.
//
//	go run ./cmd/internal/suite [-again PACKAGE,...] NAME [go test arguments]
//
// A few failures in the packages of -again are tried once more, each test alone,
// when everything else has ended; the summary names those that passed then.
//
// A test with subtests counts as its subtests. The output of what passes is not
// shown. The summary is appended to the file that SUITE_LOG names, if any, for
// the runner of several suites. The exit code is 1 if anything failed to the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	retried := flag.String("again", "", "packages whose failures are tried a second time")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: suite [-again PACKAGE,...] NAME [go test arguments]")
	}
	flag.Parse()
	if flag.NArg() < 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, flag.Arg(0), flag.Args()[1:], strings.Split(*retried, ","), os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

// run reports whether every test of the suite passed, at the second try if it has
// one, or was skipped.
func run(ctx context.Context, name string, args, retried []string, out io.Writer) (bool, error) {
	start := time.Now()
	t := newTally(out)
	ok, err := goTest(ctx, t, args)
	if err != nil {
		return false, err
	}
	if failed := t.again(retried); !ok && failed != nil {
		ok = true
		for _, key := range failed {
			fmt.Fprintf(out, "--- a second try: %s %s\n", short(key.pkg), key.test)
			passed, err := goTest(ctx, newTally(out), alone(args, key))
			if err != nil {
				return false, err
			}
			if passed {
				t.forgive(key)
			}
			ok = ok && passed
		}
	}
	summary := t.summary(name, time.Since(start))
	fmt.Fprint(out, summary)
	return ok, appendLog(os.Getenv("SUITE_LOG"), summary)
}

// goTest runs go test and adds its events to t. It reports whether all passed.
func goTest(ctx context.Context, t *tally, args []string) (bool, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = t.out
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	if err := t.read(stdout); err != nil {
		return false, errors.Join(err, cmd.Wait())
	}
	testErr := cmd.Wait()
	if exit := (*exec.ExitError)(nil); testErr != nil && !errors.As(testErr, &exit) {
		return false, testErr
	}
	return testErr == nil, nil
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
