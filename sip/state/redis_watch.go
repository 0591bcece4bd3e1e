package state

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// Times of the subscription.
const (
	quietTime  = time.Second            // without news until the server is asked for a sign, and as long again until it is given up
	retryPause = 100 * time.Millisecond // between attempts to reach a server
)

// Watch implements Store. It waits up to 2 seconds for the server to listen; if
// that does not happen, changes are told from when the server can be reached.
func (s *Redis) Watch(t Table, fn func(tenant, id string)) (stop func()) {
	remove := s.watchers.add(t.Name, fn)
	ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
	defer cancel()
	channel := watchChannel(t.Name)
	select {
	case <-s.subscribe(ctx, channel):
	case <-ctx.Done():
		s.awaited(channel)
		s.log.Warn("changes in redis are not told until it answers", "url", s.url, "table", t.Name)
	}
	return remove
}

// subscribe asks for a channel, once, and returns what is closed when the server
// has agreed. Channels stay subscribed until Close: there is one a table.
func (s *Redis) subscribe(ctx context.Context, channel string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.listening[channel]; ok {
		return c
	}
	c := make(chan struct{})
	if s.life.Err() != nil {
		close(c)
		return c
	}
	s.listening[channel] = c
	if s.pubsub == nil {
		s.pubsub = s.client.Subscribe(ctx)
		s.done = make(chan struct{})
		go s.receive(s.pubsub)
	}
	// The client remembers the channel even if the server is away now.
	if err := s.pubsub.Subscribe(ctx, channel); err != nil {
		s.counters.Unavailable.Add(1)
	}
	return c
}

// receive runs until the store is closed. The client connects again by itself when
// a connection breaks, but not when its server hangs or the network lost it:
// what it writes still finds room.
func (s *Redis) receive(p *redis.PubSub) {
	defer close(s.done)
	asked := false
	for s.life.Err() == nil {
		m, err := p.ReceiveTimeout(s.life, quietTime)
		silent := errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case err == nil:
			s.take(m)
		case !silent:
			select {
			case <-s.life.Done():
			case <-time.After(retryPause):
			}
		case asked:
			p, silent = s.renew(p), false
		default:
			_ = p.Ping(s.life) // what it fails of is what the next receive fails of
		}
		asked = silent
	}
}

// renew replaces a subscription whose server is silent, unless the store is closed.
func (s *Redis) renew(silent *redis.PubSub) *redis.PubSub {
	_ = silent.Close()
	s.mu.Lock()
	if s.life.Err() != nil {
		s.mu.Unlock()
		return silent
	}
	p := s.client.Subscribe(s.life)
	s.pubsub = p
	channels := slices.Collect(maps.Keys(s.listening))
	s.mu.Unlock()
	if err := p.Subscribe(s.life, channels...); err != nil {
		s.counters.Unavailable.Add(1)
	}
	return p
}

// take is given what the server sends.
func (s *Redis) take(m any) {
	switch m := m.(type) {
	case *redis.Subscription:
		// Nobody was told of what changed before, but at the first time, when
		// Watch waits for it.
		if again := !s.awaited(m.Channel); again {
			s.watchers.tell(watchedTable(m.Channel), "", "")
		}
	case *redis.Message:
		tenant, id := splitMessage(m.Payload)
		s.watchers.tell(watchedTable(m.Channel), tenant, id)
	}
}

// awaited ends the wait for the server to listen to a channel, and tells whether
// there was one.
func (s *Redis) awaited(channel string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.listening[channel]
	if !ok {
		return false
	}
	select {
	case <-c:
		return false
	default:
		close(c)
		return true
	}
}
