package meter

import (
	"net/netip"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// methods are those that are counted by their name; the last is any other.
var methods = [...]string{
	"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "UPDATE", "PRACK", "REFER", "NOTIFY", "SUBSCRIBE",
	"MESSAGE", "PUBLISH", "other",
}

const nMethods = len(methods)

// method finds a method by its name.
func method(name []byte) int {
	for i, m := range methods {
		if string(name) == m {
			return i
		}
	}
	return nMethods - 1
}

// known are the statuses that are counted by themselves. Those before them stand for
// the others of their class.
var known = [...]int{
	100, 180, 181, 182, 183, 199, 200, 202, 204, 300, 301, 302, 305, 380,
	400, 401, 402, 403, 404, 405, 406, 407, 408, 410, 412, 413, 414, 415, 416, 417, 420, 421, 422, 423, 424, 428, 429, 433,
	436, 437, 438, 439, 440, 469, 470, 480, 481, 482, 483, 484, 485, 486, 487, 488, 489, 491, 493, 494,
	500, 501, 502, 503, 504, 505, 513, 580, 600, 603, 604, 606, 607, 608,
}

const (
	classes   = 6
	nStatuses = classes + len(known)
)

// place is where the count of a status is, by the status.
var place = func() (places [700]uint8) {
	for status := 100; status < len(places); status++ {
		places[status] = uint8(status/100 - 1)
	}
	for i, status := range known {
		places[status] = uint8(classes + i)
	}
	return places
}()

// code is the label of a place.
func code(place int) string {
	if place < classes {
		return strconv.Itoa(place+1) + "xx"
	}
	return strconv.Itoa(known[place-classes])
}

// counts are those of a trunk; the first index is 1 for what we send.
type counts struct {
	trunk     string
	requests  [2][nMethods]atomic.Uint64
	responses [2][nMethods][nStatuses]atomic.Uint64
}

// Trunk is how a trunk is known on the wire.
type Trunk struct {
	Name, Network string
	Addresses     []netip.Prefix
}

// Messages counts messages. Safe for concurrent use.
type Messages struct {
	all      []*counts // the first is for whoever is no trunk
	single   map[site]*counts
	wide     []wide
	resolved atomic.Pointer[map[site]*counts]
	shows    func(f transport.Flow) string
}

// site is an address on a network.
type site struct {
	network string
	address netip.Addr
}

// wide is a range of addresses.
type wide struct {
	network string
	prefix  netip.Prefix
	counts  *counts
}

// NewMessages counts for these trunks and for everybody else. shows names the trunk
// whose certificate a TLS flow showed, or returns ""; nil means that none does.
func NewMessages(trunks []Trunk, shows func(f transport.Flow) string) *Messages {
	m := &Messages{all: []*counts{{}}, single: map[site]*counts{}, shows: shows}
	for _, t := range trunks {
		c := &counts{trunk: t.Name}
		m.all = append(m.all, c)
		for _, p := range t.Addresses {
			if p.IsSingleIP() {
				m.single[site{t.Network, p.Addr()}] = c
			} else {
				m.wide = append(m.wide, wide{t.Network, p, c})
			}
		}
	}
	return m
}

// Resolved says at which addresses trunks are now that are known by name.
func (m *Messages) Resolved(trunks []Trunk) {
	found := map[site]*counts{}
	for _, t := range trunks {
		for _, p := range t.Addresses {
			found[site{t.Network, p.Addr()}] = m.named(t.Name)
		}
	}
	m.resolved.Store(&found)
}

// named are the counts of a trunk, or of whoever is none.
func (m *Messages) named(trunk string) *counts {
	for _, c := range m.all {
		if c.trunk == trunk {
			return c
		}
	}
	return m.all[0]
}

// Count counts a message that came or is sent by a flow. trunk is that of the leg that
// it belongs to, as one more than its place among the trunks, 0 if the leg is no
// trunk's, and below 0 if it is of no call that is known.
func (m *Messages) Count(f *transport.Flow, sent bool, g *message.Glance, trunk int) {
	way := 0
	if sent {
		way = 1
	}
	var c *counts
	if trunk < 0 || trunk >= len(m.all) {
		c = m.of(f)
	} else {
		c = m.all[trunk]
	}
	if g.Status == 0 {
		c.requests[way][method(g.Method)].Add(1)
	} else {
		c.responses[way][method(g.Method)][place[g.Status]].Add(1)
	}
}

// of is who a message is of that is of no call.
func (m *Messages) of(f *transport.Flow) *counts {
	address := site{f.Network, f.Remote.Addr().Unmap()}
	if c := m.single[address]; c != nil {
		return c
	}
	for i := range m.wide {
		if w := &m.wide[i]; w.network == address.network && w.prefix.Contains(address.address) {
			return w.counts
		}
	}
	if found := m.resolved.Load(); found != nil && (*found)[address] != nil {
		return (*found)[address]
	}
	if m.shows != nil && f.Proto == transport.TLS {
		return m.named(m.shows(*f))
	}
	return m.all[0]
}

var (
	requestsDesc  = prometheus.NewDesc("strowger_sip_requests_total", "Requests on the wire.", []string{"direction", "method", "trunk"}, nil)
	responsesDesc = prometheus.NewDesc("strowger_sip_responses_total", "Responses on the wire, by the method that they answer.", []string{"direction", "method", "code", "trunk"}, nil)
)

// Describe implements prometheus.Collector.
func (m *Messages) Describe(out chan<- *prometheus.Desc) {
	out <- requestsDesc
	out <- responsesDesc
}

// Collect implements prometheus.Collector: what never came is left out.
func (m *Messages) Collect(out chan<- prometheus.Metric) {
	emit := func(desc *prometheus.Desc, n uint64, labels ...string) {
		if n > 0 {
			out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), labels...)
		}
	}
	for _, c := range m.all {
		for way, direction := range []string{"in", "out"} {
			for i, name := range methods {
				emit(requestsDesc, c.requests[way][i].Load(), direction, name, c.trunk)
				for j := range nStatuses {
					emit(responsesDesc, c.responses[way][i][j].Load(), direction, name, code(j), c.trunk)
				}
			}
		}
	}
}
