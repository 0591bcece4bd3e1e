package logging_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"strowger/cmd/internal/logging"
)

var clock = regexp.MustCompile(`time=\S+ `)

// output is written by the log's own timers too.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(line)
}

// lines takes what was written, without the times.
func lines(o *output) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := strings.TrimSpace(clock.ReplaceAllString(o.text.String(), ""))
	o.text.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// TestLimit: a flood is cut off and counted, another message is not, and later all is
// as before.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out output
		log := logging.New(&out, logging.Config{})
		flood := log.With("listener", "udp")
		for i := range 3 * logging.Burst {
			flood.Info("malformed", "n", i)
		}
		log.Warn("malformed")
		log.Info("other")
		got := lines(&out)
		if len(got) != logging.Burst+2 || got[0] != "level=INFO msg=malformed listener=udp n=0" {
			t.Errorf("%d lines: %v", len(got), got)
		}
		pass(logging.Window)
		if diff := cmp.Diff([]string{"level=INFO msg=malformed listener=udp suppressed=20"}, lines(&out)); diff != "" {
			t.Errorf("at the end of the window (-want +got):\n%s", diff)
		}
		pass(time.Hour)
		for range logging.Burst + 1 {
			flood.Info("malformed")
		}
		if got := lines(&out); len(got) != logging.Burst {
			t.Errorf("later %d lines: %v", len(got), got)
		}
		log.Close()
		log.Close()
		if diff := cmp.Diff([]string{"level=INFO msg=malformed listener=udp suppressed=1"}, lines(&out)); diff != "" {
			t.Errorf("at the end (-want +got):\n%s", diff)
		}
		if n := logging.CountersOf(log.Logger).Suppressed.Load(); n != 2*logging.Burst+1 {
			t.Errorf("%d counted as suppressed", n)
		}
	})
}

// pass lets time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// TestSlow: what comes seldom is all written.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out output
		log := logging.New(&out, logging.Config{})
		for range 100 {
			log.Error("now and then")
			pass(logging.Window / (logging.Burst - 1))
		}
		if n := len(lines(&out)); n != 100 {
			t.Errorf("%d lines", n)
		}
	})
}

func TestManyMessages(t *testing.T) {
	var out output
	log := logging.New(&out, logging.Config{})
	for i := range 2 * logging.MaxMessages {
		log.Info(fmt.Sprint("message ", i))
	}
	if n := len(lines(&out)); n != logging.MaxMessages+logging.Burst {
		t.Errorf("%d lines", n)
	}
	log.Close()
	if got := lines(&out); len(got) != 1 || !strings.Contains(got[0], "suppressed=") {
		t.Errorf("%v", got)
	}
}

func TestDebugIsWhole(t *testing.T) {
	var out output
	log := logging.New(&out, logging.Config{Level: slog.LevelDebug})
	for range 1000 {
		log.Debug("call begins")
	}
	if n := len(lines(&out)); n != 1000 {
		t.Errorf("%d lines", n)
	}
}

func TestRedacted(t *testing.T) {
	for name, c := range map[string]struct {
		numbers logging.Numbers
		args    []any
		want    string
	}{
		"secrets":       {"", []any{"password", "x", "Token", "y", "a", "b"}, "password=removed Token=removed a=b"},
		"url":           {"", []any{"url", "redis://user:pass@host/0"}, "url=redis://user:xxxxx@host/0"},
		"bad url":       {"", []any{"url", "redis://user:pa%ss@host"}, "url=removed"},
		"full":          {logging.Full, []any{"from", "+441632960123"}, "from=+441632960123"},
		"masked":        {logging.Masked, []any{"from", "+441632960123", "to", "101", "call", "1125"}, "from=+44163296**** to=*** call=1125"},
		"masked, group": {logging.Masked, []any{slog.Group("call", "caller", "+441632960123")}, "call.caller=+44163296****"},
		"withheld":      {logging.Hashed, []any{"from", ""}, `from=""`},
		"no number":     {logging.Masked, []any{"number", 5}, "number=5"},
	} {
		t.Run(name, func(t *testing.T) {
			var out output
			logging.New(&out, logging.Config{Numbers: c.numbers}).Info("x", c.args...)
			if got := strings.TrimPrefix(lines(&out)[0], "level=INFO msg=x "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestHashed: one number is one word, and the words tell nothing.
func TestHashed(t *testing.T) {
	var out output
	log := logging.New(&out, logging.Config{Numbers: logging.Hashed, JSON: true})
	log.Info("x", "from", "+441632960123", "to", "+441632960124")
	log.Info("x", "from", "+441632960124")
	words := regexp.MustCompile(`number-[0-9a-f]{12}`).FindAllString(out.text.String(), -1)
	if len(words) != 3 || words[0] == words[1] || words[1] != words[2] || strings.Contains(out.text.String(), "1632") {
		t.Errorf("%v in %s", words, out.text.String())
	}
}
