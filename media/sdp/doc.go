// Package sdp is offer and answer (RFC 3264, with the usage of RFC 6337) for one
// leg at a time. Sound is anchored: each leg has a Session of its own with us, so
// the addresses, payload numbers and versions of one leg never reach another.
// What two legs share is a list of codecs, arranged so that both agree.
//
// # Contract
//
// Everything here is pure: bytes and values in, bytes and values out; no clock,
// no socket, no logger. Parse reads what the far side wrote. A Session writes
// what we say and turns an exchange into a media.Remote for the leg's endpoint.
// A Session is a value: a copy taken before an offer is the state to return to
// when the offer is refused (RFC 3261, section 14.1).
//
// # Decisions
//
//   - The reader is ours and pion/sdp writes. pion's reader refuses m=image (T.38),
//     unknown transports and bandwidth modifiers, an origin that is not numeric,
//     lines out of order and a last line without its end: each is sent by
//     equipment in service, mostly on lines that an answer refuses or ignores
//     anyway. Where pion accepts a body, both read the same (a fuzz target).
//   - RTP/AVP is agreed, and RTP/SAVP with keys in SDP (RFC 4568) where Session.Secure
//     asks for it: AEAD_AES_128_GCM and AES_CM_128_HMAC_SHA1_80, without key identifiers
//     (MKI). RTP/AVP with a=crypto is encrypted as well (RFC 8643). Of several audio lines
//     the first usable one is taken, an encrypted one before others; every other line is
//     answered with port 0.
//   - Our keys are derived from one secret a session, so that a session stays a value.
//     They change when the far side changes its own.
//   - Payload numbers of an answer are those of the offer, and a number once used
//     in a session never means another codec later (RFC 3264, section 8.3.2).
//   - RTCP on the RTP port is agreed when offered, never offered by us.
//   - The law of G.711 may differ between two legs: the relay converts it. G.722 and
//     G.711 are converted too where that is allowed (Conversion), but first both legs
//     are brought to agree: what costs time at each packet is the last resort. No other
//     codec is converted.
package sdp

import "errors"

// Limits of Parse. A body beyond one of them is ErrLimit.
const (
	MaxBody       = 64 << 10 // bytes
	MaxMedia      = 64       // m-lines
	MaxAttributes = 512      // a-lines in all
	MaxFormats    = 128      // formats of one m-line
)

// Errors, to be told apart with errors.Is. The first two mean that the body
// cannot be read, the others that it is understood and cannot be agreed to.
var (
	// ErrMalformed: the body is not SDP.
	ErrMalformed = errors.New("malformed SDP")
	// ErrLimit: the body is larger than any honest one.
	ErrLimit = errors.New("SDP exceeds a limit")
	// ErrNoAudio: there is no audio line, or the answer refused ours.
	ErrNoAudio = errors.New("no audio in SDP")
	// ErrTransport: audio is there, but none of it over RTP/AVP, or RTP/SAVP unless that
	// is Plain to be.
	ErrTransport = errors.New("no audio over RTP/AVP in SDP")
	// ErrPlain: SRTP is required, and the SDP has none.
	ErrPlain = errors.New("no SRTP in SDP")
	// ErrCrypto: SRTP is there, but no a=crypto that can be used.
	ErrCrypto = errors.New("no usable a=crypto in SDP")
	// ErrAddress: the connection address is missing, a host name or multicast.
	ErrAddress = errors.New("no usable connection address in SDP")
	// ErrNoCommonCodec: no voice codec is known to both sides.
	ErrNoCommonCodec = errors.New("no common codec")
	// ErrNoOffer: Accept was called without an offer of ours.
	ErrNoOffer = errors.New("SDP answer without an offer")
)
