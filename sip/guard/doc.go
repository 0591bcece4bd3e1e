// Package guard blocks who guesses passwords.
//
// # What is counted
//
// A failure is a request with credentials that are not right. Requests without any
// are how every phone begins, and a right password with an old nonce is none either.
//
//   - MaxFailures failures of one user from one source block that user from that
//     source, whether there is such a seat or not. Others of the source go on: one
//     phone with an old password does not cut off its site.
//   - MaxUnknown different users that no seat has, from one source, block the source.
//     Failures of users that exist never do.
//
// A source is an address of a network (IPv6: its /64). Behind a proxy that the
// network lists it is the address that the proxy says in Via.
//
// # What a block does
//
// The password is not looked at any more and the answer is 403 with Retry-After, so a
// right guess looks like a wrong one. A source that has named no user with a seat, and
// that no phone has proved itself from, is sent nothing at all: the transport drops
// what it sends before parsing (Silent), as a scanner goes on for as long as somebody
// answers.
//
// A block ends by itself after FirstBlock; each further one of the same lasts twice as
// long, up to LongestBlock. What is quiet for Memory is forgotten.
//
// # Who is spared
//
//   - A seat that is registered by the very flow of a request is never held up there:
//     who guesses beside it at the same address does not cut it off.
//   - The networks that the configuration lists as sites, trunks' sources and listed
//     proxies are never blocked: what would block them is an alarm (Report).
//   - An emergency call passes the block of a source, not that of its own user.
//
// # Nodes of a cluster
//
// Nodes tell each other of failures, of blocks, and of blocks that were ended by hand:
// each asks the others again and again for what is new in their journals (Since, Learn).
// A failure elsewhere counts as one here, and the next here blocks; so a guesser who
// goes round the nodes has MaxFailures tries and those that he makes while the news are
// under way. A block that is told of holds as if it were made here, with the same end,
// and the node that made it alone reports it. A node that is new, or has fallen behind
// the bounded journal, is told the blocks in force, without the failures before. One that
// is not reached blocks for itself until it is. Whoever ends a block because he was told
// to tells so himself: no node keeps a block whose end overtook its beginning.
//
// # Ownership
//
// A Guard is one node's. It reads no clock; Tick ends what is over. All it keeps is
// bounded by named limits, and gives way to what came later, blocks last.
package guard
