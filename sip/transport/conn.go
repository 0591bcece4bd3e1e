package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"strowger/sip/message"
)

// Sizes of a connection's read buffer. It grows by doubling with the message that
// is read, and goes back once it is empty.
const (
	minBuffer  = 1 << 10
	keptBuffer = 4 << 10
)

// errBlocked ends the connections of a blocked source.
var errBlocked = errors.New("the source is blocked")

// conn is one stream connection. It has a reading goroutine, and a writing one
// only while there is something to write; the first one of a dialled connection
// also dials.
type conn struct {
	layer    *Layer
	socket   *socket
	flow     Flow
	accepted bool
	names    []string // of the certificate it showed; under the table's lock
	proven   bool     // they are a trunk's; set before anything is read

	mu      sync.Mutex
	wire    net.Conn // the socket; nil until dialled
	nc      net.Conn // what messages go by: wire, or TLS on it
	queue   [][]byte
	writing bool
	err     error // why it ends; nil while it is alive
}

// send queues a message.
func (c *conn) send(msg []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return ErrGone
	}
	if len(c.queue) >= c.layer.cfg.SendQueue {
		return ErrQueueFull
	}
	c.queue = append(c.queue, bytes.Clone(msg))
	if !c.writing {
		c.writing = true
		c.layer.wg.Go(c.write)
	}
	return nil
}

// alive is false as soon as something has made the connection end.
func (c *conn) alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil
}

// fail makes the connection end; the first error is the one that counts. The
// reading goroutine then cleans up.
func (c *conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	c.queue = nil
	if c.wire != nil {
		_ = c.wire.Close()
	}
}

// ended cleans up, once, and tells the Handler.
func (c *conn) ended() {
	c.layer.conns.remove(c)
	if c.layer.ctx.Err() == nil {
		c.layer.handler.Broken(c.flow, c.err)
	}
}

// write writes the queue until it is empty.
func (c *conn) write() {
	if c.nc == nil && !c.dial() {
		return
	}
	for {
		c.mu.Lock()
		batch := c.queue
		c.queue = nil
		if len(batch) == 0 {
			c.writing = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		for _, msg := range batch {
			if err := c.writeOne(msg); err != nil {
				c.layer.counters.WriteFailed.Add(1)
				c.fail(err)
				return
			}
		}
	}
}

func (c *conn) writeOne(msg []byte) error {
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.layer.cfg.WriteTimeout)); err != nil {
		return err
	}
	_, err := c.nc.Write(msg)
	if c.flow.Proto == TLS {
		c.relax()
	}
	return err
}

// dial connects and starts the reading goroutine; it is false if that failed.
func (c *conn) dial() bool {
	wire, nc, err := c.connect()
	if err != nil {
		c.layer.counters.DialFailed.Add(1)
		c.fail(err)
		c.ended()
		return false
	}
	c.layer.counters.Dialled.Add(1)
	c.mu.Lock()
	c.wire, c.nc = wire, nc
	closed := c.err != nil
	c.mu.Unlock()
	if closed {
		c.fail(net.ErrClosed)
		c.ended()
		return false
	}
	c.layer.wg.Go(c.read)
	return true
}

// connect reaches the peer: its socket, and what messages go by.
func (c *conn) connect() (wire, nc net.Conn, err error) {
	ctx, cancel := context.WithTimeout(c.layer.ctx, c.layer.cfg.DialTimeout)
	defer cancel()
	wire, err = c.layer.cfg.Sockets.Dial(ctx, c.socket.Addr.Addr(), c.flow.Remote)
	if err != nil {
		return nil, nil, err
	}
	if err := markDSCP(wire, c.socket.dscp); err != nil {
		c.layer.log.Warn("a connection cannot be marked", "dscp", c.socket.dscp, "error", err)
	}
	if c.flow.Proto != TLS {
		return wire, wire, nil
	}
	if nc, err = c.secure(ctx, wire); err != nil {
		_ = wire.Close()
		return nil, nil, err
	}
	return wire, nc, nil
}

// read reads until the connection ends.
func (c *conn) read() {
	defer c.ended()
	r := reader{conn: c, buf: make([]byte, 0, minBuffer), opened: time.Now(), spoken: !c.accepted}
	c.fail(r.run())
}

// reader is the state of reading one connection.
type reader struct {
	conn   *conn
	buf    []byte // what is read and not yet taken
	framer message.Framer
	opened time.Time // when the message being read began; at first, the connection
	spoken bool      // a whole message has come
	half   bool      // a line end has come that may be half a ping
}

func (r *reader) run() error {
	c := r.conn
	for {
		if len(r.buf) == cap(r.buf) {
			if len(r.buf) >= c.layer.cfg.MaxMessage {
				c.layer.counters.TooLarge.Add(1)
				return message.ErrFraming
			}
			r.buf = slices.Grow(r.buf, len(r.buf))
		}
		if err := c.nc.SetReadDeadline(r.deadline()); err != nil {
			return err
		}
		n, err := c.nc.Read(r.buf[len(r.buf):cap(r.buf)])
		if n > 0 {
			if len(r.buf) == 0 && r.spoken {
				r.opened = time.Now()
			}
			r.buf = r.buf[:len(r.buf)+n]
			if err := r.take(); err != nil {
				return err
			}
		}
		if err != nil {
			return r.readError(err)
		}
	}
}

// deadline is when the next bytes must have come: soon while a message is
// expected or has begun, late while the connection rests.
func (r *reader) deadline() time.Time {
	if r.spoken && len(r.buf) == 0 {
		return time.Now().Add(r.conn.layer.cfg.Idle)
	}
	return r.opened.Add(r.conn.layer.cfg.FirstMessage)
}

func (r *reader) readError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		if r.spoken && len(r.buf) == 0 {
			r.conn.layer.counters.IdleTimeout.Add(1)
		} else {
			r.conn.layer.counters.MessageTimeout.Add(1)
		}
	}
	if errors.Is(err, io.EOF) && len(r.buf) > 0 {
		r.conn.layer.counters.Truncated.Add(1)
	}
	return err
}

// take handles the whole messages in the buffer and keeps the rest.
func (r *reader) take() error {
	data := r.buf
	for {
		var err error
		if data, err = r.pings(data); err != nil {
			return err
		}
		n, err := r.framer.Next(data)
		if err != nil {
			r.conn.layer.counters.Framing.Add(1)
			return err
		}
		if n == 0 {
			break
		}
		if f := r.conn.flow; r.conn.layer.blocked(f.Network, f.Remote.Addr()) {
			return errBlocked
		}
		if err := r.conn.layer.take(r.conn.flow, data[:n], r.conn.proven); err != nil {
			return err
		}
		r.spoken, r.opened = true, time.Now()
		data = data[n:]
	}
	if len(data) == 0 && cap(r.buf) > keptBuffer {
		r.buf = make([]byte, 0, minBuffer)
		return nil
	}
	r.buf = r.buf[:copy(r.buf, data)]
	return nil
}

var crlf = []byte("\r\n")

// pings takes line ends off the front. Two in a row are a ping, which gets one as
// a pong (RFC 5626 section 4.4.1).
func (r *reader) pings(data []byte) ([]byte, error) {
	for bytes.HasPrefix(data, crlf) {
		data = data[len(crlf):]
		if r.half = !r.half; r.half {
			continue
		}
		r.conn.layer.counters.KeepAlives.Add(1)
		if err := r.conn.send(crlf); err != nil {
			return nil, err
		}
	}
	if len(data) > 0 {
		r.half = false
	}
	return data, nil
}
