package ledger_test

import (
	"testing"

	"strowger/sip/ledger"
)

// TestCall finds one call among others, while it goes on, after its end, and after
// a restart that closed it.
func TestCall(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir, start)
	mine, other := answered("mine"), answered("other")
	for i := range mine[:5] {
		l.Record(mine[i])
		l.Record(other[i])
	}
	wantKinds(t, l, "mine", mine[:5])
	for _, e := range append(mine[5:], answered("lost")[:3]...) {
		l.Record(e)
	}
	wantKinds(t, l, "mine", mine)
	wantKinds(t, l, "nobody's", nil)
	wantKinds(t, l, "", nil)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l, lost := open(t, dir, start)
	if lost != 2 {
		t.Fatalf("%d calls were lost", lost)
	}
	wantKinds(t, l, "mine", mine)
	wantKinds(t, l, "lost", append(answered("lost")[:3], ledger.Event{Kind: ledger.Ended}))
}

func wantKinds(t *testing.T, l *ledger.Ledger, call string, want []ledger.Event) {
	t.Helper()
	got, err := l.Call(t.Context(), call)
	if err != nil || len(got) != len(want) {
		t.Fatalf("call %q has %d events, want %d, %v", call, len(got), len(want), err)
	}
	for i := range want {
		if got[i].Kind != want[i].Kind || got[i].Call != call {
			t.Errorf("event %d is %+v, want %s of %s", i, got[i], want[i].Kind, call)
		}
	}
}
