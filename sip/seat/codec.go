package seat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"
	"unique"

	"strowger/sip/transport"
)

// The record of a seat's bindings: a version byte, their number, and for each its
// fields in the order of the type. Texts and addresses have a length before them,
// numbers are varints, q is in thousandths (RFC 3261 section 20.10), times are
// in Unix milliseconds, 0 for none.
const codecVersion = 1

// ErrBadRecord means that a stored record cannot be read.
var ErrBadRecord = errors.New("stored record cannot be read")

func encodeBindings(bindings []Binding) []byte {
	b := make([]byte, 0, 2+320*len(bindings))
	b = append(b, codecVersion)
	b = binary.AppendUvarint(b, uint64(len(bindings)))
	for i := range bindings {
		b = appendBinding(b, &bindings[i])
	}
	return b
}

func appendBinding(b []byte, v *Binding) []byte {
	b = appendText(b, v.Contact)
	b = appendText(b, v.Flow.Node)
	b = appendText(b, v.Flow.Listener)
	b = appendText(b, v.Flow.Network)
	b = appendText(b, string(v.Flow.Proto))
	b = appendAddr(b, v.Flow.Advertised)
	b = appendAddr(b, v.Flow.Remote)
	b = binary.AppendUvarint(b, v.Flow.Conn)
	b = binary.AppendUvarint(b, uint64(len(v.Path)))
	for _, p := range v.Path {
		b = appendText(b, p)
	}
	b = appendText(b, v.Instance)
	b = binary.AppendVarint(b, int64(v.RegID))
	b = binary.AppendUvarint(b, uint64(math.Round(min(max(v.Q, 0), 1)*1000)))
	b = appendText(b, v.CallID)
	b = binary.AppendUvarint(b, uint64(v.CSeq))
	b = appendText(b, v.UserAgent)
	b = binary.AppendVarint(b, millis(v.Registered))
	return binary.AppendVarint(b, millis(v.Expires))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// maxZone is the longest IPv6 zone that is kept, in bytes: no interface's name is
// longer, and the length of an address stays one byte.
const maxZone = 32

func appendAddr(b []byte, a netip.AddrPort) []byte {
	if len(a.Addr().Zone()) > maxZone {
		a = netip.AddrPortFrom(a.Addr().WithZone(""), a.Port())
	}
	at := len(b)
	b = append(b, 0)
	b, _ = a.AppendBinary(b) // its error is always nil
	b[at] = byte(len(b) - at - 1)
	return b
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func decodeBindings(record []byte) ([]Binding, error) {
	if len(record) == 0 || record[0] != codecVersion {
		return nil, fmt.Errorf("%w: bindings of an unknown version", ErrBadRecord)
	}
	// One copy for all texts: they are parts of it.
	d := decoder{rest: string(record[1:])}
	n := d.uint(MaxBindings)
	bindings := make([]Binding, n)
	for i := range bindings {
		d.binding(&bindings[i])
	}
	if d.bad || d.rest != "" {
		return nil, fmt.Errorf("%w: bindings are damaged", ErrBadRecord)
	}
	return bindings, nil
}

// decoder reads fields off the front of rest; after a fault it gives zeros.
type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) binding(v *Binding) {
	v.Contact = d.text()
	v.Flow.Node = d.name()
	v.Flow.Listener = d.name()
	v.Flow.Network = d.name()
	v.Flow.Proto = transport.Proto(d.name())
	v.Flow.Advertised = d.addr()
	v.Flow.Remote = d.addr()
	v.Flow.Conn = d.uint(math.MaxUint64)
	if n := d.uint(uint64(len(d.rest))); n > 0 {
		v.Path = make([]string, n)
	}
	for i := range v.Path {
		v.Path[i] = d.text()
	}
	v.Instance = d.text()
	v.RegID = int(d.int())
	v.Q = float64(d.uint(1000)) / 1000
	v.CallID = d.text()
	v.CSeq = uint32(d.uint(math.MaxUint32))
	v.UserAgent = d.text()
	v.Registered = d.time()
	v.Expires = d.time()
}

func (d *decoder) fail() {
	d.bad, d.rest = true, ""
}

// uint reads a number of at most limit.
func (d *decoder) uint(limit uint64) uint64 {
	var v uint64
	for i := range min(len(d.rest), binary.MaxVarintLen64) {
		c := d.rest[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c >= 0x80 {
			continue
		}
		if v > limit || (i == binary.MaxVarintLen64-1 && c > 1) {
			break
		}
		d.rest = d.rest[i+1:]
		return v
	}
	d.fail()
	return 0
}

func (d *decoder) int() int64 {
	v := d.uint(math.MaxUint64)
	return int64(v>>1) ^ -int64(v&1)
}

func (d *decoder) text() string {
	n := d.uint(uint64(len(d.rest)))
	if n > uint64(len(d.rest)) {
		d.fail()
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

// name reads a text of which there are few: a call keeps it, and not the record.
func (d *decoder) name() string { return unique.Make(d.text()).Value() }

func (d *decoder) addr() netip.AddrPort {
	s := d.text()
	var a netip.AddrPort
	if err := a.UnmarshalBinary([]byte(s)); err != nil {
		d.fail()
	}
	return a
}

func (d *decoder) time() time.Time {
	ms := d.int()
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
