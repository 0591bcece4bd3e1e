// Package b2bua is a call: its legs, who hears whom, and the program that says
// what happens next. It is pure: Step takes the time and an event and performs
// its effects through an interface; it reads no clock, opens no socket and
// starts no goroutine.
//
// # Contract
//
// A Call is plain data with one owner, a strand of package exchange, which feeds
// it events one at a time: the answer of admission, messages of its dialogs in
// order of arrival, media events, timers. CANCEL crossing 200, BYE behind ACK or
// two phones answering at once are therefore plain sequential cases.
//
// # A call's life
//
//	admitting  INVITE came; who may call and where it goes is being looked up
//	ringing    a stage of the program rings its targets
//	talking    caller and one target hear each other, or an application answered
//	over       every leg was told; the record is closed
//
// A leg that was told to end may linger for its last answer after the call is
// over; Done says when the value can be dropped.
//
// # Decisions
//
//   - Sound is anchored: each leg negotiates its own SDP with us. Codec order is
//     arranged so that both sides agree; a law of G.711 may differ (the media
//     plane converts), nothing else is transcoded.
//   - Hold and resume, by re-INVITE or UPDATE, are answered on the leg that asked. The
//     other leg gets a re-INVITE only when the codec must change on both; while it
//     rings it cannot, and the offer is refused for that time.
//   - PRACK and session timers are each leg's own: neither passes through.
//   - A caller that has an answer before anybody answered keeps it (RFC 3261 section
//     13.2.1). Where who answers then has another codec, the caller is asked for that
//     one by a re-INVITE, and if it refuses, the other leg for the caller's.
//   - Ring stages: parallel targets, first to answer has the call; every other
//     one is cancelled with "Call completed elsewhere".
//   - Early media passes while a stage has one target; several targets give 180.
//   - Session-ID (RFC 7989) passes from end to end: each leg says its party's half, and
//     whoever comes to talk to another is introduced (Dialog.Meet).
//   - The ledger is written before a fact is acted on.
package b2bua
