// Package trace keeps the SIP messages of the recent past, so that what went wrong
// in a call can be seen after somebody has complained.
//
// # Contract
//
//   - A Ring has a fixed number of bytes, taken and touched when it is made, outside
//     the heap of Go. A message is copied into it once; nothing is allocated for it,
//     and the oldest messages give way. What a call costs is what its messages are
//     long and 64 bytes each: some 13 KB for both legs of a common one, so that 64
//     MiB last for about 4,000 calls.
//   - A message is kept for at most Config.Keep, and no longer than the room lasts.
//   - One dialog may not push out all others: its messages are taken from an
//     allowance of BurstBytes that fills again by RefillBytes a second. What exceeds
//     it is left out and counted.
//   - What belongs to no call (REGISTER, OPTIONS, what is refused or cannot be read)
//     has an eighth of the room for itself, so that no flood pushes out the calls. A
//     call's first messages are there too, until its leg is noted.
//   - Nothing is indexed when it comes. A reader looks through the blocks of its time,
//     a copy of one at a time, so that a writer waits for one copy at most.
//   - What leaves the ring has its secrets masked (Mask): digest responses, SRTP keys
//     and, unless Config.Digits says otherwise, digits in INFO. Lengths stay. Of a
//     dialog that had a payment window (Hide), of another node's call and of none, the
//     body of an INFO is covered before it is kept, whatever Config.Digits says.
//
// The legs of a call are entries of the same ring: they say which Call-ID belongs to
// which call.
//
// # Ownership
//
// A Ring is safe for concurrent use. It starts no goroutine.
package trace

import (
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"strowger/sip/transport"
)

// Sizes and limits of a ring.
const (
	// MinBytes is the least that a ring has.
	MinBytes = 16 * blockSize
	// BurstBytes is what one dialog may put into the ring at once.
	BurstBytes = 64 << 10
	// RefillBytes is what it may put in each second after that.
	RefillBytes = 64
	// MaxFound bounds the bytes of messages that one search returns.
	MaxFound = 8 << 20

	blockSize = 256 << 10 // what is copied for a reader at once
	aside     = 8         // one of so many blocks is for what belongs to no call
)

// DefaultKeep is how long messages are kept at most.
const DefaultKeep = 24 * time.Hour

// DefaultDialogs is Config.Dialogs by default.
const DefaultDialogs = 16 << 10

// Config is what a Ring is told.
type Config struct {
	Bytes  int           // in all; less than MinBytes means MinBytes
	Keep   time.Duration // 0 means DefaultKeep
	Digits bool          // digits in INFO are shown
	// Dialogs is how many dialogs of calls are known at once, of 16 bytes each; what one
	// beyond them says is kept as if it were of no call. 0 means DefaultDialogs.
	Dialogs int
	// Trunks are the names that Message tells apart.
	Trunks []string
}

// Whose says which trunk a message is of: one more than its place in Config.Trunks.
type Whose int32

// What is of no trunk of Config.Trunks.
const (
	Nobody  Whose = 0  // of a leg that is no trunk's
	Unknown Whose = -1 // of no call that is known so far, or of another node's
)

// Counters of a ring.
type Counters struct {
	Kept      atomic.Uint64 // messages put into the ring
	KeptBytes atomic.Uint64 // bytes put into the ring
	Wiped     atomic.Uint64 // messages overwritten, as they were too old or of somebody who is to be forgotten
	LeftOut   atomic.Uint64 // messages left out because their dialog had too many, or too long for the ring
}

// Message is one message on the wire.
type Message struct {
	At     time.Time      `json:"at"`
	Sent   bool           `json:"sent"` // by us
	Proto  string         `json:"proto"`
	Local  netip.AddrPort `json:"local"` // what our listener advertises
	Remote netip.AddrPort `json:"remote"`
	CallID string         `json:"call_id"`
	Text   string         `json:"text"`
	// Raw is the message if it is no UTF-8, and Text what can be read of it.
	Raw []byte `json:"raw,omitempty"`
}

// Bytes is the message as it was on the wire, but for its secrets.
func (m *Message) Bytes() []byte {
	if m.Raw != nil {
		return m.Raw
	}
	return []byte(m.Text)
}

// Leg says that a dialog is a leg of a call.
type Leg struct {
	ID     int    `json:"id"`
	Party  string `json:"party"` // as the ledger writes it
	CallID string `json:"call_id"`
}

// Span is a time, both ends included.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// errMemory means that the machine has less memory than the ring is to have.
var errMemory = errors.New("there is no memory for the ring of messages")

// protos are the transports by the number that an entry has for them.
var protos = []transport.Proto{"", transport.UDP, transport.TCP, transport.TLS, transport.Node}

func codeOf(p transport.Proto) byte {
	for i, known := range protos {
		if p == known {
			return byte(i)
		}
	}
	return 0
}

func protoOf(code byte) string {
	if int(code) < len(protos) {
		return strings.ToLower(string(protos[code]))
	}
	return ""
}
