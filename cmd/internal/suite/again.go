package main

import (
	"fmt"
	"slices"
	"strings"
)

// maxAgain bounds the tests that get a second try: more than these failures are no
// busy moment.
const maxAgain = 4

// again is what to run alone after everything else: the tests that failed, if they
// are few and all of packages that listen to sound in real time, where a phone that
// the machine did not run for half a second is heard as a fault of the switch.
// Nothing, if any failure is of another kind.
func (t *tally) again(packages []string) []id {
	if t.broken || len(t.failedTests) == 0 || len(t.failedTests) > maxAgain {
		return nil
	}
	for _, key := range t.failedTests {
		if !slices.Contains(packages, short(key.pkg)) {
			return nil
		}
	}
	return t.failedTests
}

// alone is the arguments of go test that run one test: those of the suite without
// its packages.
func alone(args []string, key id) []string {
	args = slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.HasPrefix(arg, "./") })
	return append(args, "-count", "1", "-run", "^"+key.test+"$", key.pkg)
}

// forgive takes a failure back that the second try did not repeat. The summary
// names it.
func (t *tally) forgive(key id) {
	t.failed -= t.failures[key]
	t.forgiven = append(t.forgiven, fmt.Sprintf("%s %s", short(key.pkg), key.test))
}
