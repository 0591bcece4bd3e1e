package media

import (
	"net/netip"
	"time"
)

// Stats are the figures of one endpoint, by RFC 3550 (section 6.4.1, A.3, A.8).
type Stats struct {
	Received      uint64 `json:"received"`       // RTP packets accepted from the far side
	Sent          uint64 `json:"sent"`           // RTP packets sent to it
	ReceivedBytes uint64 `json:"received_bytes"` // RTP payload
	SentBytes     uint64 `json:"sent_bytes"`     // RTP payload
	// Lost is expected minus received; duplicates make it negative. Loss is the share of
	// the expected packets that did not come, 0 to 1.
	Lost       int64         `json:"lost"`
	Loss       float64       `json:"loss"`
	Duplicate  uint64        `json:"duplicate"`
	Reordered  uint64        `json:"reordered"`
	Jitter     time.Duration `json:"jitter_ns"`      // interarrival jitter
	MaxGap     time.Duration `json:"max_gap_ns"`     // longest time between two packets, but for hold and comfort noise
	Silence    time.Duration `json:"silence_ns"`     // how long its sound has been below -60 dBm0 now; of G.711, and of G.722 where the kernel does not carry it
	MaxSilence time.Duration `json:"max_silence_ns"` // the longest time that it was
	Silent     bool          `json:"silent"`         // at least 10 s of sound came, and all of it was silent
	Foreign    uint64        `json:"foreign"`        // packets from another source than the locked one, or one that may not be locked to; of a flood those too that are forged in the party's name
	Invalid    uint64        `json:"invalid"`        // not RTP, RTCP or STUN
	// Undecrypted are SRTP or SRTCP that its key does not prove, or that came before.
	Undecrypted  uint64        `json:"undecrypted"`
	Overrun      uint64        `json:"overrun"` // packets that this node had no time for: it is overloaded; they are lost
	RTCPReceived uint64        `json:"rtcp_received"`
	RTCPSent     uint64        `json:"rtcp_sent"`
	RoundTrip    time.Duration `json:"round_trip_ns"` // from the far side's last RTCP report; 0 if unknown
	FarLoss      float64       `json:"far_loss"`      // share of our packets lost by that report, 0 to 1
	FarJitter    time.Duration `json:"far_jitter_ns"` // of our packets by that report
	// First and Last are of received RTP; zero if none came.
	First    time.Time      `json:"first,omitzero"`
	Last     time.Time      `json:"last,omitzero"`
	MOS      float64        `json:"mos"`      // 1.0 to 4.5 by the E-model; 0 if nothing was received
	Encoding string         `json:"encoding"` // of the last packet of sound received
	Source   netip.AddrPort `json:"source,omitzero"`
	// SRTP is the suite that protects the sound both ways, as SDP names it; "" is plain RTP.
	SRTP string `json:"srtp,omitempty"`
	// Converted are packets that were sent in another codec than they came in.
	Converted uint64 `json:"converted,omitempty"`
	// ConvertedFrom and ConvertedTo are the encodings of the last of them; "" for none.
	ConvertedFrom string `json:"converted_from,omitempty"`
	ConvertedTo   string `json:"converted_to,omitempty"`
	// PTime is the packet time of the last packet received, if it was of G.711 or G.722;
	// else 0.
	PTime time.Duration `json:"ptime_ns,omitempty"`
	// InKernel tells that the kernel carries what the party says now.
	InKernel bool    `json:"in_kernel,omitempty"`
	Playout  Playout `json:"playout,omitzero"` // of what taps and mixes were given
}

// Playout is what became of a party's sound where it was decoded: for taps and mixes.
type Playout struct {
	Delay     time.Duration `json:"delay_ns"`     // of the jitter buffer, the last one
	Late      uint64        `json:"late"`         // packets that came after their time
	Concealed time.Duration `json:"concealed_ns"` // sound that was lost and made up
	Noise     time.Duration `json:"noise_ns"`     // comfort noise that was made (RFC 3389)
	Restarts  uint64        `json:"restarts"`     // new sources, jumps of the timestamps, packets that kept coming late
	Adjusted  uint64        `json:"adjusted"`     // periods of the voice that were left out or repeated, to change the delay
}

// PlaneStats are totals of a plane.
type PlaneStats struct {
	Endpoints, PortsFree, PortsResting, PortsTotal int
	Received, Sent, Foreign, Invalid, Dropped      uint64
	// Overrun are packets that there was no time for.
	Overrun uint64
	// Speaking are the endpoints whose party has sent sound.
	Speaking int
	// Busy is the time that was spent on sound, of all processors together.
	Busy    time.Duration
	Carried int    // streams that the kernel carries now, one for each direction
	Kernel  string // how the kernel plane is attached, such as "tcx on eth0"; empty for none
}
