// Package dtmf is digits in the sound of a call: as telephone events (RFC 4733)
// received and sent, and as tones made and detected. It is pure: packets, samples and
// times in, digits out.
//
// # Contract
//
//   - A Receiver tells a digit once, with the first packet of it that comes: a lost
//     begin or end, repeated and late packets, and events so long that they go on in
//     further segments make no other digit of it.
//   - A Sender says what is due on each tick of 20 ms, as an event or as a tone:
//     Press, repeated ends and Pause of the last one's three packets included.
//   - A Detector finds tones as ITU-T Q.24 wants them found: 40 ms of tone and 40 ms
//     of pause are enough, 23 ms are not; each tone from 0 to -25 dBm0, the high one
//     4 dB above to 8 dB below the low one, 1.5 % off at most and never 3.5 %; a gap of
//     10 ms does not make two of one. Speech makes none.
//   - Once lets a digit pass that a party says in more than one form.
//
// # Decisions
//
//   - The detector looks at windows of 102 samples (12.75 ms), each half over the one
//     before, and wants five that agree. What speech does not do is hold two of the
//     frequencies for so long: the phase from one window to the next tells how far a
//     tone is off, more exactly than the window is selective.
//   - Sound is 8000 samples a second. 0 dBm0 is 3.14 dB below a sine of full scale
//     (ITU-T G.711).
package dtmf
