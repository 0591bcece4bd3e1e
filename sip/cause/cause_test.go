package cause_test

import (
	"errors"
	"fmt"
	"testing"

	"strowger/sip/cause"
)

// TestFromStatus has the rows of RFC 3398 section 8.2.6.1 and what is beside them.
func TestFromStatus(t *testing.T) {
	for status, want := range map[int]int{
		0: 16, 200: 16, 400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22,
		413: 127, 414: 127, 415: 79, 416: 127, 420: 127, 421: 127, 423: 127, 480: 18, 481: 41, 482: 25, 483: 25,
		484: 28, 485: 1, 486: 17, 487: 16, 488: 65, 500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 505: 127, 513: 127,
		600: 17, 603: 21, 604: 1, 606: 65,
		302: 127, 499: 127, 599: 41, 699: 21, // unknown ones as their class
	} {
		if got := cause.FromStatus(status); got != want {
			t.Errorf("FromStatus(%d) = %d, want %d", status, got, want)
		}
	}
}

// TestToStatus has the rows of RFC 3398 section 7.2.4.1 and what is beside them.
func TestToStatus(t *testing.T) {
	for q850, want := range map[int]int{
		1: 404, 2: 404, 3: 404, 17: 486, 18: 408, 19: 480, 20: 480, 21: 403, 22: 410, 23: 410, 26: 404, 27: 502, 28: 484,
		29: 501, 31: 480, 34: 503, 38: 503, 41: 503, 42: 503, 47: 503, 55: 403, 57: 403, 58: 503, 65: 488, 70: 488,
		79: 501, 87: 403, 88: 503, 102: 504, 111: 500, 127: 500,
		0: 500, 16: 480, 99: 500, -1: 500,
	} {
		if got := cause.ToStatus(q850); got != want {
			t.Errorf("ToStatus(%d) = %d, want %d", q850, got, want)
		}
	}
}

// TestTablesAreClosed: whatever a table gives is a cause and a status with a phrase.
func TestTablesAreClosed(t *testing.T) {
	for status := range 700 {
		if c := cause.FromStatus(status); c < 1 || c > 127 {
			t.Errorf("FromStatus(%d) = %d is no cause", status, c)
		}
	}
	for q850 := range 128 {
		if s := cause.ToStatus(q850); s < 400 || s > 699 || cause.Phrase(s) == "" {
			t.Errorf("ToStatus(%d) = %d is no refusal with a phrase", q850, s)
		}
	}
}

func TestVerdict(t *testing.T) {
	v := cause.New(486, "", cause.Callee)
	if v.Cause() != 17 || v.Phrase() != "Busy Here" || v.Error() != "486 Busy Here (Q.850 17)" {
		t.Errorf("%+v: %v", v, v)
	}
	if zero := (cause.Verdict{}); zero.Cause() != 16 {
		t.Errorf("the zero verdict is a normal end, not %d", zero.Cause())
	}
	if got := cause.Of(fmt.Errorf("wrapped: %w", v)); got != v {
		t.Errorf("Of a wrapped verdict: %+v", got)
	}
	if got := cause.Of(errors.New("other")); got.Status != 500 || got.Fault != cause.Us {
		t.Errorf("Of another error: %+v", got)
	}
}
