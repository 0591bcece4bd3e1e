package relay

import (
	"net/netip"
	"slices"
	"time"

	"strowger/media"
	"strowger/media/kernel"
)

// claimWithin is how long a stream that the kernel carried on for a former process may
// wait for a call that claims it.
const claimWithin = 10 * time.Second

// survive has the ports of surviving streams rest, so that no new call meets them.
func (p *Plane) survive() {
	if p.kernel == nil {
		return
	}
	now := p.now()
	p.buryAt = now.Add(claimWithin)
	for _, s := range p.kernel.Survivors() {
		if n, pair, ok := p.pairAt(s.Local); ok {
			if i := slices.Index(n.ports.free, pair); i >= 0 {
				n.ports.free = slices.Delete(n.ports.free, i, i+1)
				n.ports.put(pair, true, now)
			}
		}
		p.log.Info("a stream of before the restart flows on in the kernel", "leg", s.Label, "local", s.Local)
	}
}

// pairAt finds the pair of an RTP address.
func (p *Plane) pairAt(at netip.AddrPort) (*network, int32, bool) {
	for _, n := range p.networks {
		for i, a := range n.Addresses {
			offset := int(at.Port()) - n.first()
			if a.Bind == at.Addr() && offset >= 0 && offset%2 == 0 && offset/2 < n.pairs() {
				return n, n.base + int32(i*n.pairs()+offset/2), true
			}
		}
	}
	return nil, 0, false
}

// bury removes the surviving streams that nobody claimed in time. The clock calls it.
func (p *Plane) bury(now time.Time) {
	if p.kernel == nil || p.buryAt.IsZero() || now.Before(p.buryAt) {
		return
	}
	p.buryAt = time.Time{}
	var orphans []Orphan
	for _, s := range p.kernel.Bury() {
		orphans = append(orphans, orphan(s))
	}
	p.counters.Orphans.Add(uint64(len(orphans)))
	if len(orphans) > 0 && p.orphaned != nil {
		p.orphaned(orphans)
	}
}

func orphan(s kernel.Survivor) Orphan {
	return Orphan{Label: s.Label, Local: s.Local, Stats: media.Stats{
		Received: s.Figures.Packets, Sent: s.Figures.Sent, ReceivedBytes: s.Figures.Bytes, SentBytes: s.Figures.SentBytes,
		Duplicate: s.Figures.Duplicates, Reordered: s.Figures.Reordered, Jitter: s.Figures.Jitter, MaxGap: s.Figures.Gap,
	}}
}
