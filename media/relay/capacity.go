package relay

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	socketsOfCall = 4               // RTP and RTCP of two legs
	reserved      = 256 + 2*maxKept // descriptors for everything that is not a call's RTP
)

// Capacity is how many calls of two legs a node can hold.
type Capacity struct {
	Calls       int // the lesser of what follows
	Ports       int // by port pairs of all networks, none resting
	Descriptors int // by RLIMIT_NOFILE, less 512 for everything else
}

// Capacity compares the plane's ports with the process's descriptor limit. It does
// not know how calls spread over networks: one that runs out ends calls sooner.
func (p *Plane) Capacity() (Capacity, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return Capacity{}, fmt.Errorf("read RLIMIT_NOFILE: %w", err)
	}
	return capacity(len(p.slots), limit.Cur), nil
}

func capacity(pairs int, descriptors uint64) Capacity {
	c := Capacity{Ports: pairs / 2}
	if descriptors > reserved {
		c.Descriptors = int(min(descriptors-reserved, 1<<31) / socketsOfCall)
	}
	c.Calls = min(c.Ports, c.Descriptors)
	return c
}
