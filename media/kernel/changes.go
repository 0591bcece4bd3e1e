package kernel

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// changesEvery bounds how often a change of routes has every entry looked up anew.
const changesEvery = time.Second

// changes tells when routes or interfaces changed. Nobody waits for it: it is asked.
type changes struct {
	fd      int
	pending bool
	last    time.Duration // when count rose
	count   atomic.Uint32
}

// watch begins to listen.
func (c *changes) watch() error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	groups := uint32(unix.RTMGRP_LINK | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		return errors.Join(fmt.Errorf("listen to netlink: %w", err), unix.Close(fd))
	}
	c.fd = fd
	return nil
}

// heard takes what was told since the last time, and says whether it was anything.
func (c *changes) heard() bool {
	var b [8 << 10]byte
	for some := false; ; some = true {
		_, _, err := unix.Recvfrom(c.fd, b[:], 0)
		if err != nil && !errors.Is(err, unix.ENOBUFS) { // more was told than fits: a change as well
			return some
		}
	}
}

func (c *changes) close() {
	if c.fd > 0 {
		_ = unix.Close(c.fd) // a descriptor
		c.fd = 0
	}
}

// Look notes changes of routes and interfaces: entries that were installed before are
// Stale then. One goroutine calls it, a few times a second.
func (p *Plane) Look() {
	c := &p.changes
	c.pending = c.heard() || c.pending
	if now := Monotonic(); c.pending && now-c.last >= changesEvery {
		c.pending, c.last = false, now
		p.routes.forget()
		c.count.Add(1)
	}
}

// Stale tells that routes or interfaces changed since Install or the last Refresh.
func (e *Entry) Stale() bool { return e.changes != e.plane.changes.count.Load() }
