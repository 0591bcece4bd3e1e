package relay

import (
	"sync/atomic"

	"strowger/media"
)

// Counters of a plane, from its start. All are of packets unless they say
// otherwise.
type Counters struct {
	Received     atomic.Uint64 // RTP accepted from locked sources
	Sent         atomic.Uint64 // RTP sent
	RTCPReceived atomic.Uint64 // RTCP accepted
	RTCPSent     atomic.Uint64 // RTCP sent
	Foreign      atomic.Uint64 // RTP or RTCP of a source that is not the expected or locked one
	NotAllowed   atomic.Uint64 // SDP exchanges with an address that is sent nothing, as the network or the trunk does not list it
	LatchRefused atomic.Uint64 // of a source that could lock, but is not listed; part of Foreign
	Filtered     atomic.Uint64 // thrown away by the kernel as a filter said, part of Foreign; forged in a party's name too
	Filters      atomic.Uint64 // filters put on a socket, changed or taken away
	FilterErrors atomic.Uint64 // that the kernel refused
	Unlatched    atomic.Uint64 // of a source that had yet to prove itself for the lock
	WrongSSRC    atomic.Uint64 // of the locked source with an SSRC that had yet to prove itself
	Jump         atomic.Uint64 // with a sequence number far from the ones before
	Duplicate    atomic.Uint64 // seen before
	Malformed    atomic.Uint64 // neither RTP, RTCP, STUN nor DTLS, or contradicting itself
	Undecrypted  atomic.Uint64 // SRTP or SRTCP that its key does not prove, or plain where SRTP was agreed
	Replayed     atomic.Uint64 // SRTP or SRTCP that came before, or too late to tell
	Oversize     atomic.Uint64 // longer than MaxPacket
	STUN         atomic.Uint64 // STUN, which is not answered
	DTLS         atomic.Uint64 // DTLS, which is not spoken
	Untranslated atomic.Uint64 // dropped: the listener did not negotiate the encoding
	Concealed    atomic.Uint64 // ms of sound that was lost and made up where sound is decoded
	TooLate      atomic.Uint64 // that came after their time where sound is decoded
	Packed       atomic.Uint64 // of another packet time than the source's, as the listener had asked
	Transcoded   atomic.Uint64 // decoded and encoded anew: G.722 on one side, G.711 on the other
	Dropped      atomic.Uint64 // dropped: the listener wants no sound, has no address yet, or is sent digits
	Tones        atomic.Uint64 // digits given to a party as a tone, as it did not negotiate telephone-event
	Repeated     atomic.Uint64 // dropped: an event that is a digit which was sent already
	SendErrors   atomic.Uint64 // refused by the kernel
	Overflow     atomic.Uint64 // thrown away by the kernel, as they came faster than they were read
	Late         atomic.Uint64 // thrown away unread, as a worker was behind for 200 ms
	Carried      atomic.Uint64 // of Sent, those that the kernel carried
	Limited      atomic.Uint64 // dropped: more came to a leg that the kernel carries than may go up
	Copied       atomic.Uint64 // of Carried, those that taps were given a copy of
	Uncopied     atomic.Uint64 // of Carried, those whose copy was lost, as more came than were read
	HandOvers    atomic.Uint64 // streams handed to the kernel
	TakeBacks    atomic.Uint64 // streams taken back from it
	KernelErrors atomic.Uint64 // streams that the kernel could not carry, or not any more
	Orphans      atomic.Uint64 // streams of a former process that were ended in the kernel
	PortsBusy    atomic.Uint64 // pairs skipped because another program holds a port of them
	Disturbed    atomic.Uint64 // unused pairs that rest because a packet came to their open sockets
	NoPorts      atomic.Uint64 // calls of Open that found no free pair
	Timeouts     atomic.Uint64 // Timeout events
	OneWays      atomic.Uint64 // OneWay events
	Silents      atomic.Uint64 // Silent events
	LateTicks    atomic.Uint64 // ticks of the clock that were left out because it came too late
}

func (c *Counters) event(k media.EventKind) {
	switch k {
	case media.Timeout:
		c.Timeouts.Add(1)
	case media.OneWay:
		c.OneWays.Add(1)
	case media.Silent:
		c.Silents.Add(1)
	case media.Ended, media.Latched, media.Digit: // part of every good call
	}
}
