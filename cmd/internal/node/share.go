package node

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"strowger/sip/cluster"
	"strowger/sip/guard"
	"strowger/sip/usage"
)

// How nodes ask each other for what they share.
const (
	blocksEvery = time.Second
	usageEvery  = 3 * time.Second
	newsTime    = time.Second // for an answer
	maxPages    = 16          // answers of one node, one after another; the rest waits for the next time
)

// shared is what a part of every node tells the same part of the others: news N since
// a place P. The zero place is that of who has read nothing.
type shared[P, N any] struct {
	word  string // begins the question; the place follows
	since func(now time.Time, at P) N
	learn func(now time.Time, node string, news N) (at P, more bool)

	mu   sync.Mutex
	read map[string]P // by node
}

// answer answers the question of another node, if it is of this part.
func (s *shared[P, N]) answer(question []byte) (answer []byte, asked bool, err error) {
	place, asked := strings.CutPrefix(string(question), s.word+" ")
	if !asked {
		return nil, false, nil
	}
	var at P
	if err := json.Unmarshal([]byte(place), &at); err != nil {
		return nil, true, fmt.Errorf("the question cannot be read: %w", err)
	}
	answer, err = json.Marshal(s.since(time.Now(), at))
	return answer, true, err
}

// ask takes the news of all other nodes that are connected. One that does not answer
// is asked again from the same place.
func (s *shared[P, N]) ask(n *Node) {
	members := n.Membership.Members()
	s.mu.Lock()
	maps.DeleteFunc(s.read, func(node string, _ P) bool {
		return !slices.ContainsFunc(members, func(m cluster.Member) bool { return m.Name == node })
	})
	s.mu.Unlock()
	var asked sync.WaitGroup
	for _, m := range members {
		if n.Link.Connected(m.Name) {
			asked.Go(func() { s.askNode(n.Link, m.Name) })
		}
	}
	asked.Wait()
}

func (s *shared[P, N]) askNode(link *cluster.Link, node string) {
	ctx, cancel := context.WithTimeout(context.Background(), newsTime)
	defer cancel()
	for range maxPages {
		s.mu.Lock()
		question, err := json.Marshal(s.read[node])
		s.mu.Unlock()
		if err != nil {
			return
		}
		text, err := link.Ask(ctx, node, append([]byte(s.word+" "), question...))
		if err != nil {
			return // counted by the link
		}
		var news N
		if json.Unmarshal(text, &news) != nil {
			return // of another release
		}
		at, more := s.learn(time.Now(), node, news)
		s.mu.Lock()
		s.read[node] = at
		s.mu.Unlock()
		if !more {
			return
		}
	}
}

// shareBlocks has blocks of password guessers be the cluster's.
func (n *Node) shareBlocks() {
	n.blocks = &shared[guard.Place, guard.News]{
		word: "blocks", read: map[string]guard.Place{},
		since: n.Guard.Since,
		learn: func(now time.Time, _ string, news guard.News) (guard.Place, bool) {
			n.Guard.Learn(now, news)
			return news.Place, news.More
		},
	}
}

// shareUsage has the sums of what parties call be the cluster's.
func (n *Node) shareUsage() {
	n.uses = &shared[usage.Place, usage.News]{
		word: "usage", read: map[string]usage.Place{},
		since: func(_ time.Time, at usage.Place) usage.News { return n.Usage.Since(at) },
		learn: func(now time.Time, node string, news usage.News) (usage.Place, bool) {
			n.Usage.Learn(now, node, news)
			return news.Place, news.More
		},
	}
}

// shareWithNodes asks the other nodes of the cluster until the node is closed.
func (n *Node) shareWithNodes() {
	if n.Link != nil {
		n.watch(blocksEvery, func(time.Time) { n.blocks.ask(n) })
		n.watch(usageEvery, func(time.Time) { n.uses.ask(n) })
	}
}
