package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"strowger/sip/subscribe"
)

// How other nodes are asked about their calls.
const (
	askEvery = 500 * time.Millisecond
	askTime  = 2 * time.Second
	maxPages = 64          // answers of one node, one after another
	pickTime = time.Second // for a call that a seat wants to have: its caller waits
	maxPeers = 64          // nodes that are asked for one
)

// What nodes ask each other's exchanges begins so.
var (
	askSeats = []byte("seats ") // what seats do: a subscribe.Place follows, the answer is subscribe.News
	askPick  = []byte("pick ")  // a wish follows, the answer is what was found
)

// Asks tells whether a question of another node is one for Answer.
func Asks(text []byte) bool { return bytes.HasPrefix(text, askSeats) || bytes.HasPrefix(text, askPick) }

// Answer tells another node what it asks of this one's calls.
func (x *Exchange) Answer(ctx context.Context, text []byte) ([]byte, error) {
	if wanted, ok := bytes.CutPrefix(text, askPick); ok {
		var w wish
		if err := json.Unmarshal(wanted, &w); err != nil {
			return nil, fmt.Errorf("the question cannot be read: %w", err)
		}
		return json.Marshal(x.findHere(ctx, w))
	}
	var at subscribe.Place
	if err := json.Unmarshal(bytes.TrimPrefix(text, askSeats), &at); err != nil {
		return nil, fmt.Errorf("the question cannot be read: %w", err)
	}
	news, err := ask(ctx, x.desk.strand, func() subscribe.News { return x.desk.book.Since(time.Now(), at) })
	if err != nil {
		return nil, err
	}
	return json.Marshal(news)
}

// findAtPeers asks every other node, all at once, for a call that a seat wants to have.
// One that does not answer in time is left out.
func (x *Exchange) findAtPeers(ctx context.Context, w wish) []found {
	text, err := json.Marshal(w)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pickTime)
	defer cancel()
	nodes := x.cfg.Peers.Nodes()
	all := make([]found, min(len(nodes), maxPeers))
	var asked sync.WaitGroup
	for i := range all {
		asked.Go(func() {
			answer, err := x.cfg.Peers.Ask(ctx, nodes[i], slices.Concat(askPick, text))
			if err != nil || json.Unmarshal(answer, &all[i]) != nil {
				x.counters.PeersSilent.Add(1)
			}
		})
	}
	asked.Wait()
	return all
}

// askPeers asks the other nodes, while a phone of this one watches anything, until
// the exchange is closed.
func (x *Exchange) askPeers() {
	if x.cfg.Peers == nil {
		return
	}
	every := time.NewTicker(askEvery)
	defer every.Stop()
	for {
		select {
		case <-x.ctx.Done():
			return
		case <-every.C:
		}
		if !x.watch.phones.Load() {
			continue
		}
		for _, node := range x.cfg.Peers.Nodes() {
			x.askPeer(node)
		}
	}
}

// askPeer takes the news of a node. One that does not tell is asked for all the next
// time.
func (x *Exchange) askPeer(node string) {
	ctx, cancel := context.WithTimeout(x.ctx, askTime)
	defer cancel()
	for range maxPages {
		news, err := x.newsOf(ctx, node)
		if err != nil {
			x.counters.PeersSilent.Add(1)
			x.watch.place(node, subscribe.Place{})
			return
		}
		x.watch.place(node, news.Place)
		x.desk.box.post(func(now time.Time) { x.desk.book.Learn(now, node, news) })
		if !news.More {
			return
		}
	}
}

func (x *Exchange) newsOf(ctx context.Context, node string) (subscribe.News, error) {
	var news subscribe.News
	x.watch.mu.Lock()
	place, err := json.Marshal(x.watch.read[node])
	x.watch.mu.Unlock()
	if err != nil {
		return news, err
	}
	text, err := x.cfg.Peers.Ask(ctx, node, slices.Concat(askSeats, place))
	if err != nil {
		return news, err
	}
	return news, json.Unmarshal(text, &news)
}

// place notes how far a node's news were read.
func (w *watch) place(node string, at subscribe.Place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.read == nil {
		w.read = map[string]subscribe.Place{}
	}
	w.read[node] = at
}
