package kernel

import (
	"bytes"
	"fmt"
	"net/netip"
)

// Survivor is an entry of a former process, which carries on until its deadline.
type Survivor struct {
	Label   string
	Local   netip.AddrPort
	Figures Figures
	slot    uint32
}

// survive lists the entries that are in the maps, and the slots that are not theirs.
// Nobody takes copies any more.
func (p *Plane) survive() error {
	used := map[uint32]bool{}
	var k key
	var v value
	copied := map[key]value{}
	all := p.objects.Entries.Iterate()
	for all.Next(&k, &v) {
		used[v.Slot] = true
		label, _, _ := bytes.Cut(v.Label[:], []byte{0})
		if v.Copies != 0 {
			v.Copies = 0
			copied[k] = v
		}
		p.survivors[k] = &Survivor{Label: string(label), Local: k.local(), slot: v.Slot}
	}
	if err := all.Err(); err != nil {
		return fmt.Errorf("list the entries: %w", err)
	}
	for k, v := range copied {
		if err := p.objects.Entries.Put(&k, &v); err != nil {
			return fmt.Errorf("end the copies of %v: %w", k.local(), err)
		}
	}
	for slot := p.objects.Figures.MaxEntries(); slot > 0; slot-- {
		if !used[slot-1] {
			p.free = append(p.free, slot-1)
		}
	}
	return nil
}

// Survivors lists the entries of a former process that nobody installed anew.
func (p *Plane) Survivors() []Survivor {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Survivor
	for _, s := range p.survivors {
		c := *s
		c.Figures = p.read(s.slot)
		all = append(all, c)
	}
	return all
}

// Bury removes the survivors and returns them.
func (p *Plane) Bury() []Survivor {
	all := p.Survivors()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range all {
		k := keyOf(s.Local)
		if p.survivors[k] == nil {
			continue
		}
		delete(p.survivors, k)
		p.free = append(p.free, s.slot)
		if err := p.objects.Entries.Delete(&k); err != nil {
			p.log.Error("a surviving entry of the kernel plane cannot be removed, it ends at its deadline", "local", s.Local, "error", err)
		}
	}
	return all
}
