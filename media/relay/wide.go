package relay

import "strowger/media/codec"

// settling is how many packets of G.722 are encoded anew when nothing is added any more:
// then what comes is encoded nearly as what went out, and its decoder notices no switch.
const settling = 25

// wide adds sound to the packets of a stream of G.722. It belongs to the outbound's mutex.
type wide struct {
	codec.G722Mixer
	left int // packets until it has settled
}

// mixWide adds what waits to a packet of G.722. The first one is only learnt from: a stream
// that is joined in its middle is understood after some milliseconds.
func (o *outbound) mixWide(codes []byte) {
	m, n := o.mixed, len(codes)
	learns := o.wide == nil
	if learns {
		o.wide = new(wide)
	}
	var packet, beside, low [maxStride * frame]int16
	o.wide.Follow(packet[:], codes)
	if learns || !m.next(beside[:n]) {
		o.wide.Pass(codes, packet[:n])
		return
	}
	o.wide.left = settling
	o.wide.Low(low[:n], beside[:n])
	m.sum(packet[:n], low[:n])
	o.wide.Put(codes, packet[:n])
}

// settle goes on with a stream to which something was added until a moment ago.
func (o *outbound) settle(codes []byte, payload uint8) {
	if f, ok := o.formatFor(payload); !ok || f != codec.G722 {
		return
	}
	if o.wide.left == 0 || len(codes) > maxStride*frame {
		o.wide = nil
		return
	}
	o.wide.left--
	var packet [maxStride * frame]int16
	o.wide.Follow(packet[:], codes)
	o.wide.Pass(codes, packet[:len(codes)])
}
