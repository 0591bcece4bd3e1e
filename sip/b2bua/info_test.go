package b2bua

import "testing"

// TestStates: each has the name that an operator reads.
func TestStates(t *testing.T) {
	for s, want := range map[state]string{admitting: "admitting", ringing: "ringing", talking: "talking", failing: "failing", over: "over"} {
		if got := s.String(); got != want {
			t.Errorf("state %d is %q, want %q", s, got, want)
		}
	}
}
