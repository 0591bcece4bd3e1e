package hosttest

import "testing"

// TestClaim: a block is claimed once, and another one after it.
func TestClaim(t *testing.T) {
	first := claim()
	if claimed(first) {
		t.Errorf("block %d is claimed twice", first)
	}
	if second := claim(); second == first {
		t.Errorf("two claims have block %d", second)
	}
}

// TestNext: no address comes twice.
func TestNext(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		at := Next()
		if seen[at] {
			t.Fatalf("%s comes twice", at)
		}
		seen[at] = true
	}
}
