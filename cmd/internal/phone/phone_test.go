package phone_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"strowger/cmd/internal/node"
	"strowger/cmd/internal/phone"
	"strowger/configs"
	"strowger/media"
	"strowger/media/prompt"
	"strowger/sip/transport"
	"strowger/sip/ua"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

// centre is a node on the demo's configuration, on ports of its own, and the media
// plane of its phones.
type centre struct {
	server map[transport.Proto]netip.AddrPort
	plane  media.Plane
	node   *node.Node
}

// The RTP ports of these tests are below those of a node's configuration and of
// the system's.
const (
	nodeFrom, nodeTo   = 8000, 8399
	phoneFrom, phoneTo = 8400, 8799
)

var algorithms = regexp.MustCompile(`(?m)^ *algorithms .*$`)

// newCentre starts a node that offers the digest algorithms.
func newCentre(t *testing.T, algorithm string) *centre {
	t.Helper()
	return changedCentre(t, algorithm, strings.NewReplacer())
}

// changedCentre is one whose configuration says something else.
func changedCentre(t *testing.T, algorithm string, change *strings.Replacer) *centre {
	t.Helper()
	const demo = "../../../configs"
	folder := t.TempDir()
	for _, name := range []string{"strowger.hcl", "demo.plan.hcl", "demo.seats.csv"} {
		text, err := os.ReadFile(filepath.Join(demo, name))
		if err != nil {
			t.Fatal(err)
		}
		text = algorithms.ReplaceAll(text, []byte(`algorithms = ["`+algorithm+`"]`))
		text = []byte(change.Replace(string(text)))
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	cfg, err := configs.Load(filepath.Join(folder, "strowger.hcl"), configs.Overrides{
		Data: t.TempDir(), RTPFrom: nodeFrom, RTPTo: nodeTo,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.AnyPorts()
	n, err := node.Start(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	plane, err := phone.NewPlane(loopback, phoneFrom, phoneTo, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(n.Stop(ctx), plane.Close()); err != nil {
			t.Error(err)
		}
	})
	c := &centre{server: map[transport.Proto]netip.AddrPort{}, plane: plane, node: n}
	for _, l := range n.Transport.Listeners() {
		c.server[l.Proto] = l.Addr
	}
	return c
}

// phone makes the phone of a seat; change may alter what it is told.
func (c *centre) phone(t *testing.T, user string, change func(*phone.Config)) *phone.Phone {
	t.Helper()
	cfg := phone.Config{User: user, Password: configs.DemoPassword(user), Proto: transport.UDP, Plane: c.plane}
	if change != nil {
		change(&cfg)
	}
	cfg.Server = c.server[cfg.Proto]
	p, err := phone.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return p
}

func register(t *testing.T, p *phone.Phone) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	granted, err := p.Register(ctx, 10*time.Minute)
	if err == nil && granted != 10*time.Minute {
		t.Errorf("granted %s, want 10m", granted)
	}
	return err
}

// await waits for a channel to be closed or to give something.
func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v = <-c:
	case <-timer.C:
		t.Fatalf("no %s in %s", what, patience)
	}
	return v
}

// ear finds tones in what a call hears.
type ear struct {
	mu  sync.Mutex
	pcm []int16
}

func listen(t *testing.T, c *phone.Call) *ear {
	t.Helper()
	e := &ear{}
	err := c.Record(func(pcm []int16) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.pcm = append(e.pcm, pcm...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// hears waits until the tone was heard in three windows of 100 ms.
func (e *ear) hears(t *testing.T, freq float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		if e.windows(freq) >= 3 {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("no tone of %g Hz was heard", freq)
		}
	}
}

// windows counts the windows that are nearly nothing but the tone.
func (e *ear) windows(freq float64) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, share := range prompt.ToneShare(e.pcm, freq) {
		if share > 0.9 {
			n++
		}
	}
	return n
}

func tone(freq float64) *media.Prompt {
	return &media.Prompt{Name: "tone", PCM: prompt.Tone(freq, time.Second, -10), Loop: true}
}

func TestRegister(t *testing.T) {
	for _, algorithm := range []string{"md5", "sha-256"} {
		t.Run(algorithm, func(t *testing.T) {
			c := newCentre(t, algorithm)
			for _, proto := range []transport.Proto{transport.UDP, transport.TCP} {
				p := c.phone(t, "1001", func(f *phone.Config) { f.Proto = proto })
				if err := register(t, p); err != nil {
					t.Errorf("%s: %v", proto, err)
				}
				if !strings.EqualFold(p.Digest(), algorithm) {
					t.Errorf("%s: the digest was %q", proto, p.Digest())
				}
			}
			wrong := c.phone(t, "1002", func(f *phone.Config) { f.Password = "guess" })
			err := register(t, wrong)
			if !errors.Is(err, ua.ErrPassword) || !strings.Contains(err.Error(), "password is wrong") {
				t.Errorf("with a wrong password: %v", err)
			}
		})
	}
}

func TestEcho(t *testing.T) {
	c := newCentre(t, "sha-256")
	call, err := c.phone(t, "1001", nil).Call("*43")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.Play(tone(1000)); err != nil {
		t.Fatal(err)
	}
	heard := listen(t, call)
	await(t, "answer", call.Answered())
	heard.hears(t, 1000)
	if n := heard.windows(700); n > 0 {
		t.Errorf("%d windows have a tone that nobody played", n)
	}
	call.Hangup()
	r := call.Report()
	if r.Sent == 0 || r.Received == 0 || r.MOS < 3 || r.Codec != "PCMA" || !r.ByUs {
		t.Errorf("report is %+v", r)
	}
}

// rings registers seat 1002, by proto, and has seat 1001 call it until it rings.
func (c *centre) rings(t *testing.T, proto transport.Proto) (out, in *phone.Call) {
	t.Helper()
	calls := make(chan *phone.Call, 1)
	callee := c.phone(t, "1002", func(f *phone.Config) {
		f.Proto = proto
		f.Incoming = func(call *phone.Call) { calls <- call }
	})
	if err := register(t, callee); err != nil {
		t.Fatal(err)
	}
	out, err := c.phone(t, "1001", nil).Call("1002")
	if err != nil {
		t.Fatal(err)
	}
	in = await(t, "call", calls)
	await(t, "ringing", out.Ringing())
	return out, in
}

func TestTwoPhones(t *testing.T) {
	out, in := newCentre(t, "md5").rings(t, transport.TCP)
	for call, freq := range map[*phone.Call]float64{out: 400, in: 900} {
		if _, err := call.Play(tone(freq)); err != nil {
			t.Fatal(err)
		}
	}
	near, far := listen(t, out), listen(t, in)
	if err := in.Answer(); err != nil {
		t.Fatal(err)
	}
	await(t, "answer", out.Answered())
	await(t, "confirmation", in.Answered())
	near.hears(t, 900)
	far.hears(t, 400)

	if err := errors.Join(out.Press("4*"), in.Info("7#")); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for range 2 {
		got = append(got, await(t, "digit", in.Digits()))
	}
	if string(got) != "4*" {
		t.Errorf("digits are %q, want 4*", got)
	}

	hold(t, out)
	out.Hangup()
	await(t, "end", in.Ended())
	if r := in.Report(); r.ByUs || !r.Answered || r.Received == 0 {
		t.Errorf("report of the callee is %+v", r)
	}
}

// hold puts the other side on hold and takes it back.
func hold(t *testing.T, call *phone.Call) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := call.Hold(ctx); err != nil {
		t.Errorf("hold: %v", err)
	}
	if err := call.Resume(ctx); err != nil {
		t.Errorf("resume: %v", err)
	}
	listen(t, call).hears(t, 900)
}

func TestOutcomes(t *testing.T) {
	c := newCentre(t, "md5")
	busy := c.phone(t, "1003", func(f *phone.Config) {
		f.Incoming = func(call *phone.Call) { call.Refuse(486) }
	})
	if err := register(t, busy); err != nil {
		t.Fatal(err)
	}
	caller := c.phone(t, "1001", nil)
	for _, want := range []struct {
		number string
		status []int
	}{
		{"1003", []int{486}},
		{"1004", []int{480}},      // not registered
		{"7777", []int{404, 484}}, // not in the plan
	} {
		call, err := caller.Call(want.number)
		if err != nil {
			t.Fatal(err)
		}
		await(t, "end", call.Ended())
		if r := call.Report(); r.Answered || r.ByUs || !slices.Contains(want.status, r.Status) {
			t.Errorf("%s: report is %+v, want status %v", want.number, r, want.status)
		}
	}
}

func TestCancelled(t *testing.T) {
	out, in := newCentre(t, "md5").rings(t, transport.UDP)
	out.Hangup()
	await(t, "end", in.Ended())
	if in.Answer() == nil {
		t.Error("a call that was cancelled can be answered")
	}
}

func TestEmergencyStaysOnLoopback(t *testing.T) {
	plane, err := phone.NewPlane(netip.MustParseAddr("127.0.0.1"), phoneFrom, phoneTo, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plane.Close()
	// 192.0.2.0/24 is for documentation; nothing is sent there.
	p, err := phone.New(phone.Config{
		User: "1001", Server: netip.MustParseAddrPort("192.0.2.1:5060"), Plane: plane,
		Bind: netip.MustParseAddrPort("127.0.0.1:0"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(t.Context())
	for _, number := range []string{"999", "112", "9999", "9-999", "18000"} {
		if _, err := p.Call(number); !errors.Is(err, phone.ErrEmergency) {
			t.Errorf("%s: error is %v", number, err)
		}
	}
}
