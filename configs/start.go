package configs

import (
	"fmt"
)

// What a call takes at the portable data plane.
const (
	portsPerCall = 4   // RTP and RTCP for each of two legs
	spareFDs     = 512 // listeners, phones on TCP, admin, files
)

// Host is what the machine offers, as far as it bounds the number of calls.
type Host struct {
	Descriptors int // RLIMIT_NOFILE of the process
	// EphemeralLow and EphemeralHigh are net.ipv4.ip_local_port_range: ports that
	// any program may be given, so an RTP port among them may be taken. Zero means
	// unknown.
	EphemeralLow, EphemeralHigh int
}

// Fit returns how many calls at once the machine and the port ranges hold, at most
// Limits.Calls, and a line that says why it is less, or "". Ports that the system
// gives to any program are not counted.
func (c *Config) Fit(h Host) (calls int, line string) {
	ports, shared := 0, 0
	for _, n := range c.Networks {
		for _, p := range n.RTP {
			ports += p.To - p.From + 1
			shared += max(0, min(p.To, h.EphemeralHigh)-max(p.From, h.EphemeralLow)+1)
		}
	}
	byPorts := max(0, ports-shared) / portsPerCall
	byFDs := max(0, h.Descriptors-spareFDs) / portsPerCall
	if c.Limits.Calls <= min(byPorts, byFDs) {
		return c.Limits.Calls, ""
	}
	calls = min(byPorts, byFDs)
	lowered := fmt.Sprintf("limit of calls lowered from %d to %d: ", c.Limits.Calls, calls)
	switch {
	case byFDs < byPorts:
		need := c.Limits.Calls*portsPerCall + spareFDs
		return calls, lowered + fmt.Sprintf("%d descriptors allow no more; raise the limit with: ulimit -n %d", h.Descriptors, need)
	case shared > 0:
		return calls, lowered + fmt.Sprintf("%d of %d RTP ports lie in ip_local_port_range %d-%d, which any program is given; choose ports below it",
			shared, ports, h.EphemeralLow, h.EphemeralHigh)
	default:
		return calls, lowered + fmt.Sprintf("%d RTP ports allow no more, a call takes %d; widen ports in the rtp blocks", ports, portsPerCall)
	}
}
