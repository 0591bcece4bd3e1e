package demo

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/node"
	"strowger/cmd/internal/phone"
	"strowger/configs"
)

const config = "../../../configs/strowger.hcl"

// testPatience bounds every wait of these tests.
const testPatience = 55 * time.Second

func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), testPatience)
	defer cancel()
	var out strings.Builder
	if err := Run(ctx, config, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	shown := out.String()
	for line := range strings.Lines(shown) {
		if len(strings.TrimSuffix(line, "\n")) > width {
			t.Errorf("longer than %d columns: %s", width, line)
		}
	}
	for _, want := range []string{
		`seat 1005 registered`,
		`seat 1005 rings: \+441632960999 calls`,
		`seat 1002 answers`,
		`carrier +sent +[1-9]\d* +received +[1-9]\d*.*MOS [34]\.`,
		`seat 100\d +sent +[1-9]\d* +received +[1-9]\d*.*MOS [34]\.`,
		`the node hangs up`,
		`refused as it should be: 404`,
		`\+448081570003 +app:echo +answered +200`,
		`\+448081570099 +failed +404`,
	} {
		if !regexp.MustCompile(want).MatchString(shown) {
			t.Errorf("%q was not shown:\n%s", want, shown)
		}
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// interrupter is a screen that cancels when it is shown a text.
type interrupter struct {
	strings.Builder
	text   string
	cancel func()
}

func (i *interrupter) Write(b []byte) (int, error) {
	if strings.Contains(string(b), i.text) {
		i.cancel()
	}
	return i.Builder.Write(b)
}

func (i *interrupter) WriteString(s string) (int, error) { return i.Write([]byte(s)) }

func TestInterrupted(t *testing.T) {
	for _, text := range []string{"seat 1003 registered", "seat 1003 rings", "carrier   sent"} {
		t.Run(text, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			out := &interrupter{text: text, cancel: cancel}
			if err := Run(ctx, config, out); err != nil || !strings.Contains(out.String(), "interrupted") {
				t.Errorf("%v\n%s", err, out.String())
			}
			if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestRunTellsWhatIsWrong(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	err := Run(t.Context(), "nowhere.hcl", &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "nowhere.hcl") {
		t.Errorf("error is %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCall(t *testing.T) {
	p, err := findPorts()
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := p.load(config, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Start(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	server, err := listener(n.Transport.Listeners())
	if err != nil {
		t.Fatal(err)
	}
	sipPort := int(server.Port())
	plane, err := phone.NewPlane(near, p.seats.from, p.seats.to, nil)
	if err != nil {
		t.Fatal(err)
	}
	calls := make(chan *phone.Call, 1)
	seat, err := phone.New(phone.Config{
		User: "1007", Password: configs.DemoPassword("1007"), Server: server, Plane: plane,
		Incoming: func(c *phone.Call) { calls <- c },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), testPatience)
	defer cancel()
	defer func() {
		if err := seat.Close(ctx); err != nil {
			t.Error(err)
		}
		plane.Close()
		if err := n.Stop(ctx); err != nil {
			t.Error(err)
		}
	}()
	if _, err := seat.Register(ctx, time.Hour); err != nil {
		t.Fatal(err)
	}
	heard := make(chan struct{})
	go func() {
		c := <-calls
		loud := 0
		err := c.Record(func(pcm []int16) {
			for _, s := range pcm {
				if s > 1000 {
					if loud++; loud == 1000 {
						close(heard)
					}
				}
			}
		})
		if err == nil {
			err = c.Answer()
		}
		if err != nil {
			t.Error(err)
		}
		select {
		case <-heard:
		case <-ctx.Done():
			t.Error("no greeting was heard")
		}
		c.Hangup()
	}()
	var out strings.Builder
	if err := Call(ctx, CallOptions{Config: config, SIPPort: sipPort, Seat: "1007"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"+441632960107", "seat 1007 rings", "seat 1007 answered", "over: sent"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q was not shown:\n%s", want, out.String())
		}
	}
	if err := Call(ctx, CallOptions{Config: config, SIPPort: sipPort, Seat: "1008"}, &out); err == nil {
		t.Error("a seat that is not registered was reached")
	}
	if err := Call(ctx, CallOptions{Config: config, Seat: "2000"}, &out); err == nil || !strings.Contains(err.Error(), "no seat 2000") {
		t.Errorf("call to an unknown seat: %v", err)
	}
}
