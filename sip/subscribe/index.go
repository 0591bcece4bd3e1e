package subscribe

import (
	"slices"
	"time"

	"strowger/sip/transport"
)

func (b *Book) enter(s *Subscription) {
	b.byTag[s.dialog.LocalTag] = s
	b.bySeat[s.subscriber]++
	s.resource.watchers = append(s.resource.watchers, s)
	b.counters.Live.Add(1)
	b.connect(s)
}

// drop forgets a subscription.
func (b *Book) drop(s *Subscription) {
	b.due.Set(s, time.Time{})
	delete(b.byTag, s.dialog.LocalTag)
	if b.bySeat[s.subscriber]--; b.bySeat[s.subscriber] == 0 {
		delete(b.bySeat, s.subscriber)
	}
	s.resource.watchers = slices.DeleteFunc(s.resource.watchers, func(w *Subscription) bool { return w == s })
	b.counters.Live.Add(-1)
	b.disconnect(s)
	b.forget(s.resource)
}

// move has a subscription follow its phone to another flow.
func (b *Book) move(s *Subscription, flow transport.Flow) {
	if s.flow == flow {
		return
	}
	b.disconnect(s)
	s.flow = flow
	b.connect(s)
}

func (b *Book) connect(s *Subscription) {
	conn := s.flow.Conn
	if conn == 0 {
		return
	}
	if b.byConn[conn] == nil {
		b.byConn[conn] = map[*Subscription]bool{}
	}
	b.byConn[conn][s] = true
}

func (b *Book) disconnect(s *Subscription) {
	conn := s.flow.Conn
	delete(b.byConn[conn], s)
	if len(b.byConn[conn]) == 0 {
		delete(b.byConn, conn)
	}
}
