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
//	talking    caller and one target hear each other, or an application answered;
//	           a transfer goes back to ringing
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
//   - A caller that has its answer reliably, before anybody answered, keeps it: who
//     answers with another codec is asked for that one.
//   - Ring stages: parallel targets, first to answer has the call; every other
//     one is cancelled with "Call completed elsewhere".
//   - Early media passes while a stage has one target; several targets give 180.
//   - A transfer (REFER, or by an administrator) serves who goes on by a new program,
//     which admission decides as if who transfers had dialled the number. It is the
//     call's caller from then on, hears ringing, and is joined to who answers. Who
//     transfers stays in the call, unheard, until that is so: if nobody answers it has
//     the call back, and if it has hung up its phone is rung for it.
//   - The ledger is written before a fact is acted on.
package b2bua
