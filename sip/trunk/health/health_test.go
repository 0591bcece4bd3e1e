package health_test

import (
	"strings"
	"testing"
	"time"

	"strowger/sip/trunk/health"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// TestStep: each letter is an event a second after the one before (a answers a call, o
// an OPTIONS, s is silent to one, f fails, b is busy for 10 s), each digit so many seconds; the states behind them are
// those after each event, in capitals if it is usable.
func TestStep(t *testing.T) {
	for name, tt := range map[string]struct {
		rule         health.Rule
		events, want string
	}{
		"the first answer":             {health.Rule{Asked: true}, "a", "UP"},
		"down by three":                {health.Rule{Asked: true}, "afff", "UP UP UP down"},
		"never known":                  {health.Rule{Asked: true}, "fff", "UNKNOWN UNKNOWN down"},
		"an answer between":            {health.Rule{Asked: true}, "affaff", "UP UP UP UP UP UP"},
		"up by two":                    {health.Rule{Asked: true}, "fffaa", "UNKNOWN UNKNOWN down down UP"},
		"a failure between":            {health.Rule{Asked: true}, "fffafaa", "UNKNOWN UNKNOWN down down down down UP"},
		"by one":                       {health.Rule{Down: 1, Up: 1, Asked: true}, "afa", "UP down UP"},
		"busy":                         {health.Rule{Asked: true}, "ab", "UP up"},
		"busy, over":                   {health.Rule{Asked: true}, "ab9f", "UP up UP"},
		"busy, and answers":            {health.Rule{Asked: true}, "aba", "UP up UP"},
		"down does not forgive":        {health.Rule{Asked: true, Down: 1}, "f99999999f", "down down"},
		"nobody asks: forgiven":        {health.Rule{Down: 1}, "f9f", "down down"},
		"silent, as ever":              {health.Rule{Asked: true}, "sssss", "UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN"},
		"silent, but takes calls":      {health.Rule{Asked: true}, "assssafff", "UP UP UP UP UP UP UP UP down"},
		"silent, as never before":      {health.Rule{Asked: true}, "osssoo", "UP UP UP down down UP"},
		"silent, then known":           {health.Rule{Asked: true}, "sssosss", "UNKNOWN UNKNOWN UNKNOWN UP UP UP down"},
		"silent, but stated to answer": {health.Rule{Asked: true, Answers: true}, "sss", "UNKNOWN UNKNOWN down"},
		"silence forgives":             {health.Rule{Asked: true, Down: 1}, "fs9s9s9s9s9s9s", "down down down down down down down DOWN"},
		"nobody asks: a failure":       {health.Rule{Down: 1, Up: 1}, "fa", "down UP"},
	} {
		h := health.Health{Rule: tt.rule}
		now := start
		var got []string
		for _, e := range tt.events {
			now = now.Add(time.Second)
			switch e {
			case 'a', 'o':
				h.Step(now, health.Event{Kind: health.Answer, Asked: e == 'o'})
			case 's':
				h.Step(now, health.Event{Kind: health.Silence, Why: "no answer"})
			case 'f':
				h.Step(now, health.Event{Kind: health.Failure, Why: "503"})
			case 'b':
				h.Step(now, health.Event{Kind: health.Busy, Why: "503", Rest: 10 * time.Second})
			default:
				now = now.Add(time.Duration(e-'0') * time.Second)
				continue
			}
			word := h.Status.String()
			if h.Usable(now) {
				word = strings.ToUpper(word)
			}
			got = append(got, word)
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s: %s: got %q, want %q", name, tt.events, got, tt.want)
		}
	}
}

func TestForgive(t *testing.T) {
	h := health.Health{Rule: health.Rule{Down: 1}}
	if !h.Step(start, health.Event{Kind: health.Failure, Why: "silent"}) || h.Why != "silent" || h.Since != start {
		t.Errorf("%+v", h)
	}
	if h.Usable(start.Add(health.Forgive-1)) || !h.Usable(start.Add(health.Forgive)) {
		t.Error("it is not forgiven in time")
	}
	h.Step(start.Add(health.Forgive), health.Event{Kind: health.Failure})
	if h.Usable(start.Add(health.Forgive)) {
		t.Error("it failed again and is used")
	}
}

func TestRestIsBounded(t *testing.T) {
	var h health.Health
	h.Step(start, health.Event{Kind: health.Busy, Rest: 24 * time.Hour})
	if got := h.Resting(start); got != start.Add(health.MaxRest) || h.Usable(got.Add(-1)) || !h.Usable(got) {
		t.Errorf("it rests until %v", got)
	}
}

func TestDoubtful(t *testing.T) {
	var h health.Health
	if !h.Doubtful() {
		t.Error("nothing is known, and nothing doubted")
	}
	h.Step(start, health.Event{Kind: health.Answer})
	if h.Doubtful() {
		t.Error("an address that answered is doubted")
	}
	h.Step(start, health.Event{Kind: health.Failure})
	if !h.Doubtful() {
		t.Error("an address that failed is not doubted")
	}
	var mute health.Health
	for range health.DefaultDown {
		if !mute.Doubtful() {
			t.Error("an address is not doubted that is silent for the first time")
		}
		mute.Step(start, health.Event{Kind: health.Silence, Why: "no answer"})
	}
	if mute.Doubtful() || mute.Why != "no answer" || !mute.Heard.IsZero() {
		t.Errorf("an address that never answers is doubted for ever, or heard: %+v", mute)
	}
}
