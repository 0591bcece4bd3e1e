package kernel

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Edge is what an entry carries: one direction of sound.
type Edge struct {
	Label     string         // names it among Survivors, up to 63 bytes
	Local     netip.AddrPort // where it comes in; the key
	From      netip.AddrPort // the locked source
	Out       netip.AddrPort // source of what goes out
	To        netip.AddrPort // where it goes
	SSRC      uint32         // of the source
	OutSSRC   uint32         // of what goes out
	Seq       uint16         // added to the sequence
	Timestamp uint32         // added to the timestamp
	Clock     int            // of the timestamp, Hz
	DSCP      int            // of what goes out, 0 to 63
	Length    int            // of every payload that is carried, in bytes; 0 for any
	Types     []Type         // that are carried
	Taker     Taker          // of copies of what is carried; nil for none
}

// Type is a payload type that is carried, and what goes out in its place.
type Type struct{ From, To uint8 }

// refused marks a payload type that goes up.
const refused = 0xff

// key is struct key of the program.
type key struct {
	Addr [16]byte
	Port [2]byte
	Zero [2]byte
}

// value is struct entry of the program.
type value struct {
	Deadline   uint64
	From       [16]byte
	Src, Dst   [16]byte
	FromPort   [2]byte
	SrcPort    [2]byte
	DstPort    [2]byte
	Seq        uint16
	SSRC       [4]byte
	OutSSRC    [4]byte
	Timestamp  uint32
	Ifindex    uint32
	Slot       uint32
	Generation uint32
	Unit       uint32
	TOS        uint8
	Copies     uint8
	Length     uint16
	Types      [128]byte
	Label      [64]byte
}

func port(p uint16) (b [2]byte) {
	binary.BigEndian.PutUint16(b[:], p)
	return b
}

func word(w uint32) (b [4]byte) {
	binary.BigEndian.PutUint32(b[:], w)
	return b
}

func keyOf(a netip.AddrPort) key {
	return key{Addr: a.Addr().As16(), Port: port(a.Port())}
}

// local is the address that a key stands for.
func (k key) local() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(k.Addr).Unmap(), binary.BigEndian.Uint16(k.Port[:]))
}

// value lays an edge out for the program; what depends on the plane is left out.
func (e *Edge) value() value {
	v := value{
		From: e.From.Addr().As16(), FromPort: port(e.From.Port()),
		Src: e.Out.Addr().As16(), SrcPort: port(e.Out.Port()),
		Dst: e.To.Addr().As16(), DstPort: port(e.To.Port()),
		SSRC: word(e.SSRC), OutSSRC: word(e.OutSSRC), Seq: e.Seq, Timestamp: e.Timestamp,
		Unit: uint32(int64(time.Second) << 12 / int64(e.Clock)), TOS: uint8(e.DSCP << 2), Length: uint16(e.Length),
	}
	for i := range v.Types {
		v.Types[i] = refused
	}
	for _, t := range e.Types {
		v.Types[t.From&0x7f] = t.To & 0x7f
	}
	copy(v.Label[:len(v.Label)-1], e.Label)
	return v
}
