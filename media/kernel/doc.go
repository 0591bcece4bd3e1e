// Package kernel is the kernel data plane: an eBPF program at the ingress of the
// interfaces that have RTP addresses carries packets from one leg to another without
// waking a process. It is an accelerator: package relay owns ports, policy and calls,
// and hands it one direction at a time.
//
// # Contract
//
//   - An entry carries what comes from one source, with one SSRC and with the payload
//     types that it lists, under another SSRC and with a sequence and timestamp moved
//     by constants. The constants are those that the caller sends with, so that a
//     packet may be carried by either plane and is the same.
//   - Everything else that comes to the entry's address goes up to the socket that is
//     bound there: of the source at most 200 packets a second, of strangers 10. What
//     is above is dropped and counted.
//   - Each packet is counted by the plane that takes it: Figures are of what the kernel
//     took or dropped, never of what it passed up.
//   - An entry carries nothing past its deadline, Lifetime after Install or the last
//     Refresh. Packets go up from then on.
//   - If the entry has a length, a payload of another one goes up.
//   - A duplicate is dropped. A packet far from the sequence before goes up.
//   - A Taker is given a copy of each packet that is carried: header, payload and time of
//     arrival, CopyEvery later at most. A packet whose copy finds no room in the ring is
//     carried all the same, and counted (Uncopied). No copy comes to another entry's taker
//     than that of the packet.
//   - Packets with IP options, fragments, RTP padding, extension or contributing
//     sources go up.
//
// # Pins
//
// Maps and attachments are pinned in a bpffs, under a directory named by the version of
// their layout. They outlive the process: sound flows on while it is killed and started
// again. Open takes over what it finds: it replaces the program in its place and lists
// the entries as Survivors. Whatever is of another version, or was made for fewer
// entries, is removed. Close removes everything.
//
// # Decisions
//
//   - TCX (kernel 6.6) or a clsact filter before it. Both run before netfilter: rules of
//     a firewall do not see what is carried, the locked source is the firewall.
//   - The interface that a packet leaves by is looked up when an entry is installed and
//     with each Refresh, which a change of routes asks for (Stale); the next hop and its
//     link address are the kernel's matter for each packet, so that they never go stale.
//   - A tagged frame goes up: the device of its VLAN, which has the address, has the
//     program too and gets the packet without the tag.
//   - The checksum of UDP is changed by helpers that know of partial ones, in two steps:
//     addresses belong to its pseudo header, ports and RTP do not.
//   - Figures are read through shared memory, without a system call. They have one
//     writer: a stream stays on one queue of an interface.
//   - Silence is told from sound by one code of each packet of G.711. In G.722 no code
//     tells anything alone.
//   - Configuration and figures are different maps: a rewritten entry resets no counter.
//     Both have the entry's generation, so that a packet that is on its way while a port
//     changes owners is counted for neither.
//   - Copies go through one ring for all entries, of 1 KiB for each by default: with all of
//     them recorded it holds 100 ms, and costs 2 KiB a call. A packet wakes nobody: one
//     goroutine of the plane reads the ring each CopyEvery while there are takers, and
//     sleeps while there are none. It ends with Close. A copy is put together in a buffer
//     of each processor, as kernels before 5.19 reserve no place of a size that only the
//     packet tells.
//   - The slot of an entry that had a taker is free once the ring was read: what is on its
//     way comes to its own taker, and none of it to the next owner's.
//   - The ring is not pinned: nobody can read what was copied for a process that is gone.
//   - Loopback is attached to only if asked for: Config.Loopback.
package kernel
