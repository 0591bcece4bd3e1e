package relay

import (
	"net/netip"
	"time"

	"strowger/media"
	"strowger/media/kernel"
	"strowger/media/quality"
)

// The kernel plane carries what a party says while its edge is plain: what comes in
// goes out as it is, to one listener. A packet that comes to a socket meanwhile is
// handled here as ever, with the same sequence and timestamp.

const (
	refreshEvery = kernel.Lifetime / 3
	retryAfter   = 3 * time.Second // an edge that the kernel refused
	lookEvery    = time.Second     // at a stream that flows on in the kernel
	// quietAfter is how long nothing came when a stream is taken back: another source
	// that goes on with it must be seen, each packet of it.
	quietAfter = media.LatchSilence / 2
)

// carriage is an edge that the kernel carries. It belongs to the inbound's mutex.
type carriage struct {
	entry     *kernel.Entry
	to        *endpoint
	clock     int            // of the timestamps, Hz
	length    int            // of every payload; 0 for any
	last      kernel.Figures // that were added up
	refreshAt time.Time
	lookAt    time.Time
}

// flows tells that the kernel goes on carrying what e's party says, so that a sweep need
// not look at it. elapsed is kernel.Monotonic.
func (e *endpoint) flows(now time.Time, elapsed time.Duration) bool {
	e.in.Lock()
	defer e.in.Unlock()
	c := e.in.carried
	return c != nil && now.Before(c.lookAt) && elapsed-c.entry.Last() < quietAfter && !c.entry.Stale()
}

// handOver has the kernel carry what e's party says if its edge is plain. It follows
// a packet, so that the next one is some time off; while somebody changes who hears
// whom, it waits for the next. It is called without a lock.
func (e *endpoint) handOver(now time.Time) {
	p := e.plane
	if !p.mu.TryLock() {
		return
	}
	defer p.mu.Unlock()
	e.wanted.Store(false)
	r := e.route.Load()
	if r == nil || len(*r) != 1 || !(*r)[0].to.locked() {
		return
	}
	e.in.Lock()
	defer e.in.Unlock()
	way := &(*r)[0]
	way.to.out.Lock()
	defer way.to.out.Unlock()
	if !e.in.plain(now) || !way.to.out.plain(way.epoch, e.in.ssrc) {
		return
	}
	edge := e.edge(way)
	if len(edge.Types) == 0 || !p.kernel.Covers(edge.Local.Addr()) {
		return
	}
	at := e.in.quality.Position()
	start := kernel.Start{Highest: at.Highest, Seen: at.Seen, Jitter: at.Jitter, Last: kernel.Monotonic() - now.Sub(at.Last)}
	entry, err := p.kernel.Install(edge, start)
	if err != nil {
		p.refusedByKernel(e, now, err)
		return
	}
	p.counters.HandOvers.Add(1)
	p.carried.Add(1)
	e.in.carried = &carriage{
		entry: entry, to: way.to, clock: edge.Clock, length: edge.Length, refreshAt: now.Add(refreshEvery),
		last: kernel.Figures{Highest: start.Highest, Last: start.Last},
	}
	way.to.out.carrier = e
}

func (p *Plane) refusedByKernel(e *endpoint, now time.Time, err error) {
	e.in.retryAt = now.Add(retryAfter)
	p.counters.KernelErrors.Add(1)
	p.kernelLines.Do(func() { p.log.Warn("the kernel plane cannot carry a stream", "leg", e.label, "error", err) })
}

// locked tells whether the party's own source is known, so that what is sent to it
// goes where it will go on going.
func (e *endpoint) locked() bool {
	e.in.Lock()
	defer e.in.Unlock()
	return e.in.latch.source.IsValid()
}

// plain tells that nothing here needs what the party says, but the listener.
func (in *inbound) plain(now time.Time) bool {
	return !in.closed && in.carried == nil && in.latch.settled(now) && in.hasSSRC && in.opener == nil && in.ear.byCopy() &&
		in.silence.Known() && !in.keys.Held(now) && in.encoding == in.sound
}

// plain tells that nothing is sent but what a source says, which was joined already.
func (o *outbound) plain(epoch, source uint32) bool {
	return o.epoch == epoch && o.open && o.to.IsValid() && o.player == nil && o.mixed == nil && o.wide == nil && o.sealer == nil && !o.dialler.busy() &&
		!o.fresh && !o.spoke && o.source == source && o.carrier == nil && o.packer == nil && o.filler == nil
}

// edge describes a direction to the kernel. Both halves are locked.
func (e *endpoint) edge(way *edge) kernel.Edge {
	out := &way.to.out
	k := kernel.Edge{
		Label: e.label, Local: e.bound(), From: e.in.latch.source, Out: way.to.bound(), To: out.to.AddrPort(),
		SSRC: e.in.ssrc, OutSSRC: out.ssrc, Seq: out.seqOffset, Timestamp: out.tsOffset, DSCP: e.plane.dscp,
	}
	for _, p := range e.in.payloads {
		if p.Encoding == e.in.encoding {
			k.Clock = p.Clock
		}
	}
	if e.in.ear != nil {
		k.Taker = e
	}
	for _, t := range way.types {
		if !t.convert && t.clock == k.Clock && e.in.isSound(t.from) {
			k.Types = append(k.Types, kernel.Type{From: t.from, To: t.to})
			if _, ok := formatOf(t.listens); ok {
				k.Length = out.size
			}
		}
	}
	return k
}

// isSound tells that a payload type is neither digits nor comfort noise, which are looked
// at; what it goes with is taken back meanwhile.
func (in *inbound) isSound(payload uint8) bool {
	p := in.payload(payload)
	return p != nil && p.Encoding != telephoneEvent && p.Encoding != "CN" && payload != comfortNoise
}

// bound is the address of the RTP socket.
func (e *endpoint) bound() netip.AddrPort {
	addr, port := e.plane.networkOf(e.pair).local(e.pair)
	return netip.AddrPortFrom(addr.Bind, port)
}

// catchUp adds up what the kernel counted. It needs the inbound's mutex.
func (e *endpoint) catchUp(now time.Time) {
	if c := e.in.carried; c != nil {
		e.add(c, c.entry.Figures(), now)
	}
}

// catchUpSource adds up what the kernel counted of whom e's party hears.
func (e *endpoint) catchUpSource() {
	e.out.Lock()
	source := e.out.carrier
	e.out.Unlock()
	if source != nil {
		source.in.Lock()
		source.catchUp(e.plane.now())
		source.in.Unlock()
	}
}

// takeBack ends what the kernel carries of e's party. It needs the inbound's mutex.
func (e *endpoint) takeBack(now time.Time) {
	c := e.in.carried
	if c == nil {
		return
	}
	e.add(c, c.entry.Remove(), now)
	e.in.carried = nil
	e.plane.carried.Add(-1)
	e.plane.counters.TakeBacks.Add(1)
	c.to.out.Lock()
	c.to.out.carrier = nil
	c.to.out.Unlock()
}

// reconsider takes back what a packet shows not to be plain any more: its stream begins
// anew, or it is no sound, or of another packet time. It needs the inbound's mutex.
func (e *endpoint) reconsider(now time.Time, h *header, forward, anew bool) {
	c := e.in.carried
	if c != nil && (anew || forward && (!e.in.isSound(h.payload) || c.length != 0 && h.end-h.start != c.length)) {
		e.takeBack(now)
	}
}

// recall takes back what the kernel carries to e's party, who is sent to elsewhere from
// now on. It is called without a lock.
func (e *endpoint) recall(now time.Time) {
	e.out.Lock()
	source := e.out.carrier
	e.out.Unlock()
	if source != nil {
		source.in.Lock()
		source.takeBack(now)
		source.in.Unlock()
	}
}

// surface takes back what the kernel carries of and to e's party, before their needs
// change. It needs the plane's mutex, which no hand-over goes without.
func (e *endpoint) surface() {
	if e.plane.kernel == nil {
		return
	}
	now := e.plane.now()
	e.in.Lock()
	e.takeBack(now)
	e.in.Unlock()
	e.recall(now)
}

// add counts what the kernel did since the last time. It needs the inbound's mutex.
func (e *endpoint) add(c *carriage, f kernel.Figures, now time.Time) {
	last, counters := c.last, &e.plane.counters
	c.last = f
	e.in.foreign += f.Foreign - last.Foreign
	counters.Foreign.Add(f.Foreign - last.Foreign)
	counters.Limited.Add(f.Limited - last.Limited)
	counters.Uncopied.Add(f.Uncopied - last.Uncopied)
	if f.Packets == last.Packets {
		return
	}
	start := now.Add(-kernel.Monotonic())
	heard := start.Add(f.Last)
	e.in.bytes += f.Bytes - last.Bytes
	if heard.After(e.in.watch.last) {
		e.in.watch.heardRTP(heard, false)
	}
	if l := &e.in.latch; heard.After(l.heard) {
		l.keep(heard, &header{ssrc: e.in.ssrc, seq: uint16(f.Highest)})
	}
	if p := e.in.payload(f.Payload); p != nil {
		e.in.encoding, e.in.sound = p.Encoding, p.Encoding
	}
	switch looked := f.Looked - last.Looked; {
	case e.in.ear != nil: // its copies are looked at
	case looked > 0:
		e.in.silence.Elsewhere(looked, f.Heard-last.Heard, start.Add(last.Last), start.Add(f.Loud), heard)
	default:
		e.in.silence.Pause() // it is not looked at there
	}
	e.in.quality.Add(quality.Elsewhere{
		Packets: f.Packets - last.Packets, Duplicates: f.Duplicates - last.Duplicates, Reordered: f.Reordered - last.Reordered,
		Highest: f.Highest, Seen: f.Seen, Jitter: f.Jitter, MaxGap: f.Gap, Last: heard,
	})
	counters.Received.Add(f.Packets - last.Packets)
	counters.Duplicate.Add(f.Duplicates - last.Duplicates)
	counters.Sent.Add(f.Sent - last.Sent)
	counters.Carried.Add(f.Sent - last.Sent)
	c.to.out.Lock()
	defer c.to.out.Unlock()
	c.to.out.add(f.Sent-last.Sent, f.SentBytes-last.SentBytes, now)
	c.to.out.reach(uint16(f.Highest), f.HighestTimestamp, start.Add(f.At), c.clock)
}

// tend is called with each sweep: it keeps up with the kernel, moves deadlines, and
// has a plain edge handed over with its next packet. It needs the inbound's mutex.
func (e *endpoint) tend(now time.Time) {
	p := e.plane
	if p.kernel == nil {
		return
	}
	e.catchUp(now)
	c := e.in.carried
	if c != nil {
		c.lookAt = now.Add(lookEvery)
	}
	switch {
	case c == nil:
		e.wanted.Store(e.in.plain(now) && !now.Before(e.in.retryAt))
	case now.Sub(e.in.latch.heard) >= quietAfter:
		e.takeBack(now)
	case !now.Before(c.refreshAt), c.entry.Stale():
		c.refreshAt = now.Add(refreshEvery)
		if err := c.entry.Refresh(); err != nil {
			e.takeBack(now)
			p.refusedByKernel(e, now, err)
		}
	}
}
