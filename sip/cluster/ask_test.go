package cluster

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/transport"
)

// echo answers every question with itself.
func echo(_ context.Context, question []byte) ([]byte, error) { return question, nil }

// TestAsk: an answer of any size that is allowed comes whole, to who asked for it.
func TestAsk(t *testing.T) {
	inFakeTime(t, func(t *testing.T, _ *wires, one, two *end) {
		t.Helper()
		sizes := map[string]int{
			"none": 0, "short": 5, "a part": answerPart, "a part and more": answerPart + 1,
			"parts": 3*answerPart + 7, "too large": maxAnswer + 1,
		}
		two.box.answer = func(_ context.Context, question []byte) ([]byte, error) {
			return bytes.Repeat(question[:1], sizes[string(question[1:])]), nil
		}
		one.box.answer = echo
		var together sync.WaitGroup
		for name, size := range sizes {
			for _, letter := range []byte("ab") {
				together.Go(func() {
					answer, err := one.Ask(t.Context(), "node-2", append([]byte{letter}, name...))
					if size > maxAnswer {
						if err == nil || !strings.Contains(err.Error(), errAnswer.Error()) {
							t.Errorf("%s: %v", name, err)
						}
						return
					}
					if err != nil || len(answer) != size || bytes.Count(answer, []byte{letter}) != size {
						t.Errorf("%s: %d bytes, want %d: %v", name, len(answer), size, err)
					}
				})
			}
		}
		together.Wait()
		if answer, err := two.Ask(t.Context(), "node-1", []byte("the other way")); err != nil || string(answer) != "the other way" {
			t.Errorf("the other way: %q, %v", answer, err)
		}
		if len(one.asks.waiting) != 0 {
			t.Errorf("%d questions wait on", len(one.asks.waiting))
		}
	})
}

// TestAskInVain: whatever keeps the answer away ends the wait with its reason.
func TestAskInVain(t *testing.T) {
	inFakeTime(t, func(t *testing.T, _ *wires, one, two *end) {
		t.Helper()
		never := func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		two.box.answer = func(context.Context, []byte) ([]byte, error) { return nil, errors.New("nobody knows") }
		if _, err := one.Ask(t.Context(), "node-2", nil); err == nil || err.Error() != "nobody knows" {
			t.Errorf("a refusal: %v", err)
		}
		if _, err := one.Ask(t.Context(), "node-3", nil); !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("a node that there is not: %v", err)
		}
		if _, err := one.Ask(t.Context(), "node-2", make([]byte, answerPart+1)); !errors.Is(err, errLarge) {
			t.Errorf("a long question: %v", err)
		}
		two.box.answer = never
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := one.Ask(ctx, "node-2", nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("a node that says nothing: %v after %v", err, time.Since(begin))
		}
		if n := one.Counters().AsksUnanswered.Load(); n != 1 {
			t.Errorf("%d unanswered questions counted", n)
		}
		synctest.Wait()
		<-time.After(answerTime) // the other node gives up
		if len(two.answering) != 0 {
			t.Error("a question is answered for ever")
		}
		ended := make(chan error)
		go func() {
			_, err := one.Ask(t.Context(), "node-2", nil)
			ended <- err
		}()
		synctest.Wait()
		two.Close()
		if err := <-ended; !errors.Is(err, transport.ErrUnreachable) && err.Error() != context.Canceled.Error() {
			t.Errorf("the connection ends: %v", err)
		}
		if len(one.asks.waiting) != 0 {
			t.Errorf("%d questions wait on", len(one.asks.waiting))
		}
	})
}

// TestAskLimits: questions under way are bounded at both ends.
func TestAskLimits(t *testing.T) {
	inFakeTime(t, func(t *testing.T, _ *wires, one, two *end) {
		t.Helper()
		open := make(chan struct{})
		two.box.answer = func(ctx context.Context, _ []byte) ([]byte, error) {
			select {
			case <-open:
			case <-ctx.Done():
			}
			return nil, nil
		}
		var answered sync.WaitGroup
		for range maxAnswers {
			answered.Go(func() {
				if _, err := one.Ask(t.Context(), "node-2", nil); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if _, err := one.Ask(t.Context(), "node-2", nil); err == nil || err.Error() != errAnswers.Error() {
			t.Errorf("one question more than are answered: %v", err)
		}
		for range maxAsks - maxAnswers {
			one.asks.add(one.named("node-2"))
		}
		if _, err := one.Ask(t.Context(), "node-2", nil); !errors.Is(err, errAsks) {
			t.Errorf("one question more than may wait: %v", err)
		}
		if one.Counters().AsksRefused.Load() != 1 || two.Counters().AsksRefused.Load() != 1 {
			t.Error("refusals are not counted")
		}
		close(open)
		answered.Wait()
	})
}

// TestLargestAnswer: parts are kept up to the limit, and of no other connection.
func TestLargestAnswer(t *testing.T) {
	var s asks
	c := &conn{}
	id, a := s.add(c)
	large := make([]byte, maxAnswer)
	if !s.more(id, &conn{}, large) || !s.more(id, c, large) || s.more(id, c, large[:1]) || len(a.answer) != maxAnswer {
		t.Errorf("%d bytes are kept", len(a.answer))
	}
	if s.take(id, &conn{}) != nil || s.take(id, c) != a || s.take(id, c) != nil {
		t.Error("an answer is taken by who did not ask, or twice")
	}
}

// TestAnswerFrames: a part that nobody waits for is dropped, one that cannot be
// read ends the connection.
func TestAnswerFrames(t *testing.T) {
	id := binary.BigEndian.AppendUint64(nil, 7)
	for name, c := range map[string]struct {
		kind    kind
		payload []byte
		good    bool
	}{
		"late":             {kindAnswer, append(id, partLast), true},
		"late part":        {kindAnswer, append(id, partMore, 'x'), true},
		"answer cut off":   {kindAnswer, id, false},
		"unknown part":     {kindAnswer, append(id, 3), false},
		"question cut off": {kindAsk, id[:7], false},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, _ *wires, one, two *end) {
				t.Helper()
				if err := two.named("node-1").put(bareFrame(c.kind, c.payload)); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if bad := one.Counters().Malformed.Load() > 0; bad == c.good {
					t.Errorf("malformed: %t", bad)
				}
			})
		})
	}
}
