package state

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Watch implements Store. It waits up to 2 seconds for the server to listen; if
// that does not happen, changes are told from when the server can be reached.
// After a lost connection the client subscribes again; what changed meanwhile is
// not told, nor is expiry.
func (s *Redis) Watch(t Table, fn func(tenant, id string)) (stop func()) {
	remove := s.watchers.add(t.Name, fn)
	ctx, cancel := context.WithTimeout(context.Background(), ioTimeout)
	defer cancel()
	select {
	case <-s.subscribe(ctx, watchChannel(t.Name)):
	case <-ctx.Done():
		s.log.Warn("changes in redis are not told until it answers", "url", s.url, "table", t.Name)
	}
	return remove
}

// subscribe asks for a channel, once, and returns what is closed when the server
// has agreed. Channels stay subscribed until Close: there is one a table.
func (s *Redis) subscribe(ctx context.Context, channel string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.confirmed[channel]; ok {
		return c
	}
	c := make(chan struct{})
	if s.closed {
		close(c)
		return c
	}
	s.confirmed[channel] = c
	if s.pubsub == nil {
		s.pubsub = s.client.Subscribe(ctx)
		s.done = make(chan struct{})
		go s.receive(s.pubsub.ChannelWithSubscriptions(redis.WithChannelHealthCheckInterval(time.Second)))
	}
	// The client remembers the channel even if the server is away now.
	if err := s.pubsub.Subscribe(ctx, channel); err != nil {
		s.counters.Unavailable.Add(1)
	}
	return c
}

// receive runs until the subscription is closed.
func (s *Redis) receive(messages <-chan any) {
	defer close(s.done)
	for m := range messages {
		switch m := m.(type) {
		case *redis.Subscription:
			s.confirm(m.Channel)
		case *redis.Message:
			tenant, id := splitMessage(m.Payload)
			s.watchers.tell(m.Channel[len(watchChannel("")):], tenant, id)
		}
	}
}

// confirm notes that the server listens, which it says again after each reconnection.
func (s *Redis) confirm(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.confirmed[channel]:
	default:
		close(s.confirmed[channel])
	}
}
