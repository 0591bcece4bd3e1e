package b2bua

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// What calls do is told by the stories of package exchange; here is what they
// cannot reach.

func TestBetter(t *testing.T) {
	for _, c := range []struct{ a, b, want int }{
		{0, 503, 503},
		{503, 0, 503},
		{503, 486, 486},
		{486, 503, 486},
		{486, 603, 603},
		{480, 486, 486},
		{480, 404, 480},
		{408, 404, 404},
		{408, 500, 500}, // who was silent says less than who spoke
		{500, 503, 500}, // the first of its kind stays
		{404, 488, 404},
	} {
		got := better(cause.Verdict{Status: c.a}, cause.Verdict{Status: c.b})
		if got.Status != c.want {
			t.Errorf("better(%d, %d) = %d, want %d", c.a, c.b, got.Status, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for status, want := range map[int]bool{0: false, 408: false, 430: false, 480: false, 500: false, 503: false, 403: true, 404: true, 486: true, 488: true, 600: true, 603: true} {
		if got := refused(cause.Verdict{Status: status}); got != want {
			t.Errorf("refused(%d) = %t", status, got)
		}
	}
}

func TestCarried(t *testing.T) {
	for status, want := range map[int]int{302: 480, 401: 502, 407: 502, 403: 403, 486: 486, 503: 503} {
		if got := carried(leg.Trunk, cause.Verdict{Status: status}); got.Status != want {
			t.Errorf("carried(%d) = %d, want %d", status, got.Status, want)
		}
	}
	if got := carried(leg.Seat, cause.Verdict{Status: 503}); got != absent {
		t.Errorf("a phone's 503 is carried as %v", got)
	}
}

func TestSDPVerdict(t *testing.T) {
	for _, c := range []struct {
		err          error
		status, q850 int
	}{
		{sdp.ErrMalformed, 400, 127},
		{sdp.ErrLimit, 400, 127},
		{sdp.ErrTransport, 488, 65},
		{sdp.ErrNoAudio, 488, 65},
		{sdp.ErrAddress, 488, 65},
		{sdp.ErrNoCommonCodec, 488, 65},
		{soundless, 503, 34},
		{errors.New("other"), 488, 65},
	} {
		if v := sdpVerdict(fmt.Errorf("wrapped: %w", c.err)); v.Status != c.status || v.Q850 != c.q850 || v.Reason == "" {
			t.Errorf("%v: %+v", c.err, v)
		}
	}
}

// fake is the least Effects that a call can run on.
type fake struct {
	starts []*sip.Request
	tokens int
	port   uint16
}

func (f *fake) Respond(time.Time, *transaction.Server, *sip.Response) {}

func (f *fake) Start(_ time.Time, req *sip.Request, _ transport.Flow, _ any) *transaction.Client {
	f.starts = append(f.starts, req)
	return new(transaction.Client)
}

func (f *fake) Cancel(time.Time, *transaction.Client, string) {}

func (f *fake) Token() string {
	f.tokens++
	return fmt.Sprintf("token-%d", f.tokens)
}

func (f *fake) Random(int) int { return 0 }

func (f *fake) Secret() []byte { return make([]byte, 32) }

func (f *fake) Ask(Ask)                        {}
func (f *fake) Follow(Follow)                  {}
func (f *fake) Find(Find)                      {}
func (f *fake) Pick(Program)                   {}
func (f *fake) Park(int, Park) (string, bool)  { return "", false }
func (f *fake) Unpark(string)                  {}
func (f *fake) Fetch(Fetch)                    {}
func (f *fake) Give(*Moving, message.Replaces) {}
func (f *fake) Attach(int, *Moving)            {}
func (f *fake) Keep(*Moving)                   {}
func (f *fake) Return(*Moving, cause.Verdict)  {}

func (f *fake) Open(int, string) (netip.AddrPort, error) {
	f.port += 2
	return netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), f.port), nil
}

func (f *fake) Update(int, media.Remote)   {}
func (f *fake) Hear(int, ...int)           {}
func (f *fake) Play(int, []string, ...int) {}
func (f *fake) Press(int, byte)            {}
func (f *fake) Watch(_ int, _ bool)        {}
func (f *fake) Close(int) media.Stats      { return media.Stats{} }
func (f *fake) Record(ledger.Event)        {}
func (f *fake) Silent(time.Time, int)      {}
func (f *fake) Free(int)                   {}
func (f *fake) Detect(int, bool)           {}
func (f *fake) Mask(int, bool)             {}
func (f *fake) Announce(int, int) string   { return "" }
func (f *fake) Seize(time.Time, int, leg.Party, bool, bool) (cause.Verdict, bool) {
	return cause.Verdict{}, true
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// begin is a call whose INVITE came at start.
func begin(t *testing.T, out *fake) *Call {
	t.Helper()
	msg, err := message.Parse([]byte(strings.Join([]string{
		"INVITE sip:1002@192.0.2.1 SIP/2.0", "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa", "From: <sip:1001@demo>;tag=a",
		"To: <sip:1002@demo>", "Call-ID: id", "CSeq: 1 INVITE", "Contact: <sip:1001@10.0.0.1>", "Content-Length: 0", "", "",
	}, "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return New("call", start, new(transaction.Server), msg.(*sip.Request), transport.Flow{}, out, Rules{})
}

func target(n int) Target {
	name := strconv.Itoa(n)
	u := sip.Uri{Scheme: "sip", User: name, Host: "10.0.0.2"}
	return Target{Address: leg.Address{Party: leg.Party{Kind: leg.Seat, Name: name}, Target: u, To: dialog.Name{URI: u}, From: dialog.Name{URI: u}}}
}

func TestDeadline(t *testing.T) {
	out := new(fake)
	c := begin(t, out)
	if d := c.Deadline(); !d.IsZero() {
		t.Errorf("a call that is being decided has the deadline %v", d)
	}
	c.Step(start, Admitted{Program{Stages: []Stage{{Targets: []Target{target(1)}, Timeout: 7 * time.Second}}}}, out)
	if d := c.Deadline(); !d.Equal(start.Add(7 * time.Second)) {
		t.Errorf("ringing: %v", d)
	}
	c.Step(start.Add(7*time.Second), Tick{}, out)
	if d := c.Deadline(); !c.Over() || c.Done() || !d.Equal(start.Add(39*time.Second)) {
		t.Errorf("after the stage the leg waits 64*T1 for the answer to its CANCEL: %v", d)
	}
	c.Step(start.Add(39*time.Second), Tick{}, out)
	if d := c.Deadline(); !c.Done() || !d.IsZero() {
		t.Errorf("done: %t, deadline %v", c.Done(), d)
	}
}

// TestMaxTargets: a stage with too many targets rings as many as are allowed.
func TestMaxTargets(t *testing.T) {
	out := new(fake)
	c := begin(t, out)
	var s Stage
	for n := range MaxTargets + 10 {
		s.Targets = append(s.Targets, target(n))
	}
	c.Step(start, Admitted{Program{Stages: []Stage{s}}}, out)
	if len(out.starts) != MaxTargets {
		t.Errorf("%d targets rang", len(out.starts))
	}
}

// TestLateEvents: what comes for legs that do not exist, twice, or after the end
// does nothing.
func TestLateEvents(t *testing.T) {
	out := new(fake)
	c := begin(t, out)
	c.Step(start, Admitted{Program{Refuse: &cause.Verdict{Status: 404}}}, out)
	if !c.Done() {
		t.Fatal("a refused call is not done")
	}
	for _, ev := range []Event{
		Admitted{Program{App: AppEcho}},
		Tick{},
		Hangup{},
		Failed{Leg: 1, Tx: new(transaction.Client), Err: errors.New("late")},
		Failed{Leg: 9},
		Failed{Leg: 0},
		Sound{Leg: 1, Event: media.Event{Kind: media.Timeout}},
		Sound{Leg: -1},
	} {
		c.Step(start, ev, out)
		if !c.Done() || len(out.starts) != 0 {
			t.Errorf("%T woke the call", ev)
		}
	}
}
