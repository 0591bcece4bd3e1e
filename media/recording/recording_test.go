package recording

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"strowger/media/prompt"
)

const (
	caller = 450  // Hz
	agent  = 1000 // Hz
)

func open(t *testing.T, cfg Config) *Recorder {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	cfg.Log = slog.New(slog.DiscardHandler)
	r, _, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func begin(t *testing.T, r *Recorder, id string) *Recording {
	t.Helper()
	rec, err := r.Begin(Info{ID: id, Call: "call-" + id, Tenant: "demo", From: "+441632960001", To: "1001", Why: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// clock passes time, 20 ms at a time, with a frame of each tone. A frequency of 0 is a
// side that nothing comes from.
func clock(rec *Recording, d time.Duration, left, right float64) {
	takes := [sides]func([]int16){rec.Take(Left), rec.Take(Right)}
	for range d / frameTime {
		for s, f := range []float64{left, right} {
			if f != 0 {
				takes[s](frameOf(f))
			}
		}
		<-time.After(frameTime)
	}
}

var tones = map[float64][]int16{}

// frameOf is 20 ms of a tone whose period divides them.
func frameOf(f float64) []int16 {
	if tones[f] == nil {
		tones[f] = prompt.Tone(f, frameTime, -10)
	}
	return tones[f]
}

func closeIt(t *testing.T, r *Recorder) {
	t.Helper()
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// heard reads the file of a recording and returns its channels.
func heard(t *testing.T, r *Recorder, id string) (Info, [][]int16) {
	t.Helper()
	f, i, err := r.Sound("demo", id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	if i.Bytes != int64(len(b)) || i.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("%d bytes with another sum than the info says: %+v", len(b), i)
	}
	return i, split(t, b)
}

// split checks the header and takes the channels apart.
func split(t *testing.T, b []byte) [][]int16 {
	t.Helper()
	n := int(binary.LittleEndian.Uint16(b[22:]))
	if !bytes.Equal(b[:headerSize], header(n, uint32(len(b)-headerSize))) {
		t.Fatalf("header is % x of %d bytes", b[:headerSize], len(b))
	}
	out := make([][]int16, n)
	for i := headerSize; i < len(b); i += 2 {
		c := (i - headerSize) / 2 % n
		out[c] = append(out[c], int16(binary.LittleEndian.Uint16(b[i:])))
	}
	return out
}

// share is the least and the greatest share of a tone between two times, in windows
// of 100 ms.
func share(pcm []int16, f float64, from, to time.Duration) (least, most float64) {
	at := func(d time.Duration) int { return min(int(d*SampleRate/time.Second), len(pcm)) }
	all := prompt.ToneShare(pcm[at(from):at(to)], f)
	if len(all) == 0 {
		return 0, 0
	}
	return slices.Min(all), slices.Max(all)
}

func silent(pcm []int16) bool { return !slices.ContainsFunc(pcm, func(s int16) bool { return s != 0 }) }

func TestEachSideHasItsChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		rec := begin(t, r, "one")
		clock(rec, 3*time.Second, caller, agent)
		rec.End()
		closeIt(t, r)
		i, pcm := heard(t, r, "one")
		if len(pcm) != 2 || len(pcm[Left]) != 3*SampleRate || i.Seconds != 3 || i.Lost != 0 {
			t.Fatalf("%d channels of %d samples, %+v", len(pcm), len(pcm[0]), i)
		}
		for s, own := range []float64{caller, agent} {
			if least, _ := share(pcm[s], own, 0, 3*time.Second); least < 0.99 {
				t.Errorf("channel %d: share %.2f of its own tone", s, least)
			}
			if _, most := share(pcm[s], caller+agent-own, 0, 3*time.Second); most > 0.001 {
				t.Errorf("channel %d: share %.4f of the other's tone", s, most)
			}
		}
		if n := r.Counters().Frames.Load(); n != 300 {
			t.Errorf("%d frames counted, want 300", n)
		}
	})
}

// TestCompanyInAChannel: who comes and goes beside the agent is in its channel for that
// time, neither louder nor quieter, and the other channel has nothing of it.
func TestCompanyInAChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const other = 1500
		r := open(t, Config{})
		rec := begin(t, r, "one")
		left, right, more := rec.Take(Left), rec.Take(Right), rec.Take(Right)
		for i := range 150 { // 3 s
			left(frameOf(caller))
			right(frameOf(agent))
			if i >= 50 && i < 100 {
				more(frameOf(other))
			}
			<-time.After(frameTime)
		}
		rec.End()
		closeIt(t, r)
		_, pcm := heard(t, r, "one")
		if least, _ := share(pcm[Left], caller, 0, 3*time.Second); least < 0.99 {
			t.Errorf("the caller's channel has %.2f of its tone", least)
		}
		for _, part := range []struct {
			from, to     time.Duration
			agent, other float64
		}{{0, time.Second, 1, 0}, {1200 * time.Millisecond, 1900 * time.Millisecond, 0.5, 0.5}, {2200 * time.Millisecond, 3 * time.Second, 1, 0}} {
			for f, want := range map[float64]float64{agent: part.agent, other: part.other} {
				if least, most := share(pcm[Right], f, part.from, part.to); least < want-0.02 || most > want+0.02 {
					t.Errorf("from %v on %v Hz has %.2f to %.2f of the power, want %.2f", part.from, f, least, most, want)
				}
			}
		}
	})
}

func TestMixedHasBothInOneChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Mixed: true})
		rec := begin(t, r, "one")
		clock(rec, time.Second, caller, agent)
		rec.End()
		closeIt(t, r)
		_, pcm := heard(t, r, "one")
		if len(pcm) != 1 || len(pcm[0]) != SampleRate {
			t.Fatalf("%d channels of %d samples", len(pcm), len(pcm[0]))
		}
		for _, f := range []float64{caller, agent} {
			if least, _ := share(pcm[0], f, 0, time.Second); least < 0.4 {
				t.Errorf("share %.2f of %v Hz", least, f)
			}
		}
	})
}

func TestMixDown(t *testing.T) {
	stereo := header(2, 12)
	for _, v := range []int16{1, 2, 30000, 30000, -30000, -30000} {
		stereo = binary.LittleEndian.AppendUint16(stereo, uint16(v))
	}
	var mono bytes.Buffer
	if err := MixDown(&mono, bytes.NewReader(stereo)); err != nil {
		t.Fatal(err)
	}
	if got := split(t, mono.Bytes())[0]; !slices.Equal(got, []int16{3, 32767, -32768}) {
		t.Errorf("mixed %v", got)
	}
	if MixDown(&mono, bytes.NewReader(stereo[:20])) == nil {
		t.Error("what is no recording is mixed")
	}
}

// What is not to be heard is silence of the true length, what follows is in its place.
func TestPausesAreSilence(t *testing.T) {
	for name, pause := range map[string]func(*Recording){
		"pause": func(rec *Recording) {
			rec.Mute(true, MarkPause, "token:ci")
			clock(rec, 10*time.Second, caller, agent)
			rec.Mute(false, MarkResume, "token:ci")
		},
		"mask": func(rec *Recording) {
			rec.Mute(true, MarkMask, "token:ci")
			clock(rec, 10*time.Second, caller, agent)
			rec.Mute(false, MarkUnmask, "token:ci")
		},
		"nothing comes": func(*Recording) { <-time.After(10 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, Config{})
				rec := begin(t, r, "one")
				clock(rec, time.Second, caller, agent)
				pause(rec)
				clock(rec, time.Second, caller, agent)
				<-time.After(2 * time.Second)
				rec.End()
				closeIt(t, r)
				i, pcm := heard(t, r, "one")
				if i.Seconds != 14 {
					t.Errorf("%v seconds, want 14", i.Seconds)
				}
				for s, f := range []float64{caller, agent} {
					if !silent(pcm[s][SampleRate:11*SampleRate]) || !silent(pcm[s][12*SampleRate:]) {
						t.Errorf("channel %d is not silent in the pause", s)
					}
					before, _ := share(pcm[s], f, 0, time.Second)
					after, _ := share(pcm[s], f, 11*time.Second, 12*time.Second)
					if before < 0.99 || after < 0.99 {
						t.Errorf("channel %d: share %.2f before, %.2f behind the pause", s, before, after)
					}
				}
				if name != "nothing comes" && (len(i.Marks) != 2 || i.Marks[0].At != 1 || i.Marks[1].At != 11 || i.Marks[0].What != name) {
					t.Errorf("marks %+v", i.Marks)
				}
			})
		})
	}
}

// One side that begins later, stops, or comes in bursts stays in time with the other.
func TestSidesStayAligned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		rec := begin(t, r, "one")
		clock(rec, 2*time.Second, caller, 0)
		left, right := rec.Take(Left), rec.Take(Right)
		for range 50 { // two frames every 40 ms
			<-time.After(2 * frameTime)
			for range 2 {
				left(frameOf(caller))
				right(frameOf(agent))
			}
		}
		rec.End()
		closeIt(t, r)
		_, pcm := heard(t, r, "one")
		first := slices.IndexFunc(pcm[Right], func(s int16) bool { return s != 0 })
		if first < 2*SampleRate || first > 2*SampleRate+3*Frame {
			t.Errorf("the agent is heard from %d ms on", first*1000/SampleRate)
		}
		if least, _ := share(pcm[Left], caller, 2100*time.Millisecond, 3900*time.Millisecond); least < 0.99 {
			t.Errorf("share %.2f of the caller's tone in bursts", least)
		}
	})
}

func TestNothingIsAllocatedForAFrame(t *testing.T) {
	r := open(t, Config{})
	rec := begin(t, r, "one")
	take := rec.Take(Left)
	pcm := frameOf(caller)
	take(pcm)
	if n := testing.AllocsPerRun(20, func() { take(pcm) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
	closeIt(t, r)
}

func TestLimits(t *testing.T) {
	r := open(t, Config{})
	if _, err := r.Begin(Info{ID: "../x"}); err == nil {
		t.Error("an ID that leaves the folder is taken")
	}
	rec := begin(t, r, "one")
	if _, err := r.Begin(Info{ID: "one"}); err == nil {
		t.Error("the same ID twice")
	}
	for range 2 * MaxMarks {
		rec.Mark(MarkHold, "seat:1001")
	}
	closeIt(t, r)
	if i, err := r.Find("demo", "one"); err != nil || len(i.Marks) != MaxMarks {
		t.Errorf("%d marks, %v", len(i.Marks), err)
	}
	if _, err := r.Begin(Info{ID: "two"}); err == nil {
		t.Error("a recorder that is closed begins to record")
	}
	if left, _ := filepath.Glob(filepath.Join(r.cfg.Dir, "*", "*.new")); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}
