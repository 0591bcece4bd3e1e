package demo

import (
	"errors"
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

// ports are the RTP ports of one demo.
type ports struct{ node, seats, carrier portRange }

const (
	rtpPorts = 200 // of the node, of the seats, of the carrier
	maxTries = 50
	lowest   = 10000
	highest  = 20000 // RTP of a node beside us begins here
)

// findPorts finds RTP ports that nobody seems to have; the relay passes over one
// that somebody has.
func findPorts() (ports, error) {
	for range maxTries {
		base := uint16(lowest + 2*rand.IntN((highest-lowest-3*rtpPorts)/2))
		if free(base) && free(base+rtpPorts) {
			return ports{node: run(base), seats: run(base + rtpPorts), carrier: run(base + 2*rtpPorts)}, nil
		}
	}
	return ports{}, errors.New("no free RTP ports were found")
}

func run(from uint16) portRange { return portRange{from, from + rtpPorts - 1} }

func free(port uint16) bool {
	u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(near, port)))
	return err == nil && u.Close() == nil
}

// load reads a demo configuration and puts it on ports that nobody has: the system
// gives those of the listeners. The admin API keeps to its socket in data.
func (p ports) load(config, data string) (*configs.Config, error) {
	cfg, err := configs.Load(config, configs.Overrides{Data: data, RTPFrom: int(p.node.from), RTPTo: int(p.node.to)})
	if err != nil {
		return nil, err
	}
	cfg.AnyPorts()
	return cfg, nil
}
