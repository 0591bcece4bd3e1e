package node

import (
	"context"
	"time"

	"strowger/sip/guard"
	"strowger/sip/news"
	"strowger/sip/usage"
)

// How nodes ask each other for what they share.
const (
	blocksEvery = time.Second
	usageEvery  = 3 * time.Second
	newsTime    = time.Second // for an answer
)

// shareBlocks has blocks of password guessers be the cluster's.
func (n *Node) shareBlocks() {
	n.blocks = &news.Topic[guard.Place, guard.News]{
		Word: "blocks", Every: blocksEvery, Timeout: newsTime,
		Since: func(_ context.Context, now time.Time, at guard.Place) (guard.News, error) {
			return n.Guard.Since(now, at), nil
		},
		Learn: func(now time.Time, _ string, news guard.News) (guard.Place, bool) {
			n.Guard.Learn(now, news)
			return news.Place, news.More
		},
	}
}

// shareUsage has the sums of what parties call be the cluster's.
func (n *Node) shareUsage() {
	n.uses = &news.Topic[usage.Place, usage.News]{
		Word: "usage", Every: usageEvery, Timeout: newsTime,
		Since: func(_ context.Context, _ time.Time, at usage.Place) (usage.News, error) {
			return n.Usage.Since(at), nil
		},
		Learn: func(now time.Time, node string, news usage.News) (usage.Place, bool) {
			n.Usage.Learn(now, node, news)
			return news.Place, news.More
		},
	}
}

// shareWithNodes asks the other nodes of the cluster until the node is closed.
func (n *Node) shareWithNodes() {
	if n.Link != nil {
		n.background(func(ctx context.Context) { n.blocks.Run(ctx, peers{n}) })
		n.background(func(ctx context.Context) { n.uses.Run(ctx, peers{n}) })
	}
}
