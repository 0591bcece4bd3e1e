package auth

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A window against a set of all counts used: no count is taken twice, and one that
// is not too far below the highest is taken.
func TestWindowTakesEachCountOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		used := map[uint32]bool{}
		var top uint32
		base := rapid.SampledFrom([]uint32{1, 1000, 1<<32 - 200}).Draw(t, "base")
		for range rapid.IntRange(1, 100).Draw(t, "uses") {
			nc := base + rapid.Uint32Range(0, 199).Draw(t, "nc")
			want := !used[nc] && (nc > top || top-nc < windowSize)
			if got := w.use(nc); got != want {
				t.Fatalf("use(%d) = %v with the highest at %d, used before: %v", nc, got, top, used[nc])
			}
			used[nc] = used[nc] || want
			top = max(top, nc)
		}
	})
}

// The windows against a map that forgets nothing: whatever the limit, nothing is
// taken twice, and the limit holds.
func TestWindowsStayBounded(t *testing.T) {
	type use struct {
		serial uint64
		nc     uint32
	}
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		ws := newWindows(limit)
		used := map[use]bool{}
		var now time.Duration
		var issued []nonce
		for range rapid.IntRange(1, 200).Draw(t, "uses") {
			now += time.Duration(rapid.IntRange(0, 5000).Draw(t, "pause")) * time.Millisecond
			if len(issued) == 0 || rapid.Bool().Draw(t, "new") {
				issued = append(issued, nonce{issued: now, serial: uint64(len(issued))})
			}
			n := rapid.SampledFrom(issued).Draw(t, "nonce")
			nc := rapid.Uint32Range(1, 3).Draw(t, "nc")
			if now-n.issued > NonceLife {
				continue // Verify asks the age first
			}
			fresh, _ := ws.use(now, n, nc)
			if fresh && used[use{n.serial, nc}] {
				t.Fatalf("nonce %d, nc %d was taken twice", n.serial, nc)
			}
			used[use{n.serial, nc}] = used[use{n.serial, nc}] || fresh
			total := 0
			for _, m := range ws.slots {
				total += len(m)
			}
			if total != ws.count || total > limit {
				t.Fatalf("%d windows are kept and %d counted, the limit is %d", total, ws.count, limit)
			}
		}
	})
}

func TestWindowsForgetWithTime(t *testing.T) {
	ws := newWindows(100)
	for i := range 50 {
		ws.use(0, nonce{serial: uint64(i)}, 1)
	}
	later := NonceLife + slotLength
	if fresh, dropped := ws.use(later, nonce{issued: later, serial: 50}, 1); !fresh || dropped != 0 {
		t.Errorf("fresh %v, dropped %d", fresh, dropped)
	}
	if ws.count != 1 {
		t.Errorf("%d windows are kept, want the new one alone", ws.count)
	}
}

func TestWindowsDropTheOldest(t *testing.T) {
	ws := newWindows(2)
	at := func(slot int) nonce { return nonce{issued: time.Duration(slot) * slotLength, serial: uint64(slot)} }
	now := 3 * slotLength
	ws.use(now, at(0), 1)
	ws.use(now, at(1), 1)
	if fresh, dropped := ws.use(now, at(3), 1); !fresh || dropped != 1 {
		t.Fatalf("beyond the limit: fresh %v, dropped %d", fresh, dropped)
	}
	for slot, want := range map[int]bool{0: false, 1: true} {
		if fresh, _ := ws.use(now, at(slot), 2); fresh != want {
			t.Errorf("slot %d: fresh %v, want %v", slot, fresh, want)
		}
	}
}
