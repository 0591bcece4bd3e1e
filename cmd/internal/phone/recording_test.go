package phone_test

import (
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/phone"
	"strowger/media/prompt"
	"strowger/media/recording"
	"strowger/sip/b2bua"
	"strowger/sip/exchange"
)

// The tones of who talks.
const (
	callerTone = 450
	agentTone  = 1000
	otherTone  = 700
)

// recorded has the calls of seat 1001 recorded, after an announcement.
var recorded = strings.NewReplacer("\nadmin {", "\nrecording {\n  seats \"1001\" { announce = \"recorded\" }\n}\n\nadmin {")

// TestRecordingOfACall: each party is in its own channel and nowhere else, through a
// hold, a window that is masked and a transfer.
func TestRecordingOfACall(t *testing.T) {
	if testing.Short() {
		t.Skip("it talks for some seconds")
	}
	c := changedCentre(t, "md5", recorded)
	other := make(chan *phone.Call, 1)
	third := c.phone(t, "1003", func(f *phone.Config) { f.Incoming = func(call *phone.Call) { other <- call } })
	if err := register(t, third); err != nil {
		t.Fatal(err)
	}
	out, in := c.rings(t, "udp")
	say(t, out, callerTone)
	say(t, in, agentTone)
	if err := in.Answer(); err != nil {
		t.Fatal(err)
	}
	await(t, "answer", out.Answered())
	near := listen(t, out)
	near.hears(t, agentTone)
	calls, err := c.node.Exchange.Calls(t.Context())
	if err != nil || len(calls) != 1 || calls[0].Recording == nil {
		t.Fatalf("the calls are %+v, %v", calls, err)
	}
	id := calls[0].ID
	tape := func(do exchange.TapeAction) {
		t.Helper()
		if _, err := c.node.Exchange.Tape(t.Context(), id, do, "test"); err != nil {
			t.Error(err)
		}
	}
	tape(exchange.TapeMask)
	pass(1500 * time.Millisecond)
	tape(exchange.TapeUnmask)
	hold := func(do func() error) {
		t.Helper()
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	hold(func() error { return in.Hold(t.Context()) })
	pass(500 * time.Millisecond)
	hold(func() error { return in.Resume(t.Context()) })
	if err := c.node.Exchange.Transfer(t.Context(), id, 1, "1003"); err != nil {
		t.Fatal(err)
	}
	to := await(t, "call to the third", other)
	say(t, to, otherTone)
	if err := to.Answer(); err != nil {
		t.Fatal(err)
	}
	near.hears(t, otherTone)
	pass(time.Second)
	out.Hangup()
	await(t, "end", to.Ended())
	c.checkRecording(t, id+"-1")
}

func say(t *testing.T, c *phone.Call, freq float64) {
	t.Helper()
	if _, err := c.Play(tone(freq)); err != nil {
		t.Fatal(err)
	}
}

// pass lets real time pass: sound is made in it.
func pass(d time.Duration) { <-time.After(d) }

// in says which tones have to be in which channel; others may not be.
type in [2][]float64

func (c *centre) checkRecording(t *testing.T, id string) {
	t.Helper()
	i, pcm := c.channels(t, id, in{{callerTone}, {agentTone, otherTone}})
	c.checkMarks(t, i, pcm)
}

// channels waits for a recording and finds the tones in it.
func (c *centre) channels(t *testing.T, id string, want in) (recording.Info, [2][]int16) {
	t.Helper()
	for end := time.Now().Add(patience); c.node.Recorder.Counters().Done.Load() == 0 && time.Now().Before(end); {
		pass(50 * time.Millisecond)
	}
	f, i, err := c.node.Recorder.Sound("demo", id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	var pcm [2][]int16
	for at := 44; at+4 <= len(b); at += 4 {
		pcm[0] = append(pcm[0], int16(binary.LittleEndian.Uint16(b[at:])))
		pcm[1] = append(pcm[1], int16(binary.LittleEndian.Uint16(b[at+2:])))
	}
	for side := range pcm {
		for _, freq := range []float64{callerTone, agentTone, otherTone} {
			n := windowsOf(pcm[side], freq, 0.1)
			if heard := slices.Contains(want[side], freq); heard && n < 3 || !heard && n > 0 {
				t.Errorf("channel %d: %g Hz is in %d windows of 100 ms", side, freq, n)
			}
		}
	}
	return i, pcm
}

// windowsOf counts the windows of which a tone has more than a share.
func windowsOf(pcm []int16, freq, least float64) int {
	n := 0
	for _, share := range prompt.ToneShare(pcm, freq) {
		if share > least {
			n++
		}
	}
	return n
}

// TestWhisperIsNotRecorded: the agent hears who whispers to it, and neither channel has it.
func TestWhisperIsNotRecorded(t *testing.T) {
	if testing.Short() {
		t.Skip("it talks for some seconds")
	}
	c := changedCentre(t, "md5", recorded)
	summoned := make(chan *phone.Call, 1)
	if err := register(t, c.phone(t, "1004", func(f *phone.Config) { f.Incoming = func(call *phone.Call) { summoned <- call } })); err != nil {
		t.Fatal(err)
	}
	out, agent := c.rings(t, "udp")
	say(t, out, callerTone)
	say(t, agent, agentTone)
	if err := agent.Answer(); err != nil {
		t.Fatal(err)
	}
	await(t, "answer", out.Answered())
	near, far := listen(t, out), listen(t, agent)
	near.hears(t, agentTone)
	calls, err := c.node.Exchange.Calls(t.Context())
	if err != nil || len(calls) != 1 {
		t.Fatalf("the calls are %+v, %v", calls, err)
	}
	id := calls[0].ID
	if err := c.node.Exchange.Supervise(t.Context(), id, 2, "1004", b2bua.Whisper, "test"); err != nil {
		t.Fatal(err)
	}
	supervisor := await(t, "call to the supervisor", summoned)
	say(t, supervisor, otherTone)
	if err := supervisor.Answer(); err != nil {
		t.Fatal(err)
	}
	far.whispered(t, otherTone)
	pass(time.Second)
	out.Hangup()
	await(t, "end", agent.Ended())
	c.channels(t, id+"-1", in{{callerTone}, {agentTone}})
	if n := near.windows(otherTone); n > 0 {
		t.Errorf("the caller hears the supervisor in %d windows", n)
	}
}

// whispered waits until a tone is heard beside another one.
func (e *ear) whispered(t *testing.T, freq float64) {
	t.Helper()
	heard := func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return windowsOf(e.pcm, freq, 0.3) >= 5
	}
	for end := time.Now().Add(patience); !heard(); {
		if pass(100 * time.Millisecond); time.Now().After(end) {
			t.Fatalf("no %g Hz was heard", freq)
		}
	}
}

// checkMarks wants the marks in order, and silence in what was masked.
func (c *centre) checkMarks(t *testing.T, i recording.Info, pcm [2][]int16) {
	t.Helper()
	var got []string
	at := map[string]float64{}
	for _, m := range i.Marks {
		got = append(got, m.What+" "+m.Who)
		at[m.What] = m.At
	}
	want := []string{
		"left seat:1001", "right seat:1002", "mask test", "unmask test", "hold seat:1002", "resume seat:1002",
		"transfer seat:1002", "gone seat:1002", "right seat:1003",
	}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("the marks are %q, want %q", got, want)
	}
	if !slices.Equal(i.Seats, []string{"1001", "1002", "1003"}) {
		t.Errorf("the seats are %q", i.Seats)
	}
	from, to := int((at["mask"]+0.05)*8000), int((at["unmask"]-0.05)*8000)
	for s := range pcm {
		if to-from < 8000 || slices.ContainsFunc(pcm[s][from:to], func(v int16) bool { return v != 0 }) {
			t.Errorf("channel %d: what was masked, %.2f s, is not silent", s, float64(to-from)/8000)
		}
	}
}
