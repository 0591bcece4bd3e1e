package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"
)

// Entry is one direction of sound that the kernel carries. Its methods are called by
// one goroutine at a time.
type Entry struct {
	plane   *Plane
	edge    Edge
	key     key
	value   value
	changes uint32 // of routes, that the value knows of
}

// Install has the kernel carry an edge, from the next packet on. An entry of the same
// Local, or a survivor, is replaced.
func (p *Plane) Install(edge Edge, start Start) (*Entry, error) {
	e := &Entry{plane: p, edge: edge, key: keyOf(edge.Local), value: edge.value(), changes: p.changes.count.Load()}
	ifindex, err := p.routes.find(edge.Out.Addr(), edge.To.Addr())
	if err != nil {
		return nil, err
	}
	e.value.Ifindex = ifindex
	if err := p.claim(e); err != nil {
		return nil, err
	}
	counts := start.counts(e.value.Generation)
	if _, err := p.memory.WriteAt(counts.bytes(), int64(e.value.Slot)*slotSize); err != nil {
		e.free()
		return nil, err
	}
	if edge.Taker != nil {
		err = e.Copy(edge.Taker)
	} else {
		err = e.put()
	}
	if err != nil {
		e.free()
		return nil, err
	}
	return e, nil
}

// claim finds a slot for an entry. A survivor in its place ends, and its slot is used.
func (p *Plane) claim(e *Entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	p.generation++
	e.value.Generation = p.generation
	if s := p.survivors[e.key]; s != nil {
		delete(p.survivors, e.key)
		p.free = append(p.free, s.slot)
	}
	last := len(p.free) - 1
	if last < 0 {
		return ErrFull
	}
	e.value.Slot = p.free[last]
	p.free = p.free[:last]
	return nil
}

var errClosed = errors.New("the kernel plane is closed")

// free gives the slot back, if need be when the last copies were read.
func (e *Entry) free() {
	if !e.plane.copies.end(e.value.Slot, true) {
		e.plane.giveBack(e.value.Slot)
	}
}

func (p *Plane) giveBack(slot uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, slot)
}

// put writes the entry, with a new deadline.
func (e *Entry) put() error {
	e.value.Deadline = uint64(Monotonic() + Lifetime)
	if err := e.plane.objects.Entries.Put(&e.key, &e.value); err != nil {
		return fmt.Errorf("write the entry of %v: %w", e.edge.Local, err)
	}
	return nil
}

// Refresh moves the deadline. An error says that sound cannot be carried any more, as
// when there is no route: Remove it then.
func (e *Entry) Refresh() error {
	changes := e.plane.changes.count.Load()
	ifindex, err := e.plane.routes.find(e.edge.Out.Addr(), e.edge.To.Addr())
	if err != nil {
		return err
	}
	e.value.Ifindex, e.changes = ifindex, changes
	return e.put()
}

// Figures are those since Install.
func (e *Entry) Figures() Figures { return e.plane.read(e.value.Slot) }

// Last is that of Figures: when the last packet came.
func (e *Entry) Last() time.Duration {
	var last [8]byte
	if _, err := e.plane.memory.ReadAt(last[:], int64(e.value.Slot)*slotSize+lastOffset); err != nil {
		return 0 // the plane is closed
	}
	return time.Duration(binary.NativeEndian.Uint64(last[:]))
}

func (p *Plane) read(slot uint32) Figures {
	var c counts
	if _, err := p.memory.ReadAt(c.bytes(), int64(slot)*slotSize); err != nil {
		return Figures{} // the plane is closed
	}
	return c.figures()
}

// Remove ends the entry: packets go up to the socket from now on. It returns the last
// figures.
func (e *Entry) Remove() Figures {
	p := e.plane
	if err := p.objects.Entries.Delete(&e.key); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		p.log.Error("an entry of the kernel plane cannot be removed, it ends at its deadline", "local", e.edge.Local, "error", err)
	}
	f := e.Figures()
	e.free()
	return f
}
