package relay

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"strowger/media"
	"strowger/media/kernel"
)

// Config describes a plane.
type Config struct {
	// Networks by name. At least one.
	Networks map[string]Network
	// DSCP of what is sent, 0 to 63; 46 (expedited forwarding) is usual for sound.
	// 0 leaves packets unmarked.
	DSCP int
	// Rest is how long a pair that carried a packet is kept from reuse, 30 s to 60 s;
	// 0 means 45 s.
	Rest time.Duration
	// Linger is the time between two wake-ups of a worker under load, up to 10 ms:
	// more costs delay and saves CPU. 0 means 1 ms, below 0 means none.
	Linger time.Duration
	// Workers is the number of goroutines that carry packets, up to 64; 0 means one
	// for each processor.
	Workers int
	// Kernel carries what is plain; nil leaves all to the sockets. The plane closes it.
	Kernel *kernel.Plane
	// Orphaned is told of the streams that the kernel carried on for a former process and
	// that were ended, as no call claimed them within 10 s, all at once; nil means nobody.
	// It must not block.
	Orphaned func([]Orphan)
	// Disallowed is told of an address in SDP that is sent nothing, as the network or the
	// trunk does not list it, and of the leg's label; nil means nobody. It must not block.
	Disallowed func(network string, to netip.AddrPort, label string)
}

// Orphan is a stream of a former process.
type Orphan struct {
	Label string // of its endpoint
	Local netip.AddrPort
	Stats media.Stats // of the kernel: of one direction, since it was handed over
}

// Network is where one network's sound comes and goes.
type Network struct {
	Addresses []Addr // each has all ports of the range
	// PortMin and PortMax bound the RTP and RTCP ports, both inclusive. Keep them
	// out of net.ipv4.ip_local_port_range.
	PortMin, PortMax uint16
	// Allow lists where sound may be sent, and so which sources may be locked to. At
	// least one; see Anywhere.
	Allow []netip.Prefix
}

// Anywhere is an Allow that lists every address.
func Anywhere() []netip.Prefix {
	return []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)}
}

// Addr is an address of the node.
type Addr struct {
	Bind       netip.Addr // that sockets are bound to; not unspecified
	Advertised netip.Addr // that SDP says; zero means Bind
}

const (
	defaultRest   = 45 * time.Second
	minRest       = 30 * time.Second
	maxRest       = 60 * time.Second
	defaultLinger = time.Millisecond
	maxLinger     = 10 * time.Millisecond
	maxWorkers    = 64
)

// check reports every fault of the configuration.
func (c *Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(c.Networks) == 0 {
		fault("no network has RTP addresses: give at least one")
	}
	if c.DSCP < 0 || c.DSCP > 63 {
		fault("DSCP %d is not in 0 to 63", c.DSCP)
	}
	if c.Rest != 0 && (c.Rest < minRest || c.Rest > maxRest) {
		fault("rest of %v is not in %v to %v", c.Rest, minRest, maxRest)
	}
	if c.Linger > maxLinger {
		fault("linger of %v is above %v", c.Linger, maxLinger)
	}
	if c.Workers < 0 || c.Workers > maxWorkers {
		fault("%d workers are not in 0 to %d", c.Workers, maxWorkers)
	}
	seen := map[netip.Addr]string{}
	for name, n := range c.Networks {
		if err := n.check(); err != nil {
			fault("network %q: %w", name, err)
		}
		for _, a := range n.Addresses {
			if other, ok := seen[a.Bind]; ok && (other == name || c.Networks[other].overlaps(n)) {
				fault("networks %q and %q share RTP ports on %v: give them ranges apart", other, name, a.Bind)
			}
			seen[a.Bind] = name
		}
	}
	return errors.Join(faults...)
}

func (n Network) check() error {
	if len(n.Addresses) == 0 {
		return errors.New("no RTP address")
	}
	for _, a := range n.Addresses {
		if !a.Bind.IsValid() || a.Bind.IsUnspecified() {
			return fmt.Errorf("RTP address %v: name one address of the node", a.Bind)
		}
	}
	if len(n.Allow) == 0 {
		return errors.New("sound may be sent nowhere: list addresses in allow")
	}
	if n.pairs() == 0 {
		return fmt.Errorf("RTP ports %d to %d hold no pair of an even and the next odd port", n.PortMin, n.PortMax)
	}
	return nil
}

// first is the lowest even port of the range.
func (n Network) first() int { return int(n.PortMin) + int(n.PortMin)&1 }

// pairs is the number of pairs of the range on one address.
func (n Network) pairs() int {
	if n.PortMin == 0 {
		return 0
	}
	return max(0, int(n.PortMax)-n.first()+1) / 2
}

func (n Network) overlaps(o Network) bool {
	return n.PortMin <= o.PortMax && o.PortMin <= n.PortMax
}
