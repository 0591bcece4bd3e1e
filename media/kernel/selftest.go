package kernel

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/vishvananda/netlink"
)

// The self-test sends a packet this often, and waits so long for each.
const (
	testTries = 3
	testSSRC  = 0x53545247
	testWait  = 300 * time.Millisecond
)

// test carries a packet over loopback, with the program attached for the moment: it
// must come to another socket than it was sent to, under another SSRC, and a copy of it
// to the taker.
func (p *Plane) test() error {
	lo, err := p.loopback()
	if err != nil {
		return err
	}
	a, err := p.attachTo(lo, false)
	if err != nil {
		return fmt.Errorf("attach to %s: %w", lo.Attrs().Name, err)
	}
	defer func() { _ = a.detach() }() // what is not pinned ends with its descriptor
	defer a.release()
	var ends [3]*net.UDPConn // sender, the one sent to, receiver
	for i := range ends {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return err
		}
		defer c.Close()
		ends[i] = c
	}
	return p.carryOne(ends)
}

func (p *Plane) loopback() (netlink.Link, error) {
	links, err := p.routes.handle.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	for _, l := range links {
		if l.Attrs().Flags&net.FlagLoopback != 0 && l.Attrs().Flags&net.FlagUp != 0 {
			return l, nil
		}
	}
	return nil, errors.New("loopback is down")
}

func (p *Plane) carryOne(ends [3]*net.UDPConn) error {
	copied := make(tested, 1)
	var at [3]netip.AddrPort
	for i, c := range ends {
		at[i] = c.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	kept := p.routes
	p.routes = &routes{handle: kept.handle, local: true, known: map[route]answer{}}
	e, err := p.Install(Edge{
		Label: "self-test", Local: at[1], From: at[0], Out: at[1], To: at[2], SSRC: testSSRC, OutSSRC: testSSRC + 1, Clock: 8000, Types: []Type{{}},
		Taker: copied,
	}, Start{})
	p.routes = kept
	if err != nil {
		return err
	}
	defer p.copies.drain() // the slot is free then
	defer e.Remove()
	packet := []byte{0x80, 0, 0, 1, 0, 0, 0, 0, 0x53, 0x54, 0x52, 0x47, 0xff}
	got := make([]byte, len(packet)+1)
	for try := range testTries {
		packet[3] = byte(try + 1)
		if _, err := ends[0].WriteToUDPAddrPort(packet, at[1]); err != nil {
			return err
		}
		if err := ends[2].SetReadDeadline(time.Now().Add(testWait)); err != nil {
			return err
		}
		n, err := ends[2].Read(got)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		if err != nil {
			return err
		}
		if n != len(packet) || got[11] != packet[11]+1 {
			return fmt.Errorf("a packet came out changed: % x", got[:n])
		}
		return copied.wait()
	}
	return fmt.Errorf("no packet came through: figures %+v", e.Figures())
}

// tested takes the copies of the self-test.
type tested chan Copy

// Copied implements Taker.
func (t tested) Copied(c *Copy) {
	select {
	case t <- *c:
	default:
	}
}

// wait wants the copy.
func (t tested) wait() error {
	select {
	case c := <-t:
		if c.SSRC != testSSRC || c.Length != 1 {
			return fmt.Errorf("a copy has SSRC %x and %d bytes", c.SSRC, c.Length)
		}
		return nil
	case <-time.After(testWait):
		return errors.New("no copy of a packet came")
	}
}
