package cluster

import (
	"bufio"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"strowger/sip/transport"
)

// Limits of a connection between nodes.
const (
	sendQueue = 4096            // frames that wait for a peer
	heartbeat = time.Second     // between two heartbeats
	deadAfter = 3 * time.Second // without anything received, or in a write
	buffer    = 64 << 10        // bytes, for reading and for writing
)

// conn is a connection that was agreed on: one goroutine reads, one writes.
type conn struct {
	link  *Link
	peer  Member
	tls   *tls.Conn
	raw   net.Conn
	queue chan []byte
	done  chan struct{} // closed by close
	ended chan struct{} // closed when run has returned
	once  sync.Once
}

func newConn(l *Link, t *tls.Conn, raw net.Conn, peer Member) *conn {
	return &conn{link: l, peer: peer, tls: t, raw: raw, queue: make(chan []byte, sendQueue), done: make(chan struct{}), ended: make(chan struct{})}
}

// close ends the connection; what is queued is lost.
func (c *conn) close() {
	c.once.Do(func() {
		close(c.done)
		_ = c.raw.Close()
	})
}

// put queues a whole frame.
func (c *conn) put(frame []byte) error {
	select {
	case c.queue <- frame:
		c.link.counters.FramesSent.Add(1)
		return nil
	default:
		c.link.counters.QueueFull.Add(1)
		return transport.ErrQueueFull
	}
}

// run serves the connection until it ends, and returns why.
func (c *conn) run() error {
	defer close(c.ended)
	var writer sync.WaitGroup
	writer.Go(c.write)
	err := c.read()
	c.close()
	writer.Wait()
	return err
}

func (c *conn) write() {
	defer c.close()
	w := bufio.NewWriterSize(c.tls, buffer)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var frame []byte
		select {
		case <-c.done:
			return
		case <-beat.C:
			frame = bareFrame(kindBeat, nil)
		case frame = <-c.queue:
		}
		_ = c.raw.SetWriteDeadline(time.Now().Add(deadAfter))
		if _, err := w.Write(frame); err != nil {
			return
		}
		if len(c.queue) > 0 {
			continue
		}
		if err := w.Flush(); err != nil {
			return
		}
	}
}

func (c *conn) read() error {
	r := bufio.NewReaderSize(c.tls, buffer)
	var buf []byte
	for {
		_ = c.raw.SetReadDeadline(time.Now().Add(deadAfter))
		var k kind
		var payload []byte
		var err error
		if k, payload, buf, err = readFrame(r, buf, maxFrame); err != nil {
			return err
		}
		if k == kindBeat {
			continue
		}
		c.link.counters.FramesGot.Add(1)
		if err := c.link.take(c, k, payload); err != nil {
			c.link.counters.Malformed.Add(1)
			return err
		}
	}
}
