package registration_test

import (
	"testing"
	"time"

	"strowger/sip/trunk/registration"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func ok(granted time.Duration) registration.Answer {
	return registration.Answer{Status: 200, Granted: granted}
}

func challenge(stale bool) registration.Answer {
	return registration.Answer{Status: 401, Answerable: true, Stale: stale, Why: "401"}
}

// again is the wait of an answer that is acted on at once.
const again = -1

func TestStep(t *testing.T) {
	type step struct {
		answer registration.Answer
		wait   time.Duration // until the next REGISTER
	}
	busy := registration.Answer{Status: 503, Why: "503", RetryAfter: 30 * time.Second}
	silent := registration.Answer{Why: "no answer"}
	for name, tt := range map[string]struct {
		steps []step
		until time.Duration // since start; 0: never registered
		wish  time.Duration
		why   string
	}{
		"at once":              {[]step{{ok(time.Hour), 30 * time.Minute}}, time.Hour, time.Minute, ""},
		"challenged":           {[]step{{challenge(false), again}, {ok(time.Minute), 30 * time.Second}}, time.Minute, time.Minute, ""},
		"a wrong password":     {[]step{{challenge(false), again}, {challenge(false), 5 * time.Second}}, 0, time.Minute, "401"},
		"a stale nonce":        {[]step{{challenge(false), again}, {challenge(true), again}, {ok(time.Minute), 30 * time.Second}}, time.Minute, time.Minute, ""},
		"always stale":         {[]step{{challenge(true), again}, {challenge(true), again}, {challenge(true), again}, {challenge(true), 5 * time.Second}}, 0, time.Minute, "401"},
		"nothing to answer by": {[]step{{registration.Answer{Status: 401, Why: "no credentials"}, 5 * time.Second}}, 0, time.Minute, "no credentials"},
		"too brief":            {[]step{{registration.Answer{Status: 423, MinExpires: time.Hour}, again}, {ok(time.Hour), 30 * time.Minute}}, time.Hour, time.Hour, ""},
		"423 that asks less":   {[]step{{registration.Answer{Status: 423, MinExpires: time.Second, Why: "423"}, 5 * time.Second}}, 0, time.Minute, "423"},
		"423 that asks a year": {[]step{{registration.Answer{Status: 423, MinExpires: 9000 * time.Hour, Why: "423"}, 5 * time.Second}}, 0, time.Minute, "423"},
		"no time":              {[]step{{ok(0), 5 * time.Second}}, 0, time.Minute, "the registrar gave our contact no time"},
		"a year":               {[]step{{ok(9000 * time.Hour), 12 * time.Hour}}, 24 * time.Hour, time.Minute, ""},
		"backs off": {
			[]step{{silent, 5 * time.Second}, {silent, 10 * time.Second}, {silent, 20 * time.Second}, {busy, 40 * time.Second}, {silent, 80 * time.Second}, {silent, 160 * time.Second}, {silent, 5 * time.Minute}, {silent, 5 * time.Minute}},
			0, time.Minute, "no answer",
		},
		"Retry-After":    {[]step{{busy, 30 * time.Second}}, 0, time.Minute, "503"},
		"and well again": {[]step{{silent, 5 * time.Second}, {silent, 10 * time.Second}, {ok(time.Hour), 30 * time.Minute}, {silent, 5 * time.Second}}, time.Hour, time.Minute, "no answer"},
	} {
		m := registration.Machine{Wish: time.Minute}
		for i, s := range tt.steps {
			now, next := m.Step(start, s.answer)
			wait := next.Sub(start)
			if now {
				wait = again
			}
			if wait != s.wait {
				t.Errorf("%s: step %d waits %v, want %v", name, i, wait, s.wait)
			}
		}
		var until time.Time
		if tt.until > 0 {
			until = start.Add(tt.until)
		}
		if !m.Until.Equal(until) || m.Wish != tt.wish || m.Why != tt.why || m.Registered(start) != (tt.until > 0) {
			t.Errorf("%s: %+v, want until %v", name, m, until)
		}
	}
}
