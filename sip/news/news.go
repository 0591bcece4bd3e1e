// Package news has a part of every node know what the same part of the others knows.
//
// # Contract
//
// A Topic is one such part: it answers the other nodes with what is new since the place
// to which they have read, and asks each of them every so often. A node that does not
// answer delays no other and is asked by one question at a time. What is told, and what
// a place is, the part itself says: the zero place is that of who has read nothing.
//
// A Topic owns how far it has read at each node, and a goroutine for each question under
// way; both are bounded by the nodes. Run ends them.
package news

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Peers are the other nodes of a cluster, whose topics answer by Answer. Safe for
// concurrent use.
type Peers interface {
	Nodes() []string
	Ask(ctx context.Context, node string, question []byte) ([]byte, error)
}

// maxPages bounds the answers of one node, one after another; the rest waits for the
// next time.
const maxPages = 64

// Topic is what one part of a node shares: news N since a place P. Word, Every, Timeout,
// Since and Learn must be set before it is used, and not changed then.
type Topic[P, N any] struct {
	Word    string        // names the topic in a question
	Every   time.Duration // between two questions to a node
	Timeout time.Duration // for all answers of a node to one question
	// Since gives the news of this node after a place.
	Since func(ctx context.Context, now time.Time, at P) (N, error)
	// Learn takes the news of another node: they reach to a place, and there may be more
	// to ask for at once. It is called for one node at a time, and not for one after Gone.
	Learn func(now time.Time, node string, news N) (at P, more bool)
	// Wanted tells whether the news are wanted now; nil means always.
	Wanted func() bool
	// Gone tells of a node that is no member any more; it may be nil. It comes again as
	// one that nothing was read of.
	Gone func(now time.Time, node string)
	// Silent tells of a question that was not answered, or not as it should; it may be nil.
	Silent func(node string, err error)

	mu      sync.Mutex
	readers map[string]*reader[P] // by node
	asking  sync.WaitGroup
}

// reader reads the news of one node.
type reader[P any] struct {
	at     P
	asking bool
}

// Answer answers the question of another node, if it is of this topic.
func (t *Topic[P, N]) Answer(ctx context.Context, question []byte) (answer []byte, asked bool, err error) {
	place, asked := bytes.CutPrefix(question, []byte(t.Word+" "))
	if !asked {
		return nil, false, nil
	}
	var at P
	if err := json.Unmarshal(place, &at); err != nil {
		return nil, true, fmt.Errorf("the question cannot be read: %w", err)
	}
	news, err := t.Since(ctx, time.Now(), at)
	if err != nil {
		return nil, true, err
	}
	answer, err = json.Marshal(news)
	return answer, true, err
}

// Forget has all of a node's news read again.
func (t *Topic[P, N]) Forget(node string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.readers, node)
}

// Run asks the other nodes until ctx is done, and returns when no question is under way.
func (t *Topic[P, N]) Run(ctx context.Context, peers Peers) {
	defer t.asking.Wait()
	tick := time.NewTicker(t.Every)
	defer tick.Stop()
	for {
		t.round(ctx, peers)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// round asks every node that is not being asked.
func (t *Topic[P, N]) round(ctx context.Context, peers Peers) {
	if t.Wanted != nil && !t.Wanted() {
		return
	}
	nodes := peers.Nodes()
	t.mu.Lock()
	defer t.mu.Unlock()
	living := make(map[string]*reader[P], len(nodes))
	for _, node := range nodes {
		r := t.readers[node]
		if r == nil {
			r = new(reader[P])
		}
		living[node] = r
		if !r.asking {
			r.asking = true
			t.asking.Go(func() { t.ask(ctx, peers, node, r) })
		}
	}
	for node := range t.readers {
		if living[node] == nil && t.Gone != nil {
			t.Gone(time.Now(), node)
		}
	}
	t.readers = living
}

// ask reads the news of a node, page by page.
func (t *Topic[P, N]) ask(ctx context.Context, peers Peers, node string, r *reader[P]) {
	ctx, cancel := context.WithTimeout(ctx, t.Timeout)
	defer cancel()
	var err error
	for page, more := 0, true; more && page < maxPages; page++ {
		if more, err = t.page(ctx, peers, node, r); err != nil && t.Silent != nil {
			t.Silent(node, err)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r.asking = false
}

// page reads one answer; more tells that another one follows.
func (t *Topic[P, N]) page(ctx context.Context, peers Peers, node string, r *reader[P]) (more bool, err error) {
	place, err := json.Marshal(r.at)
	if err != nil {
		return false, err
	}
	answer, err := peers.Ask(ctx, node, append([]byte(t.Word+" "), place...))
	if err != nil {
		return false, err
	}
	var news N
	if err := json.Unmarshal(answer, &news); err != nil {
		return false, fmt.Errorf("the answer cannot be read: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.readers[node] != r { // it is gone meanwhile, or forgotten
		return false, nil
	}
	r.at, more = t.Learn(time.Now(), node, news)
	return more, nil
}
