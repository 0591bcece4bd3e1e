// Package quality computes what a listener can be told about a stream of RTP:
// loss, duplicates, reordering, jitter and gaps by RFC 3550, silence, and the opinion
// score that the E-model (ITU-T G.107) expects of them. It says when RTCP is due.
//
// # Contract
//
// Everything is pure: packets and times come in as arguments, figures go out. A
// Receiver, Silence or Schedule belongs to one goroutine at a time.
//
// # Decisions
//
//   - A change of SSRC or a jump of the sequence (RFC 3550 A.1) starts a new
//     count; what was counted before is kept in the sums.
//   - Duplicates are found within the last 64 sequence numbers.
//   - The clock may change from packet to packet, as it does when a codec is
//     switched; jitter goes on in seconds, never in units of a clock.
//   - Clocks that drift apart are no jitter to speak of: 100 ppm shift a packet of 20 ms
//     by 2 us.
//   - Silence is power below -60 dBm0, of a sample of the codes: nothing is decoded.
package quality
