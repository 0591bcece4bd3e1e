package exchange

import (
	"sync"
	"time"

	"strowger/sip/transport"
)

// item is a message from the wire or something to run.
type item struct {
	wire transport.Received // if run is nil
	run  func(now time.Time)
}

// mailbox is the queue of a strand. What comes from the wire is bounded by
// mailboxLimit; what comes from inside is bounded by what causes it: each job and
// each port of a call has at most a few results outstanding.
type mailbox struct {
	mu     sync.Mutex
	items  []item
	spare  []item // the slice taken last, to be filled next
	wire   int    // items from the wire
	closed bool
	wake   chan struct{}
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// putWire adds a message, or returns false if too many wait. It wakes nobody.
func (m *mailbox) putWire(r transport.Received) bool {
	m.mu.Lock()
	full := m.wire >= mailboxLimit || m.closed
	if !full {
		m.wire++
		m.items = append(m.items, item{wire: r})
	}
	m.mu.Unlock()
	return !full
}

// post adds something to run on the strand, and has its goroutine do it.
func (m *mailbox) post(run func(now time.Time)) {
	m.put(run)
	m.signal()
}

// put adds something to run on the strand. It wakes nobody.
func (m *mailbox) put(run func(now time.Time)) {
	m.mu.Lock()
	if !m.closed {
		m.items = append(m.items, item{run: run})
	}
	m.mu.Unlock()
}

// waiting tells whether there is something to take.
func (m *mailbox) waiting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.items) > 0
}

func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.signal()
}

func (m *mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take returns everything that waits, and false when the mailbox is closed. The
// slice is good until the next call.
func (m *mailbox) take() ([]item, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.items
	clear(m.spare)
	m.items, m.spare, m.wire = m.spare[:0], taken, 0
	return taken, !m.closed
}
