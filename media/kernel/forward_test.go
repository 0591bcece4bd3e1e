package kernel

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"testing"
)

// line is one direction from the caller to the agent, carried by the kernel.
type line struct {
	*world
	plane          *Plane
	entry          *Entry
	in, out        netip.AddrPort // of the switch
	from, to       *net.UDPConn   // of caller and agent
	behind, beyond *net.UDPConn   // the sockets of the switch, which are parked
}

const (
	theirs = 0x11223344
	ours   = 0xaabbccdd
)

func (w *world) line(p *Plane) *line {
	w.Helper()
	l := &line{world: w, plane: p, in: netip.AddrPortFrom(w.at.left, 20000), out: netip.AddrPortFrom(w.at.right, 20002)}
	l.from, l.to = w.caller.Listen(netip.AddrPortFrom(w.at.caller, 4000)), w.agent.Listen(netip.AddrPortFrom(w.at.agent, 5000))
	l.behind, l.beyond = w.exchange.Listen(l.in), w.exchange.Listen(l.out)
	l.install()
	return l
}

func (l *line) edge() Edge {
	return Edge{
		Label: "call/caller", Local: l.in, From: netip.AddrPortFrom(l.at.caller, 4000),
		Out: l.out, To: netip.AddrPortFrom(l.at.agent, 5000), SSRC: theirs, OutSSRC: ours,
		Seq: 1000, Timestamp: 0xfffffff0, Clock: 8000, DSCP: 46, Types: []Type{{From: 8, To: 9}},
	}
}

func (l *line) install() {
	l.Helper()
	e, err := l.plane.Install(l.edge(), Start{Highest: 99, Seen: 1})
	if err != nil {
		l.Fatal(err)
	}
	l.entry = e
}

// TestForward: what the caller says reaches the agent with our header and from our
// address, whatever did the checksums.
func TestForward(t *testing.T) {
	for _, at := range []addresses{v4, v6} {
		for _, how := range []Attach{TCX, Clsact} {
			for _, checksums := range []struct{ in, out string }{{"on", "on"}, {"on", "off"}, {"off", "on"}, {"off", "off"}} {
				name := fmt.Sprintf("%v attach %d offload %s %s", at.caller, how, checksums.in, checksums.out)
				t.Run(name, func(t *testing.T) {
					w := newWorld(t, at)
					// The sender leaves the checksum partial or not, and the way out
					// completes it or not; the agent's kernel checks a complete one.
					w.caller.Run("ethtool", "-K", "wire", "tx", checksums.in)
					w.exchange.Run("ethtool", "-K", "right", "tx", checksums.out)
					cfg := w.config()
					cfg.Attach = how
					l := w.line(w.open(cfg))
					l.carries(10)
				})
			}
		}
	}
}

// carries sends packets and wants each of them to come out.
func (l *line) carries(count int) {
	l.Helper()
	before := l.entry.Figures()
	seq := uint16(before.Highest + 1)
	for i := range count {
		payload := bytes.Repeat([]byte{byte(i)}, 160+i%2)
		send(l, l.from, rtpPacket(theirs, seq, uint32(i)*160, payload...), l.in)
		want := rtpPacket(ours, seq+1000, uint32(i)*160-16, payload...)
		want[1] = 9
		got, from := receive(l, l.to, soon)
		if !bytes.Equal(got, want) {
			l.Fatalf("packet %d:\n got % x\nwant % x\nfigures %+v", i, got, want, l.entry.Figures())
		}
		if from != l.out {
			l.Fatalf("packet %d comes from %v, want %v", i, from, l.out)
		}
		seq++
	}
	if b, _ := receive(l, l.behind, 1); b != nil {
		l.Errorf("a packet went up: % x", b)
	}
	f := l.entry.Figures()
	if f.Packets-before.Packets != uint64(count) || f.Sent-before.Sent != uint64(count) {
		l.Errorf("figures %+v after %+v, want %d packets more", f, before, count)
	}
}
