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
// # Moving a leg
//
// A leg that is quiet (answered, nothing under way on it) can be moved to another call,
// with its sound, wherever that runs. Detaching gives a Moving, which nobody owns but
// who holds it; Take attaches it in the place of another leg: it talks to the same
// party, is rung for in the caller's stead, or answers the call that rings there. Who
// gave the leg is told that it was Kept, and ends, or has it Returned, and goes on as
// before. What the dialog hears meanwhile waits behind the leg in the mailbox.
//
//	attended transfer   the transferring call asks the other for its party (Fetch,
//	                    Yield); while that still rings, it gives its own (Give)
//	Replaces, pick-up   a Program with Replaces: the caller is answered and then given
//	                    to the call that has the dialog
//
// # More than two
//
// Who hears whom is settled at the end of each step (Call.arrange), from who is in the call
// and as what; the sound of who hears what it did is told nothing. So nobody who comes or
// goes interrupts others.
//
//	supervisor  a leg beside the two that talk: hears both, and is heard by nobody
//	            (listen), by the party that it supervises (whisper) or by both (barge).
//	            It is rung for an operator (Supervise), or has dialled a code: then its
//	            leg is given to the call, as above, but for a Part of its own. It goes
//	            when its party does; its own end is nobody else's
//	conference  a call in which all hear all who are not muted. The first caller's call is
//	            it; the legs of others are given to it. Its front is any member
//	            A PIN is asked for, or the party of a transfer let go by who made it, before
//	            the conference is looked for (Program.Pick, Effects.Pick): then its leg is
//	            given to that, or makes the call the conference. Who transfers a party to
//	            its own dialog with the conference gives it its place
//	three-way   a conference without a name, of two calls of one seat (Merge): when two
//	            are left it is a call as before
//
// A supervisor or member of another node has a leg there and one between the nodes, as
// below. Only sound that the media plane can decode is mixed.
//
// # Dialogs of other nodes
//
// A leg stays on its node, as its sound does. Who is to have the place of a dialog of
// another node goes on in its own call, which makes a leg to that node like any other: an
// INVITE with Replaces, by the link between nodes. The other node answers it as a Program
// with Replaces and gives the leg its place; each node anchors the sound of its legs. So
// an attended transfer, Replaces and a pick-up are the same there, whatever the dialog's
// party does.
//
//   - The INVITE says for whom it asks (Behalf). Who may ask is decided where the request
//     came from; whether the dialog may be had, where that is: it has to be of the same
//     tenant, and for a transfer the transferring seat's own.
//   - A transfer that is refused, or whose node cannot be reached, gives the call back to
//     who asked for it, as any other.
//   - A leg that goes by a link which was lost talks on, as its sound does not go by it.
//     NodePatience later it is asked for: a node that cannot be reached, or has no such
//     dialog, ends it and so the call. Whatever is lost with the link, a BYE above all,
//     is found out by that; and what a full link does not take, by a session timer of
//     the shortest time.
//   - Who is behind a node is said in the answer and by UPDATE when another comes in its
//     place, so that phones on both nodes show whom they talk to.
//   - Both ledgers name the call and leg of the other node, and each knows whom its party
//     talks to ("node:node-2/seat:1003").
//
// A ledger sees it as moved in one call and joined in the other, each with its segments.
//
// # Decisions
//
//   - Sound is anchored: each leg negotiates its own SDP with us. Codec order is
//     arranged so that both sides agree; a law of G.711 may differ (the media
//     plane converts). Only if they cannot agree is G.722 transcoded to G.711 or back, if
//     the node allows it; a callee is offered that at first if the caller has nothing
//     else, or when it has refused what the caller has.
//   - Hold and resume, by re-INVITE or UPDATE, are answered on the leg that asked. The
//     other leg gets a re-INVITE only when the codec must change on both, or an UPDATE
//     while it rings; if it refuses, the sound is transcoded, or else the offer is refused
//     for that time.
//   - A key is given to whom its party talks to in the form that this one takes: an event
//     in the sound (RFC 4733) where that is negotiated, else INFO or a tone. Events are
//     negotiated with each party by itself. A key that comes in several forms is given
//     once. Tones are looked for only in what a party without events says, while whoever
//     hears it has no use for them.
//   - PRACK and session timers are each leg's own: neither passes through.
//   - A caller that has an answer before anybody answered keeps it (RFC 3261 section
//     13.2.1). Where who answers then has another codec, the caller is asked for that
//     one by a re-INVITE, and if it refuses, or takes another of those that are offered,
//     the other leg for the caller's.
//   - Who is held hears the music of who holds it, looked at after each event: every way
//     to hold or resume is an exchange of SDP, and every way to talk makes the sound anew.
//   - Ringing and a failure are told by responses; as tones, in early media, to a caller
//     whose network wants that, and ringing to one who has heard early media that is over.
//     Who has an answer and is connected to nobody is told by a tone, then by BYE.
//   - Ring stages: parallel targets, first to answer has the call; every other
//     one is cancelled with "Call completed elsewhere".
//   - Early media passes while a stage has one target; several targets give 180.
//   - A transfer (REFER, or by an administrator) serves who goes on by a new program,
//     which admission decides as if who transfers had dialled the number. It is the
//     call's caller from then on, hears ringing, and is joined to who answers. Who
//     transfers stays in the call, unheard, until that is so: if nobody answers it has
//     the call back, and if it has hung up its phone is rung for it.
//   - A call that follows a flow of the plan (Course) performs one act of it at a time, by
//     a Program each. What becomes of an act is told to admission, which has the flow go
//     on: the call keeps the place as plain data. A conversation ends the course unless
//     the flow says what follows; a transfer ends it, and may begin another: whoever is
//     transferred to a flow that rings nobody first is its caller from then on.
//   - A call is parked by a transfer to that application, blind or to a caller that
//     was told a place: its party waits there, until a caller whose program names its
//     dialog takes it over, or who parked it is rung. Picking up is taking over the
//     dialog of a leg that rings.
//   - Each party is told who the other is, as far as it may know (package identity): by
//     the responses to its INVITE, and, when another comes in that one's place, by UPDATE
//     as soon as its leg is quiet. A phone that lists what it takes without UPDATE gets a
//     re-INVITE instead; who lists nothing, or refuses, is left as it is.
//   - Session-ID (RFC 7989) passes from end to end: each leg says its party's half, and
//     whoever comes to talk to another is introduced (Dialog.Meet).
//   - Who is to know that the call is recorded is told once, before both parties hear
//     each other; of an emergency call nobody is.
//   - The ledger is written before a fact is acted on.
package b2bua
