package cluster

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"strowger/sip/transport"
)

// Limits of questions between nodes.
const (
	maxAsks    = 256              // questions of this node that wait for an answer
	maxAnswers = 16               // questions of others that are being answered
	maxAnswer  = 16 << 20         // bytes of an answer
	answerPart = 32 << 10         // bytes of it in one frame, so that SIP gets in between
	answerTime = 10 * time.Second // for one answer
	askID      = 8                // bytes of a question's number
)

// What a part of an answer is.
const (
	partMore   = 0 // others follow
	partLast   = 1
	partFailed = 2 // the reason why there is no answer
)

var (
	errAsks    = errors.New("too many questions to other nodes are waiting; ask again")
	errAnswers = errors.New("the node answers too many questions at once; ask again")
	errAnswer  = errors.New("the answer is too large for the link between nodes")
)

// asks are the questions of this node that wait. The zero value is ready.
type asks struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]*asked
}

// asked is a question that waits for its answer.
type asked struct {
	c      *conn
	answer []byte     // of the link's goroutine until done
	done   chan error // takes one
}

// Ask puts a question to a node, whose Handler answers it, and waits for the
// answer until ctx is done or the connection ends.
func (l *Link) Ask(ctx context.Context, node string, question []byte) ([]byte, error) {
	c := l.named(node)
	if c == nil {
		l.counters.Unreachable.Add(1)
		return nil, transport.ErrUnreachable
	}
	if len(question) > answerPart {
		return nil, errLarge
	}
	id, a := l.asks.add(c)
	if a == nil {
		l.counters.AsksRefused.Add(1)
		return nil, errAsks
	}
	defer l.asks.take(id, c)
	if err := c.put(bareFrame(kindAsk, append(binary.BigEndian.AppendUint64(nil, id), question...))); err != nil {
		return nil, err
	}
	select {
	case err := <-a.done:
		return a.answer, err
	case <-c.done:
		return nil, transport.ErrUnreachable
	case <-ctx.Done():
		l.counters.AsksUnanswered.Add(1)
		return nil, fmt.Errorf("no answer in time: %w", ctx.Err())
	}
}

func (s *asks) add(c *conn) (uint64, *asked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) >= maxAsks {
		return 0, nil
	}
	if s.waiting == nil {
		s.waiting = map[uint64]*asked{}
	}
	s.last++
	a := &asked{c: c, done: make(chan error, 1)}
	s.waiting[s.last] = a
	return s.last, a
}

// take ends the wait for the answer to a question that was put to a connection.
func (s *asks) take(id uint64, c *conn) *asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.waiting[id]
	if a == nil || a.c != c {
		return nil
	}
	delete(s.waiting, id)
	return a
}

// more keeps a part of an answer; it is false if the answer becomes too large.
func (s *asks) more(id uint64, c *conn, part []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.waiting[id]
	if a == nil || a.c != c {
		return true // nobody waits any more
	}
	if len(a.answer)+len(part) > maxAnswer {
		return false
	}
	a.answer = append(a.answer, part...)
	return true
}

// answer has the handler answer a question of another node.
func (l *Link) answer(c *conn, payload []byte) error {
	if len(payload) < askID {
		return fmt.Errorf("%w: question cut off", errFrame)
	}
	payload = bytes.Clone(payload)
	id, question := payload[:askID], payload[askID:]
	select {
	case l.answering <- struct{}{}:
	default:
		l.counters.AsksRefused.Add(1)
		l.reply(c, id, nil, errAnswers)
		return nil
	}
	l.wg.Go(func() {
		defer func() { <-l.answering }()
		ctx, cancel := context.WithTimeout(l.ctx, answerTime)
		defer cancel()
		answer, err := l.cfg.Handler.Answer(ctx, question)
		l.reply(c, id, answer, err)
	})
	return nil
}

// reply sends an answer in parts. If they are not taken, which is counted, the
// other node waits in vain.
func (l *Link) reply(c *conn, id, answer []byte, err error) {
	last := byte(partLast)
	if len(answer) > maxAnswer {
		err = errAnswer
	}
	if err != nil {
		text := err.Error()
		answer, last = []byte(text[:min(len(text), maxText)]), partFailed
	}
	part := func(kind byte, b []byte) error {
		return c.put(bareFrame(kindAnswer, append(append(bytes.Clone(id), kind), b...)))
	}
	for ; len(answer) > answerPart; answer = answer[answerPart:] {
		if part(partMore, answer[:answerPart]) != nil {
			return
		}
	}
	_ = part(last, answer) // counted
}

// answered takes a part of an answer to who waits for it.
func (l *Link) answered(c *conn, payload []byte) error {
	if len(payload) < askID+1 {
		return fmt.Errorf("%w: answer cut off", errFrame)
	}
	id, kind, part := binary.BigEndian.Uint64(payload), payload[askID], payload[askID+1:]
	var err error
	switch kind {
	case partFailed:
		err = errors.New(string(part))
	case partMore, partLast:
		if !l.asks.more(id, c, part) {
			err = errAnswer
		} else if kind == partMore {
			return nil
		}
	default:
		return fmt.Errorf("%w: part %d of an answer", errFrame, kind)
	}
	if a := l.asks.take(id, c); a != nil {
		a.done <- err
	}
	return nil
}
