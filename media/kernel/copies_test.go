package kernel

import (
	"bytes"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"
)

// recorder takes copies.
type recorder chan Copy

// Copied implements Taker.
func (r recorder) Copied(c *Copy) {
	kept := *c
	kept.Payload = bytes.Clone(c.Payload)
	r <- kept
}

// next is the next copy; ok is false if none comes in time.
func (r recorder) next(within time.Duration) (c Copy, ok bool) {
	select {
	case c = <-r:
		return c, true
	case <-time.After(within):
		return c, false
	}
}

// TestCopies: who takes copies has each packet that is carried as it came, over both
// ways to attach, and the packets are carried as ever.
func TestCopies(t *testing.T) {
	for _, at := range []addresses{v4, v6} {
		for _, how := range []Attach{TCX, Clsact} {
			t.Run(at.caller.String()+" attach "+strconv.Itoa(int(how)), func(t *testing.T) {
				w := newWorld(t, at)
				cfg := w.config()
				cfg.Attach = how
				l := w.line(w.open(cfg))
				got := make(recorder, 1000)
				l.carries(3)
				if err := l.entry.Copy(got); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				l.carries(200)
				for i := range 200 {
					c, ok := got.next(soon)
					want := bytes.Repeat([]byte{byte(i)}, 160+i%2)
					if !ok || c.Seq != uint16(103+i) || c.Timestamp != uint32(i)*160 || c.SSRC != theirs || c.Type != 8 || c.Length != len(want) || !bytes.Equal(c.Payload, want) {
						t.Fatalf("copy %d is %+v", i, c)
					}
					if c.At.Before(began) || time.Since(c.At) > soon {
						t.Fatalf("copy %d came at %v, after %v", i, c.At, began)
					}
				}
				if err := l.entry.Copy(nil); err != nil {
					t.Fatal(err)
				}
				l.carries(3)
				if c, ok := got.next(never); ok {
					t.Errorf("after the end: %+v", c)
				}
				if f := l.entry.Figures(); f.Uncopied != 0 {
					t.Errorf("figures %+v", f)
				}
			})
		}
	}
}

// TestCopyOfWhatIsCarried: neither a duplicate, a stranger's packet nor what goes up is
// copied, and of a long packet as much as fits.
func TestCopyOfWhatIsCarried(t *testing.T) {
	w := newWorld(t, v4)
	w.caller.Run("ip", "link", "set", "dev", "wire", "mtu", "3000")
	for _, name := range []string{"left", "right"} {
		w.exchange.Run("ip", "link", "set", "dev", name, "mtu", "3000")
	}
	w.agent.Run("ip", "link", "set", "dev", "wire", "mtu", "3000")
	l := w.line(w.open(w.config()))
	got := make(recorder, 100)
	if err := l.entry.Copy(got); err != nil {
		t.Fatal(err)
	}
	stranger := w.caller.Listen(netip.AddrPortFrom(w.at.caller, 4001))
	long := bytes.Repeat([]byte{7}, MaxCopy+100)
	send(t, l.from, rtpPacket(theirs, 101, 0, 1), l.in)
	send(t, l.from, rtpPacket(theirs, 101, 0, 1), l.in)
	send(t, l.from, rtpPacket(theirs, 100, 0, 2), l.in) // late
	send(t, stranger, rtpPacket(theirs, 102, 0, 3), l.in)
	send(t, l.from, rtpPacket(ours, 102, 0, 4), l.in)
	send(t, l.from, rtpPacket(theirs, 102, 0, long...), l.in)
	var seqs []uint16
	var last Copy
	for c, ok := got.next(soon); ok; c, ok = got.next(never) {
		seqs, last = append(seqs, c.Seq), c
	}
	if want := []uint16{101, 100, 102}; !slices.Equal(seqs, want) {
		t.Errorf("copies of %v, want %v", seqs, want)
	}
	if last.Length != len(long) || !bytes.Equal(last.Payload, long[:MaxCopy]) {
		t.Errorf("of %d bytes %d were copied, told as %d", len(long), len(last.Payload), last.Length)
	}
}

// TestRingFull: what there is no room for is counted and not copied, and carried all the
// same; once there is room, copies go on.
func TestRingFull(t *testing.T) {
	w := newWorld(t, v4)
	cfg := w.config()
	cfg.Ring = MinRing
	l := w.line(w.open(cfg))
	got := make(recorder) // holds up the reader
	if err := l.entry.Copy(got); err != nil {
		t.Fatal(err)
	}
	const count = 100
	l.carries(count)
	lost := l.entry.Figures().Uncopied
	if lost < count/2 || lost >= count {
		t.Errorf("%d of %d copies were lost in a ring of %d bytes", lost, count, MinRing)
	}
	copies := uint64(0)
	for _, ok := got.next(soon); ok; _, ok = got.next(never) {
		copies++
	}
	if copies+lost != count {
		t.Errorf("%d copies, %d were lost of %d", copies, lost, count)
	}
	l.carries(1)
	if c, ok := got.next(soon); !ok || c.Seq != 100+count {
		t.Errorf("then came %+v", c)
	}
}

// TestLateCopy: copies that are on their way while an entry ends come to its own taker,
// and never to that of the next entry of the port; its slot is nobody's until then.
func TestLateCopy(t *testing.T) {
	w := newWorld(t, v4)
	p := w.open(w.config())
	l := w.line(p)
	p.copies.halt() // the ring is read when the test wants it
	before, after := make(recorder, 100), make(recorder, 100)
	if err := l.entry.Copy(before); err != nil {
		t.Fatal(err)
	}
	l.carries(5)
	slot, free := l.entry.value.Slot, len(p.free)
	l.entry.Remove()
	edge := l.edge()
	edge.Taker = after
	next, err := p.Install(edge, Start{Highest: 104, Seen: 1})
	if err != nil {
		t.Fatal(err)
	}
	l.entry = next
	if next.value.Slot == slot {
		t.Error("the slot has a new owner while copies of the old one are on their way")
	}
	l.carries(2)
	p.copies.drain()
	if len(before) != 5 || len(after) != 2 {
		t.Errorf("%d copies for the entry before, %d for the one after, want 5 and 2", len(before), len(after))
	}
	if n := len(p.free); n != free {
		t.Errorf("%d slots are free, want %d", n, free)
	}
	// A program that runs elsewhere may still be at it when the ring was read.
	l.carries(1)
	p.copies.begin(next.value.Slot, next.value.Generation+1, before)
	p.copies.drain()
	if len(before) != 5 || len(after) != 2 {
		t.Error("a copy came to the taker of another generation")
	}
}

// TestCopiesDoNotAllocate: reading a copy makes no garbage.
func TestCopiesDoNotAllocate(t *testing.T) {
	w := newWorld(t, v4)
	p := w.open(w.config())
	l := w.line(p)
	p.copies.halt()
	var got counter
	if err := l.entry.Copy(&got); err != nil {
		t.Fatal(err)
	}
	b := rtpPacket(theirs, 100, 0, bytes.Repeat([]byte{1}, 160)...)
	n := testing.AllocsPerRun(200, func() {
		if _, err := l.from.WriteToUDPAddrPort(b, l.in); err != nil {
			t.Error(err)
		}
		if b[3]++; b[3] == 0 {
			b[2]++
		}
		p.copies.drain()
	})
	if n != 0 || got < 190 {
		t.Errorf("%v allocations for each of %d copies", n, got)
	}
}

// counter counts copies.
type counter int

// Copied implements Taker.
func (n *counter) Copied(*Copy) { *n++ }
