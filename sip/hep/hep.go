// Package hep sends the SIP messages of calls to a capture server such as Homer, by
// HEP version 3 over UDP.
//
// # Contract
//
//   - A Sender reads the ring of messages (package trace) behind the calls: it never
//     makes one wait, and takes nothing from them but what the ring costs anyway. If
//     it falls so far behind that the ring goes round, what it missed is counted.
//   - All messages of a call, of all its legs, have the call's name as correlation id.
//     Until it is known whose call a dialog is, its messages wait, some seconds at
//     most; those that a node carries for the call of another node have their Call-ID
//     instead. What never became a call is not sent, but for the methods of
//     Config.Others, which have their Call-ID.
//   - A share of the calls is sent, each whole or not at all, the same calls on every
//     node. Which parties' messages are sent is said by Config.Wants.
//   - Secrets are masked, as in everything that leaves the ring.
//
// # Limits
//
// maxDialogs, maxWaiting and the ring bound what is kept; a message that does not fit
// a datagram is left out and counted.
package hep

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"strowger/sip/trace"
)

// interval is how often the ring is read.
const interval = 100 * time.Millisecond

// writeTime bounds the wait for room in the socket. A busy machine may take long before
// it goes on with a message, and none is to be lost for that.
const writeTime = time.Second

// Config is what a Sender is told.
type Config struct {
	Server netip.AddrPort
	Agent  uint32  // number of this node
	Name   string  // of this node
	Key    string  // that the server wants; "" is none
	Part   float64 // of the calls that are sent, and of the Call-IDs of others, 0 to 1
	// Wants tells whether the messages of a party, as the ledger writes it, are sent.
	Wants func(party string) bool
	// Others are the methods of no call that are sent, such as REGISTER; nil means none.
	Others []string
	// WantsOther tells whether what is of no call is sent that comes from an address or
	// goes there; nil means that all is.
	WantsOther func(remote netip.Addr) bool
}

// Counters of a Sender.
type Counters struct {
	Sent    atomic.Uint64 // messages sent
	Failed  atomic.Uint64 // messages that could not be sent
	TooLong atomic.Uint64 // messages that do not fit a packet
	Missed  atomic.Uint64 // times that the ring went round before it was read
}

// Sender sends messages until Close.
type Sender struct {
	cfg        Config
	conn       net.Conn
	packet     []byte
	counters   Counters
	stop, done chan struct{}
}

// New begins to send what comes into a ring from now on.
func New(cfg Config, ring *trace.Ring) (*Sender, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(cfg.Server))
	if err != nil {
		return nil, fmt.Errorf("homer at %s: %w", cfg.Server, err)
	}
	s := &Sender{cfg: cfg, conn: conn, stop: make(chan struct{}), done: make(chan struct{})}
	var others *trace.Tail
	if len(cfg.Others) > 0 {
		others = ring.OtherTail(cfg.Others...)
	}
	go s.run(ring.Tail(), others)
	return s, nil
}

// Counters are the live figures.
func (s *Sender) Counters() *Counters { return &s.counters }

// Close sends what has come and stops. The ring must still be there.
func (s *Sender) Close() error {
	close(s.stop)
	<-s.done
	return s.conn.Close()
}

func (s *Sender) run(tail, others *trace.Tail) {
	defer close(s.done)
	c := newCapture(s.cfg.Part, s.cfg.Wants, s.send)
	again := time.NewTicker(interval)
	defer again.Stop()
	for open := true; open; {
		select {
		case <-again.C:
		case <-s.stop:
			open = false
		}
		now := time.Now()
		if !tail.Read(c.leg, func(m trace.Message) { c.message(now, m) }) {
			s.counters.Missed.Add(1)
		}
		c.due(now)
		if others != nil && !others.Read(func(string, trace.Leg) {}, func(m trace.Message) { s.other(c, &m) }) {
			s.counters.Missed.Add(1)
		}
	}
}

// other takes a message of no call.
func (s *Sender) other(c *capture, m *trace.Message) {
	if c.sampled(m.CallID) && (s.cfg.WantsOther == nil || s.cfg.WantsOther(m.Remote.Addr())) {
		s.send(m, m.CallID)
	}
}

// send sends a message.
func (s *Sender) send(m *trace.Message, correlation string) {
	p := Packet{
		At: m.At, UDP: m.Proto == "udp", Source: m.Remote, Target: m.Local, Agent: s.cfg.Agent, Name: s.cfg.Name, Key: s.cfg.Key,
		Correlation: correlation, Payload: m.Bytes(),
	}
	if m.Sent {
		p.Source, p.Target = p.Target, p.Source
	}
	var err error
	if s.packet, err = p.Append(s.packet[:0]); err != nil {
		s.counters.TooLong.Add(1)
		return
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTime)) // the write fails as well
	if _, err := s.conn.Write(s.packet); err != nil {
		s.counters.Failed.Add(1)
		return
	}
	s.counters.Sent.Add(1)
}
