package exchange_test

import (
	"errors"
	"fmt"
	"net/netip"

	"strowger/sip/transport"
)

// stream is the connection of a party on TCP, which listens at its address: number
// 0 while there is none.
type stream struct {
	flow transport.Flow
	last uint64
}

func (p *party) overTCP() {
	p.stream = &stream{}
	p.stream.reset(p)
}

// reset is the flow of a party without a connection.
func (s *stream) reset(p *party) {
	s.flow = flowTo(p.addr)
	s.flow.Listener, s.flow.Proto = "tcp", transport.TCP
}

// opened is the connection of a party that sends: the one there is, or a new one
// from any port.
func (s *stream) opened(p *party) transport.Flow {
	if s.flow.Conn == 0 {
		s.last++
		s.flow.Conn = s.last
		s.flow.Remote = netip.AddrPortFrom(p.addr.Addr(), 40000+uint16(s.last))
	}
	return s.flow
}

// dialled tells whether the switch can send by a flow; a flow without a number
// takes the connection to its address, or makes one.
func (s *stream) dialled(p *party, f transport.Flow) bool {
	if f.Conn != 0 || f.Remote == s.flow.Remote && s.flow.Conn != 0 {
		return f.Conn == 0 || f == s.flow
	}
	if f.Remote != p.addr {
		return false // nobody listens there
	}
	s.reset(p)
	s.last++
	s.flow.Conn = s.last
	return true
}

// close ends the connection.
func (s *stream) close(p *party) {
	p.log(p.name, fmt.Sprintf("closes connection %d", s.flow.Conn))
	broken := s.flow
	s.reset(p)
	p.x.Broken(broken, errors.New("closed by peer"))
}

// note is what a transcript says of the connection.
func (s *stream) note() string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf(" by connection %d", s.flow.Conn)
}
