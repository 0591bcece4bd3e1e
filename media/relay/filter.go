package relay

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// sampled is of how many packets that a filter keeps out one comes through, so that
// counters go on telling of what kind they are. It is a power of two.
const sampled = 1024

// rules are what the filter of a socket lets through. The zero value is everything.
type rules struct {
	source netip.AddrPort // invalid for anybody; port 0 for any of the host
	narrow bool           // RTP and RTCP of ssrc alone
	ssrc   uint32
}

// What a filter loads beside the datagram, which begins with the UDP header: see
// linux/filter.h.
const (
	fromNetwork = 1<<32 - 0x100000    // SKF_NET_OFF
	random      = 1<<32 - 0x1000 + 56 // SKF_AD_OFF + SKF_AD_RANDOM
	udpHeader   = 8
)

// program is classic BPF in the making. A test that fails goes on elsewhere.
type program struct {
	code   []unix.SockFilter
	passes []int // instructions whose success lets the packet through
	fails  []int // whose failure has it go to the sample
}

func (p *program) load(size uint16, at uint32) {
	p.code = append(p.code, unix.SockFilter{Code: unix.BPF_LD | size | unix.BPF_ABS, K: at})
}

// want goes on if what was loaded compares with k.
func (p *program) want(compare uint16, k uint32) {
	p.fails = append(p.fails, len(p.code))
	p.code = append(p.code, unix.SockFilter{Code: unix.BPF_JMP | compare | unix.BPF_K, K: k})
}

// pass lets the packet through if what was loaded is k.
func (p *program) pass(k uint32) {
	p.passes = append(p.passes, len(p.code))
	p.want(unix.BPF_JEQ, k)
}

// from wants the packet to be of a source.
func (p *program) from(a netip.AddrPort) {
	at, bytes := uint32(fromNetwork+12), a.Addr().AsSlice()
	if a.Addr().Is6() {
		at = fromNetwork + 8
	}
	for i := 0; i < len(bytes); i += 4 {
		p.load(unix.BPF_W, at+uint32(i))
		p.want(unix.BPF_JEQ, binary.BigEndian.Uint32(bytes[i:]))
	}
	if a.Port() != 0 {
		p.load(unix.BPF_H, 0)
		p.want(unix.BPF_JEQ, uint32(a.Port()))
	}
}

// program is the rules for the kernel.
func (r *rules) program() []unix.SockFilter {
	p := program{}
	if r.source.IsValid() {
		p.from(r.source)
	}
	if r.narrow {
		p.code = append(p.code, unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_LEN})
		p.want(unix.BPF_JGE, udpHeader+minRTP)
		p.load(unix.BPF_B, udpHeader)
		p.code = append(p.code, unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0xc0})
		p.want(unix.BPF_JEQ, 2<<6)
		p.load(unix.BPF_B, udpHeader+1)
		p.code = append(p.code, // RTCP has its SSRC in another place
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 192, Jf: 3},
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 224, Jt: 2})
		p.load(unix.BPF_W, udpHeader+4)
		p.pass(r.ssrc)
		p.load(unix.BPF_W, udpHeader+8)
		p.pass(r.ssrc)
	} else {
		p.code = append(p.code, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JA, K: 3})
	}
	sample := len(p.code)
	p.load(unix.BPF_W, random)
	p.code = append(p.code,
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: sampled - 1, Jt: 1},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1<<32 - 1}, // the whole of it
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K})               // nothing
	if !r.narrow {
		p.code[sample-1].K = 2
	}
	for _, i := range p.fails {
		p.code[i].Jf = uint8(sample - i - 1)
	}
	for _, i := range p.passes {
		p.code[i].Jt = uint8(sample + 2 - i - 1)
	}
	return p.code
}

// attach puts the filter of the rules on a socket, in place of another one, or takes it
// away.
func (r *rules) attach(fd int) error {
	if *r == (rules{}) {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
	}
	code := r.program()
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]})
}
