// Package cluster makes several nodes one switch: it knows who is there and
// carries messages between them.
//
// # Membership
//
// A node has a name, which is configured, and a number, which stands in its tags
// and branches (package mark). It publishes both in the store under a lease that
// one goroutine renews. A name that another node holds is refused at Join; a
// number is the lowest free one. A node that died may come back before its lease
// ends: who listens on the address that the lease names is that node. A member is
// gone when the store says so; a store that does not answer removes nobody.
//
// # Link
//
// Every two nodes share one connection. The one with the higher number dials, so
// that there never is a second one to choose between; a new connection replaces
// the old. TLS 1.3 authenticates both ends by certificates of an authority whose
// key is derived from the secret that the nodes share: who has the secret is a
// node, and nobody else is. Then each end says its protocol version, name and
// number; a difference in version is refused and said clearly.
//
// A frame is a length, a kind and a payload. Unknown kinds are skipped and
// counted, so that kinds can be added. The order of frames is kept. Each end sends
// at least a heartbeat a second; silence of deadAfter ends the connection.
//
// # Contract
//
//   - Send and Forward never block: each peer has a bounded queue. What cannot be
//     queued is refused at once (transport.ErrQueueFull, ErrUnreachable), so that
//     a leg fails and does not hang.
//   - A message that came by a flow of another node has that node's name in
//     Flow.Node; a reply to that flow goes back by the link.
//   - A message by a flow of transport.Node goes to the other node's exchange and not to
//     a socket there. It is taken as what its sender says, because the link knows who
//     that is: nothing of such a flow comes from anywhere else.
//   - A message that the other node could not write comes back as Handler.Broken
//     for its flow, and so does the end of a stream that was written to or
//     forwarded from. Handler.Lost tells the end of a connection between nodes;
//     nothing that came by that connection follows it.
//   - Ask puts a question to a node and waits for its answer, which comes in parts;
//     what it means is the users' matter. Questions under way, the size of an
//     answer and its time are bounded; who asks says how long it waits.
//   - Handler's methods are called from the link's goroutines and must not block, but
//     for Answer, which has one of its own.
package cluster
