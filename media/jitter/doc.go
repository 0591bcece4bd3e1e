// Package jitter turns the packets of a stream, as they come, into sound that is steady:
// 20 ms on each tick. It waits no longer than the stream's jitter asks for, and conceals
// what is missing.
//
// # Contract
//
// It is pure: time is told with each call, samples come decoded and go out as samples of
// 8000 Hz. A Buffer has one owner, bounded memory and does not allocate. Whatever comes,
// in whatever order, at whatever time, Take gives a frame.
//
// # Decisions
//
//   - The playout runs on the timestamps: a frame on a tick is 160 of them, whether they
//     came or not. The delay is how far it is behind the quickest packets of the last
//     seconds; so a difference of clocks is seen as a delay that grows or shrinks.
//   - The delay that is aimed at is what 99 of 100 packets of the last seconds needed,
//     within limits. It is reached in gaps and, in sound, by leaving out or repeating a
//     period of the voice, at most one in 100 ms.
//   - What is missing is concealed after the idea of ITU-T G.711 Appendix I: the last
//     period of the voice goes on, fades from 10 ms on and is silent after 60 ms. The
//     Appendix delays all sound by 3.75 ms to smooth the seam; here the seam is where the
//     period fits best.
//   - A gap behind comfort noise (RFC 3389) is filled with noise. A gap whose sequence
//     numbers go on is a pause of the sender (DTX) and no loss.
//   - After a pause the playout starts anew at the delay that is aimed at, and so it does
//     for a new source, a jump of the timestamps, and packets that keep coming too late.
//   - A stream is decoded before it is put in order. G.722 that is out of order is heard
//     as a small flaw; it would be one if it were lost as well.
package jitter

import "time"

// Rate is of all samples, in Hz; Frame is what a tick holds.
const (
	Rate  = 8000
	Frame = Rate / 50
)

// Limits.
const (
	MinDelay   = 20 * time.Millisecond  // that is aimed at, however steady the stream
	StartDelay = 60 * time.Millisecond  // until enough packets have come to know better
	MaxDelay   = 200 * time.Millisecond // of a packet that is waited for
	MaxPacket  = Rate / 5               // samples of a packet: 200 ms
	Window     = 1 << 12                // samples that are kept: half a second
	MaxAhead   = Window - MaxPacket     // samples: what comes further ahead starts the playout anew, so that nothing waits longer
	MaxLate    = 5                      // packets in a row that come too late: then the playout starts anew
)

// Figures are what a Buffer has done since it was made.
type Figures struct {
	Delay     time.Duration // of the playout behind the quickest packets, the last one
	Late      uint64        // packets that came after their time
	Duplicate uint64        // packets that were there already
	Refused   uint64        // packets without sound, or longer than MaxPacket
	Restarts  uint64        // new sources, jumps, and streams that had become late
	Concealed time.Duration // sound that was lost and made up
	Noise     time.Duration // comfort noise that was made
	Stretched uint64        // periods that were repeated for more delay
	Shortened uint64        // periods that were left out for less
}
