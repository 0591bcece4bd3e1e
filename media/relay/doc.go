// Package relay is the portable data plane: it owns RTP ports, carries packets
// between endpoints in user space and keeps their statistics. It needs Linux and
// no privilege.
//
// # Contract
//
// It implements media.Plane and media.Endpoint. Beyond what they say:
//
//   - Nothing is ever sent to an address because it sent something, except to a
//     source that was locked by the rules of media.Latch. After the lock a packet
//     of another source is counted as Foreign and goes no further. The lock may pass
//     to a better source within the window, twice at most: from anybody to the host of
//     SDP or of the signalling, and from there to SDP's own address.
//   - Nothing is sent to an address that the network does not list, or that is not
//     among the sources of media.Remote, whatever SDP says; and no such address is
//     locked to. The one exception from the network's list is the host that the
//     party's signalling comes from. Both refusals are counted, and a line names the
//     setting. SDP that is refused is nowhere to send to until a source is locked.
//   - What an endpoint sends has its own SSRC and an unbroken sequence and
//     timestamp, whoever is heard; a marker bit tells of a switch.
//   - Payload types are translated by encoding name. PCMU, PCMA and G722 are converted
//     into each other where the receiver did not negotiate what comes, and only there.
//     Any other packet that it did not negotiate is dropped and counted.
//   - What the keys of media.Crypto do not prove is counted and dropped, and never ends
//     a call; nor does it lock, before the lock.
//   - RTCP ends here: each endpoint makes its own reports, at the random times of RFC
//     3550, and says BYE when it closes. What comes is read for reports and BYE alone; a
//     party that says BYE is waited for no longer than one that says nothing, and ends
//     no call.
//   - Time in which the process was stopped is no party's silence.
//   - A worker that is behind carries the newest 200 ms of what waits at a socket and
//     throws the rest away, counted: sound is lost for a moment and not late from then on.
//   - Packet times are those of the worker's wake-up, so that jitter below Linger
//     is not seen.
//   - Of several sources a mix is made on the clock, from what taps are given. Who is
//     heard by its packets when one or two others are added stays so: their sound is
//     added to its packets, which are neither delayed nor lost; while it sends none they
//     are sent by themselves. So a supervisor who comes, whispers and goes is never a gap
//     between the parties. In G.722 its sound is added to the lower band alone, and half a
//     second longer, with nothing to add, until the far decoder can go on with what comes. All who hear the same share one sum and one encoding in each
//     law. Digits (RFC 4733) are not mixed: who owns the endpoints sends them on.
//   - A digit is told with the first packet of it that comes, so that one whose end
//     is lost is told too. While digits are sent, a prompt waits and what would be
//     forwarded is dropped. Events are forwarded to a listener that negotiated them;
//     to another one who hears the party nothing is forwarded while the key is held, and
//     to nobody while a tone sounds that was told, as the call has the digit sent in
//     another form.
//   - The route of a party that is masked is none, and its taps are given silence but
//     for that which looks for digits. A mask that was ended is over when no key is
//     held, 500 ms later at least.
//   - What taps are given has gone through a jitter buffer (package jitter): steady,
//     20 to 200 ms late, what is lost concealed, comfort noise made. The figures of it
//     are in media.Stats. A party that nobody taps has no such buffer.
//
// # Sound in the kernel
//
// With a kernel plane (package kernel) what a party says is handed over, one direction
// at a time, while its edge is plain: both sides locked, one listener, the same encoding,
// no digits that are looked for in the sound. Who only listens, as a recording or a
// supervisor does, is served by copies of what is carried (Copied), 10 ms later at most:
// the first tap asks for them and the last one ends them, in place. What was on its way
// when a stream is taken back still comes. Silence is looked for in copies too.
//
// A hand-over follows a packet, so that the next is some time off. Whoever changes a need
// takes the direction back first (surface), under the plane's mutex, without which nothing
// is handed over; a packet that begins the stream anew or is no sound takes it back too. Sequence and timestamp are moved by the same constants in
// both planes, so that it does not matter which of them takes a packet; each counts what
// it takes, and the sums are added up five times a second and before anything is told.
// Sockets stay bound. What a former process left in the kernel has its ports rest, and
// ends after 10 s, as no call claims it yet: Config.Orphaned is told of it.
//
// # Ownership
//
// The Plane owns workers, clocks and port pairs. A worker (one for each processor) is a goroutine with an epoll set; an endpoint belongs to one worker
// for life and costs no goroutine and no buffer. An endpoint's state is two
// halves, inbound (what its party sends us) and outbound (what we send to it),
// each behind its own mutex. A packet takes the inbound mutex of its source, then
// the outbound mutex of a listener; never the other way round. The plane's mutex
// guards who hears whom and is taken by no packet: a packet follows an immutable
// route that was made for it. Each worker has a clock, a goroutine that paces the
// prompts, digits and taps of the worker's endpoints every 20 ms while there are any;
// the first clock also mixes, paces who is mixed, and looks for timeouts and due reports
// of all every 200 ms.
//
// # Decisions
//
//   - Comfort noise (RFC 3389) passes to who negotiated it; who did not is sent noise of
//     its level as sound, until the source speaks again.
//   - Who asks for a packet time (a=ptime) gets it, in G.711 and G.722; what else passes
//     keeps the source's. A long packet goes as several at once, short ones wait for each
//     other. An edge that the kernel carries is not looked at any more: a source that
//     changes its packet time in the middle of a stream is then heard with its own.
//   - G.722 and G.711 are converted packet by packet, without a jitter buffer: both have
//     one byte for each step of the RTP clock, so that a packet keeps its size, sequence
//     and time, and what is lost or late is the far side's to conceal. The coder of a
//     stream is made when it is first needed.
//   - Overload is measured, not configured: a worker's time with packets is counted, and
//     what the kernel drops at a socket is asked for when a report is due. Package overload
//     of sip judges by it whether calls are taken.
//   - A socket for each port, read with recvfrom and written with sendto by raw
//     system calls: the wrappers of x/sys and x/net allocate for each packet.
//     They never block, so that the scheduler need not know of them.
//   - A worker that is done with a batch before Linger is over sleeps for the rest
//     of it. Under load this replaces a wake-up for each packet by one for many; a
//     packet that comes to an idle worker is carried at once, and a worker with
//     more to do than Linger never sleeps.
//   - A worker takes what is no packet of the call out of the way of one that is, up to
//     maxJunk at once, and does not linger while there is any: 1 ms of a flood is more
//     than a buffer holds.
//   - What is lost in a flood is lost in the socket's buffer, which sound shares with it.
//     So an endpoint that more junk comes to than goes with a good call (maxStray) has
//     filters (classic BPF, without privilege) put on its sockets: what is not of its
//     source, or not of its SSRC if it is sent in the party's own name, is thrown away
//     before it takes room or wakes a worker, and counted as Foreign. One of 1,024 comes
//     through, so that counters go on telling of what kind it is. Filters follow the lock;
//     a call that is left alone has none and pays nothing. Measured with 100,000 to
//     400,000 packets a second on two shared cores: all sound arrives, where a third to a
//     half did without.
//   - While no source is locked and one may be, within media.LatchWindow, no filter is on
//     the RTP port, and a flood then may keep sound from its party for so long.
//   - A resting pair has no sockets: late packets of a former call meet a closed
//     port until its rest is over.
//   - A pair that carried nothing is free at once, and some keep their sockets
//     open (maxKept), as opening two takes ten system calls. A packet that comes to
//     such a pair has it rest.
//   - Prompts are encoded as they are played: 160 look-ups in a table are nothing
//     beside the system call that follows, and there is no cache to bound. Live sound
//     is encoded once a tick for all who hear it, G.722 too, which costs ten times as
//     much as sending it; where it is follows from the number of the tick, which all
//     clocks count alike.
//   - What is due in a tick is sent by one sendto each: every leg has a socket of its
//     own, for which sendmmsg gathers nothing (measured: 1.3 us a packet either way,
//     and no less from one shared socket).
//   - Events are posted after all locks are released. One that is on its way while
//     its endpoint is closed may still arrive.
package relay
