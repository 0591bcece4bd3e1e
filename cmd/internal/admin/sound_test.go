package admin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"strowger/configs"
	"strowger/media/recording"
)

// recordingOf makes a recording of so many frames by a node, and returns its recorder and file.
func recordingOf(t *testing.T, node, id string, frames int) (*recording.Recorder, []byte) {
	t.Helper()
	r, _, err := recording.Open(recording.Config{Dir: t.TempDir(), Node: node})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := r.Begin(recording.Info{ID: id, Call: "c", Tenant: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	left, right, pcm := rec.Take(recording.Left), rec.Take(recording.Right), make([]int16, recording.Frame)
	for i := range frames { // slack and all: more frames than time
		for k := range pcm {
			pcm[k] = int16(i*31 + k*7)
		}
		left(pcm)
		right(pcm)
	}
	rec.End()
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	f, _, err := r.Sound("demo", id)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	file, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return r, file
}

// TestSoundOfAnotherNode: whichever node is asked sends a recording whole, part by part from
// the node that made it, or says which that is.
func TestSoundOfAnotherNode(t *testing.T) {
	file := bytes.Repeat([]byte("0123456789abcdef"), soundPart/8) // two parts
	copy(file, "RIFF")
	file = append(file, 1, 2, 3, 4)
	file[22], file[23] = 2, 0
	sum := sha256.Sum256(file)
	info := recording.Info{ID: "r-1", Call: "r", Tenant: "demo", Node: "node-2", Bytes: int64(len(file)), SHA256: hex.EncodeToString(sum[:])}
	var parts, most int
	lost := int64(-1) // from where on nothing is sent
	other := others{"node-2": func(q question) knowledge {
		switch {
		case q.Tenant != "demo" || q.Recording != info.ID:
			return knowledge{}
		case q.About == oneRecording:
			return knowledge{Recordings: []recording.Info{info}}
		case q.About != soundOf || lost >= 0 && q.At >= lost:
			return knowledge{}
		}
		parts++
		part := file[q.At:min(q.At+soundPart, int64(len(file)))]
		most = max(most, len(part))
		return knowledge{Sound: part}
	}}
	s := newServer(t, configs.Config{})
	s.cfg.Peers = other
	token := s.token(t, recordings, "demo")
	const path = "/v1/tenants/demo/recordings/r-1/sound"
	if code, body := ask(s, token, "GET", path, ""); code != 200 || body != string(file) || parts != 3 || most != soundPart {
		t.Errorf("%d, %d bytes of %d in %d parts of %d at most", code, len(body), len(file), parts, most)
	}
	if code, body := ask(s, token, "GET", path+"?mixed=1", ""); code != 200 || int64(len(body)) != recording.MixedSize(info.Bytes) {
		t.Errorf("mixed: %d, %d bytes, want %d", code, len(body), recording.MixedSize(info.Bytes))
	}
	if n := len(s.fetching); n != 0 {
		t.Errorf("%d are fetched still", n)
	}

	lost = 0
	if code, body := ask(s, token, "GET", path, ""); code != 503 || !strings.Contains(body, "recording r-1 is on node node-2, which does not send it") {
		t.Errorf("nothing is sent: %d %s", code, body)
	}
	lost = soundPart
	if code, body := ask(s, token, "GET", path, ""); code != 200 || len(body) != soundPart { // less than its Content-Length
		t.Errorf("it is cut off: %d, %d bytes", code, len(body))
	}
	lost = -1
	for range maxFetched {
		s.fetching <- struct{}{}
	}
	if code, body := ask(s, token, "GET", path, ""); code != 503 || !strings.Contains(body, "is on node node-2") || s.counters.SoundsRefused.Load() != 1 {
		t.Errorf("one too many: %d %s", code, body)
	}
	other["node-2"] = nil
	if code, body := ask(s, token, "GET", path, ""); code != 503 || !strings.Contains(body, "node-2 (no answer in time)") {
		t.Errorf("the node is away: %d %s", code, body)
	}
	if code, _ := ask(s, s.token(t, operator, "demo"), "GET", path, ""); code != 403 {
		t.Errorf("an operator hears it: %d", code)
	}
}

// TestSoundHere: a node answers with parts of its recordings, of the tenant alone.
func TestSoundHere(t *testing.T) {
	s := newServer(t, configs.Config{})
	r, file := recordingOf(t, s.cfg.Node.Node.Name, "c-1", 50)
	s.cfg.Recorder = r
	part := func(q question) ([]byte, error) {
		t.Helper()
		text, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := s.Answer(t.Context(), text)
		var k knowledge
		if err == nil {
			err = json.Unmarshal(answer, &k)
		}
		return k.Sound, err
	}
	q := question{About: soundOf, Tenant: "demo", Recording: "c-1"}
	if got, err := part(q); err != nil || !bytes.Equal(got, file[:min(len(file), soundPart)]) {
		t.Errorf("%d bytes of %d, %v", len(got), len(file), err)
	}
	q.At = int64(len(file)) - 10
	if got, err := part(q); err != nil || !bytes.Equal(got, file[len(file)-10:]) {
		t.Errorf("the last 10 bytes are %v, %v", got, err)
	}
	for name, c := range map[string]question{
		"behind its end": {At: int64(len(file))}, "before its start": {At: -1},
		"another tenant": {Tenant: "other"}, "no such recording": {Recording: "c-2"},
	} {
		c.About = soundOf
		if c.Tenant == "" {
			c.Tenant = "demo"
		}
		if c.Recording == "" {
			c.Recording = "c-1"
		}
		if got, err := part(c); len(got) != 0 || err != nil && !errors.Is(err, recording.ErrUnknown) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}
