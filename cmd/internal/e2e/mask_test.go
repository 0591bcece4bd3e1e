package e2e

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/phone"
	"strowger/media"
	"strowger/media/dtmf"
	"strowger/media/prompt"
	"strowger/media/recording"
)

// The digits of the card, by which forms they are pressed in turn.
const (
	cardFirst  = "49291587" // in the sound
	cardSecond = "30641952" // by INFO
	cardThird  = "86427135" // in the sound
)

// soundPhone is a phone of this process, with its sound.
func (n *node) soundPhone(user, password, at string, incoming func(*phone.Call)) *phone.Phone {
	n.t.Helper()
	plane, err := phone.NewPlane(netip.MustParseAddr(at), 21000, 21099, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = plane.Close() })
	p, err := phone.New(phone.Config{
		User: user, Password: password, Server: netip.MustParseAddrPort(n.host + ":5060"),
		Bind: netip.MustParseAddrPort(at + ":0"), Plane: plane, Incoming: incoming,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return p
}

// given waits for what a channel gives, or for its end.
func given[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(fileWait):
		t.Fatalf("nothing came in %v", fileWait)
		panic("not reached")
	}
}

// taped is what a phone has heard.
type taped struct {
	mu  sync.Mutex
	pcm []int16
}

func (r *taped) write(pcm []int16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pcm = append(r.pcm, pcm...)
}

// from is what was heard from a sample on.
func (r *taped) from(sample int) []int16 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pcm[sample:]
}

func (r *taped) length() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.pcm)
}

// toneDigits are the digits that sound in what was heard.
func toneDigits(pcm []int16) string {
	var d dtmf.Detector
	var found []byte
	for ; len(pcm) >= 160; pcm = pcm[160:] {
		if digit := d.Step(pcm[:160]); digit != 0 {
			found = append(found, digit)
		}
	}
	return string(found)
}

// tones is the sound of digits, each longer than a person presses one.
func tones(digits string) *media.Prompt {
	p := &media.Prompt{Name: "tones"}
	part := make([]int16, 2400)
	for i := range len(digits) {
		code, _ := dtmf.Code(digits[i])
		dtmf.Tone(part, code, 0, 1600)
		p.PCM = append(p.PCM, part...)
	}
	return p
}

// TestPaymentWindow: the digits of a card, pressed in every form, reach who opened the
// window, and nobody and nothing else.
func TestPaymentWindow(t *testing.T) {
	for name, c := range map[string]struct {
		edits  []edit
		press  func(c *phone.Call, digits string) error
		sounds string // of the digit before the window
	}{
		"events and INFO": {nil, (*phone.Call).Press, ""},
		"tones and INFO": {[]edit{change("strowger.hcl", "targets = [", "dtmf = \"inband\"\n  targets = [")}, func(c *phone.Call, digits string) error {
			_, err := c.Play(tones(digits))
			return err
		}, "1"},
	} {
		t.Run(name, func(t *testing.T) { paymentWindow(t, c.edits, c.press, c.sounds) })
	}
}

func paymentWindow(t *testing.T, edits []edit, press func(*phone.Call, string) error, sounds string) {
	t.Helper()
	server := captureServer(t)
	n := startNode(t, append(edits, edit{"strowger.hcl", func(text string) string {
		return text + fmt.Sprintf("\nhomer {\n  server = %q\n}\ntrace {\n  digits = \"shown\"\n}\nrecording {\n  channels = \"stereo\"\n}\nlog {\n  level = \"debug\"\n}\n", server.conn.LocalAddr())
	}})...)
	var heard taped
	calls := make(chan *phone.Call, 1)
	agent := n.soundPhone("1002", "demo-1002", host(), func(c *phone.Call) {
		if err := c.Record(heard.write); err != nil {
			t.Error(err)
		}
		if err := c.Answer(); err != nil {
			t.Error(err)
		}
		calls <- c
	})
	if _, err := agent.Register(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	caller := n.soundPhone(string(carrier), "", n.carrier, nil)
	call, err := caller.Call("+448081570002")
	if err != nil {
		t.Fatal(err)
	}
	desk := given(t, calls)
	given(t, call.Answered())
	id := n.onlyCall()
	n.strowger("call", "record", id, "start")

	// Before the window a digit is the agent's.
	if err := press(call, "1"); err != nil {
		t.Fatal(err)
	}
	until(t, "the agent gets a digit", func() bool { return len(desk.Digits()) > 0 || strings.Contains(toneDigits(heard.from(0)), "1") })

	out := n.collects(id)
	until(t, "the agent hears the tone", func() bool { return flat(heard.from(max(0, heard.length()-1600))) == 2 })
	began := heard.length() - 1600
	for len(desk.Digits()) > 0 {
		<-desk.Digits()
	}
	for i, part := range []string{cardFirst, cardSecond, cardThird + "#"} {
		say := press
		if i == 1 {
			say = (*phone.Call).Info
		}
		if err := say(call, part); err != nil {
			t.Fatal(err)
		}
		talked(time.Duration(len(part))*300*time.Millisecond + 500*time.Millisecond)
	}
	var got api.Masked
	if text := given(t, out); json.Unmarshal([]byte(text), &got) != nil || got.Digits != cardFirst+cardSecond+cardThird || got.By != "key" {
		t.Errorf("who opened the window is told %s", text)
	}
	until(t, "the agent hears the caller again", func() bool { return flat(heard.from(heard.length()-1600)) == 0 })
	call.Hangup()
	given(t, desk.Ended())
	n.recorded(byCaller)

	window := heard.from(began)
	if found := toneDigits(window); found != "" || len(desk.Digits()) > 0 {
		t.Errorf("the agent heard %q, and was told %d digits", found, len(desk.Digits()))
	}
	if n := flat(window); n < 20 {
		t.Errorf("the agent heard the flat tone for %d00 ms", n)
	}
	if err := errors.Join(caller.Close(t.Context()), agent.Close(t.Context())); err != nil {
		t.Error(err)
	}
	n.maskedEverywhere(id, server)
	n.recordedWithoutCard(id, sounds)
}

// recordedWithoutCard listens to both channels of the recording: it has what sounded before
// the window, and marks of that.
func (n *node) recordedWithoutCard(id, sounds string) {
	n.t.Helper()
	files, err := filepath.Glob(filepath.Join(n.dir, "data", "recordings", "*", id+"-1.*"))
	if err != nil || len(files) != 2 { // the sound and what is known of it
		n.t.Fatalf("the recording has the files %q: %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			n.t.Fatal(err)
		}
		if strings.HasSuffix(file, ".json") {
			var info recording.Info
			if err := json.Unmarshal(content, &info); err != nil {
				n.t.Fatal(err)
			}
			var marks []string
			for _, m := range info.Marks {
				marks = append(marks, m.What)
			}
			if !strings.Contains(strings.Join(marks, ", "), "window, window end") {
				n.t.Errorf("the recording is marked with %q", marks)
			}
			continue
		}
		left, right := channels(n.t, content)
		if got := toneDigits(left); got != sounds {
			n.t.Errorf("the digits %q are recorded of the caller, want %q", got, sounds)
		}
		if got := toneDigits(right); got != "" {
			n.t.Errorf("the digits %q are recorded of the agent", got)
		}
	}
}

// channels are those of a recording of five seconds or more.
func channels(t *testing.T, wav []byte) (left, right []int16) {
	t.Helper()
	_, pcm, found := bytes.Cut(wav, []byte("data"))
	if !found || len(pcm) < 4+2*2*8000*5 {
		t.Fatalf("%d bytes are recorded", len(wav))
	}
	for pcm = pcm[4:]; len(pcm) >= 4; pcm = pcm[4:] {
		left = append(left, int16(binary.LittleEndian.Uint16(pcm)))
		right = append(right, int16(binary.LittleEndian.Uint16(pcm[2:])))
	}
	return left, right
}

// flat is for how many tenths of a second the tone of a window is heard.
func flat(pcm []int16) int { return loud(prompt.ToneShare(pcm, 425)) }

// collects opens a window, as a payment step does, and returns what it is told.
func (n *node) collects(id string) <-chan string {
	out := make(chan string, 1)
	cmd := exec.CommandContext(n.t.Context(), os.Args[0], "call", "mask", id, "--collect", "30", "--until", "#", "-o", "json", "--config", "strowger.hcl")
	cmd.Env, cmd.Dir = append(os.Environ(), asNode+"=1"), n.dir
	go func() {
		text, err := cmd.CombinedOutput()
		if err != nil {
			text = append(text, err.Error()...)
		}
		out <- string(text)
	}()
	return out
}

// capture is a capture server.
type capture struct {
	conn *net.UDPConn
	mu   sync.Mutex
	text strings.Builder
}

// captureServer runs one until the test ends.
func captureServer(t *testing.T) *capture {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host())})
	if err != nil {
		t.Fatal(err)
	}
	c := &capture{conn: conn}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		packet := make([]byte, 1<<16)
		for {
			n, err := conn.Read(packet)
			if err != nil {
				return
			}
			c.mu.Lock()
			c.text.Write(packet[:n])
			c.mu.Unlock()
		}
	}()
	return c
}

func (c *capture) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// signal is a digit in the body of an INFO.
var signal = regexp.MustCompile(`Signal\s*=\s*[0-9*#A-D]`)

// leaves stops the node and adds its log and all files of its data folder, by name.
func (n *node) leaves(kept map[string]string) {
	n.t.Helper()
	n.stop()
	kept["log"] = n.process.output()
	err := filepath.WalkDir(filepath.Join(n.dir, "data"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		kept[path] = string(text)
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
}

// maskedEverywhere looks for the card in all that the node has kept, written, told and
// sent.
func (n *node) maskedEverywhere(id string, server *capture) {
	n.t.Helper()
	const infos = len(cardSecond)
	until(n.t, "the capture server has the call", func() bool { return strings.Count(server.said(), "BYE sip:") >= 2 })
	kept := map[string]string{
		"ladder": n.strowger("call", "ladder", id, "-o", "json"), "drawing": n.strowger("call", "ladder", id),
		"explanation": n.strowger("call", "explain", id), "capture server": server.said(),
	}
	for _, of := range []string{"ladder", "capture server"} {
		if strings.Count(kept[of], "INFO sip:") < infos {
			n.t.Errorf("%s has not the %d INFOs", of, infos)
		}
	}
	n.leaves(kept)
	var ledger strings.Builder
	for where, text := range kept {
		for _, part := range []string{cardFirst, cardSecond, cardThird} {
			if strings.Contains(text, part) {
				n.t.Errorf("%s has %s:\n%.2000s", where, part, text)
			}
		}
		if found := signal.FindString(text); found != "" {
			n.t.Errorf("%s has %q", where, found)
		}
		if strings.Contains(where, "ledger") {
			ledger.WriteString(text)
		}
	}
	const pressed = len(cardFirst + cardSecond + cardThird)
	if !strings.Contains(ledger.String(), `"kind":"masked"`) || !strings.Contains(ledger.String(), fmt.Sprintf(`"digits":%d`, pressed)) {
		n.t.Errorf("the ledger does not tell of the window, and of %d digits", pressed)
	}
	if text := kept["explanation"]; !strings.Contains(text, fmt.Sprintf("after %d digits", pressed)) {
		n.t.Errorf("the call is explained as\n%s", text)
	}
}
