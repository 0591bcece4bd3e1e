package cluster

import "sync/atomic"

// Counters of a link and its membership.
type Counters struct {
	Connected     atomic.Uint64 // connections that were agreed on
	Disconnected  atomic.Uint64 // of those, ended
	DialFailed    atomic.Uint64 // attempts to reach a member that came to nothing
	Refused       atomic.Uint64 // incoming connections whose handshake failed
	TooManyShakes atomic.Uint64 // incoming connections closed because maxShakes were in handshake
	FramesSent    atomic.Uint64 // frames queued for a peer, without heartbeats
	FramesGot     atomic.Uint64 // frames received, without heartbeats
	QueueFull     atomic.Uint64 // frames refused because a peer's queue was full
	Unreachable   atomic.Uint64 // messages for a node that has no connection
	Malformed     atomic.Uint64 // frames or messages in them that could not be read
	UnknownFrames atomic.Uint64 // frames of a kind that this version does not know
	SendFailed    atomic.Uint64 // messages of other nodes that a flow here did not take

	AsksRefused    atomic.Uint64 // questions, of this node or others, refused because too many were under way
	AsksUnanswered atomic.Uint64 // questions of this node that had no answer in time
}
