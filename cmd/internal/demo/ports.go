package demo

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"

	"strowger/configs"
)

// near is where node and seats are, far where the demo's carrier is.
var (
	near = netip.MustParseAddr("127.0.0.1")
	far  = netip.MustParseAddr("127.0.0.2")
)

// portRange is a range of RTP ports, both included.
type portRange struct{ from, to uint16 }

// ports are those of one demo.
type ports struct {
	sip, trunk, admin    netip.AddrPort
	node, seats, carrier portRange
}

const (
	rtpPorts = 200 // of the node, of the seats, of the carrier
	maxTries = 50
	lowest   = 10000
	highest  = 20000 // RTP of a node beside us begins here
)

// findPorts finds ports that nobody has now.
func findPorts() (ports, error) {
	var p ports
	for range maxTries {
		sip, err := free(near, 0)
		if err != nil {
			return p, err
		}
		trunk, err := free(far, 0)
		if err != nil {
			return p, fmt.Errorf("no port at %s, where the demo's carrier is: %w", far, err)
		}
		admin, err := free(near, 0)
		if err != nil {
			return p, err
		}
		base := uint16(lowest + 2*rand.IntN((highest-lowest-3*rtpPorts)/2))
		p = ports{sip: sip, trunk: trunk, admin: admin, node: run(base), seats: run(base + rtpPorts), carrier: run(base + 2*rtpPorts)}
		_, busy := free(near, base)
		_, busyToo := free(near, base+rtpPorts)
		if sip != admin && busy == nil && busyToo == nil {
			return p, nil
		}
	}
	return p, errors.New("no free ports were found")
}

func run(from uint16) portRange { return portRange{from, from + rtpPorts - 1} }

// free finds a port that is free for both UDP and TCP; 0 means any.
func free(a netip.Addr, port uint16) (netip.AddrPort, error) {
	u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, port)))
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer u.Close()
	found := netip.AddrPortFrom(a, u.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	t, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(found))
	if err != nil {
		return netip.AddrPort{}, err
	}
	return found, t.Close()
}

// overrides put a demo configuration on these ports.
func (p ports) overrides() configs.Overrides {
	return configs.Overrides{
		SIPPort: int(p.sip.Port()), TrunkPort: int(p.trunk.Port()), AdminHTTP: p.admin,
		RTPFrom: int(p.node.from), RTPTo: int(p.node.to),
	}
}
