package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"strowger/sip/news"
	"strowger/sip/subscribe"
)

// How other nodes are asked about their calls.
const (
	askEvery = 500 * time.Millisecond
	askTime  = 2 * time.Second
	pickTime = time.Second // for a call that a seat wants to have: its caller waits
	maxPeers = 64          // nodes that are asked for one
)

// askPick begins the question for a call: a wish follows, the answer is what was found.
var askPick = []byte("pick ")

// Answer answers another node, if it asks of this one's calls.
func (x *Exchange) Answer(ctx context.Context, question []byte) (answer []byte, asked bool, err error) {
	wanted, asked := bytes.CutPrefix(question, askPick)
	if !asked {
		return x.seats.Answer(ctx, question)
	}
	var w wish
	if err := json.Unmarshal(wanted, &w); err != nil {
		return nil, true, fmt.Errorf("the question cannot be read: %w", err)
	}
	answer, err = json.Marshal(x.findHere(ctx, w))
	return answer, true, err
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

// seatNews is what nodes tell each other of what seats do, while a phone of theirs
// watches anything.
func (x *Exchange) seatNews() *news.Topic[subscribe.Place, subscribe.News] {
	return &news.Topic[subscribe.Place, subscribe.News]{
		Word: "seats", Every: askEvery, Timeout: askTime,
		Since: func(ctx context.Context, _ time.Time, at subscribe.Place) (subscribe.News, error) {
			return ask(ctx, x.desk.strand, func() subscribe.News { return x.desk.book.Since(time.Now(), at) })
		},
		Learn: func(_ time.Time, node string, news subscribe.News) (subscribe.Place, bool) {
			x.desk.box.post(func(now time.Time) { x.desk.book.Learn(now, node, news) })
			return news.Place, news.More
		},
		Wanted: x.watch.phones.Load,
		Silent: func(node string, _ error) {
			x.counters.PeersSilent.Add(1)
			x.seats.Forget(node)
		},
	}
}
