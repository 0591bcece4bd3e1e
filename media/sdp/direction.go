package sdp

// Direction is who speaks on a stream, seen by the side that wrote it (RFC 3264,
// section 5.1). The zero value is SendRecv, the default of SDP.
type Direction uint8

// The directions.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// String is the name of the SDP attribute.
func (d Direction) String() string {
	return [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}[d&3]
}

// Sends reports whether the writer speaks.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives reports whether the writer listens.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

// agree is our direction when we want d and the far side wrote far: we speak only
// to one who listens and listen only to one who speaks (RFC 3264, section 6.1).
func (d Direction) agree(far Direction) Direction {
	return directionOf(d.Sends() && far.Receives(), d.Receives() && far.Sends())
}

func directionOf(sends, receives bool) Direction {
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	}
	return Inactive
}

func parseDirection(name string) (Direction, bool) {
	for d := SendRecv; d <= Inactive; d++ {
		if d.String() == name {
			return d, true
		}
	}
	return SendRecv, false
}
