package exchange

import (
	"context"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// inquiry is a request outside of any call, as the owner of its transaction.
type inquiry struct {
	answer chan outcome // takes one without blocking
}

// outcome is how a question ended.
type outcome struct {
	res *sip.Response
	err error
}

// Ask sends a request outside of any call by the flow and returns its final response.
// build is given the branch of its Via, and a tag for its From. The error is the
// transaction's, the transport's, or the context's. How many are asked at once is the
// caller's to bound.
func (x *Exchange) Ask(ctx context.Context, f transport.Flow, build func(branch, tag string) *sip.Request) (*sip.Response, error) {
	s := x.strands[x.asked.Add(1)%uint64(len(x.strands))]
	q := &inquiry{answer: make(chan outcome, 1)}
	s.box.post(func(now time.Time) {
		s.table.Start(now, build(branchCookie+s.Token(), s.Token()), f, q)
	})
	select {
	case o := <-q.answer:
		return o.res, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// answered ends a question, once.
func (q *inquiry) answered(o outcome) {
	select {
	case q.answer <- o:
	default:
	}
}

// response takes a response to a question.
func (q *inquiry) response(_ *transaction.Client, res *sip.Response) {
	if res.StatusCode >= 200 {
		q.answered(outcome{res: res})
	}
}
