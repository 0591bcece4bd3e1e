package news

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// turn is held by a test but while a second passes: time is no order of memory.
var turn sync.Mutex

// letters is a topic whose news are the letters of a word, two at a time.
type letters struct {
	Topic[int, []string]
	word    string
	learned map[string]string
	gone    []string
	silent  int
}

func newLetters() *letters {
	l := &letters{learned: map[string]string{}}
	l.Topic = Topic[int, []string]{
		Word: "letters", Every: time.Second, Timeout: 3 * time.Second,
		Since: func(_ context.Context, _ time.Time, at int) ([]string, error) {
			turn.Lock()
			defer turn.Unlock()
			if at > len(l.word) {
				return nil, errors.New("there is no such place")
			}
			return []string{strconv.Itoa(at), l.word[at:min(at+2, len(l.word))]}, nil
		},
		Learn: func(_ time.Time, node string, news []string) (int, bool) {
			turn.Lock()
			defer turn.Unlock()
			l.learned[node] += news[1]
			return len(l.learned[node]), len(news[1]) == 2
		},
		Gone: func(_ time.Time, node string) {
			turn.Lock()
			defer turn.Unlock()
			l.gone = append(l.gone, node)
			delete(l.learned, node)
		},
		Silent: func(string, error) {
			turn.Lock()
			defer turn.Unlock()
			l.silent++
		},
	}
	return l
}

// nodes are the topics of other nodes; nil for one that never answers.
type nodes map[string]*letters

func (n nodes) Nodes() []string {
	turn.Lock()
	defer turn.Unlock()
	var names []string
	for name := range n {
		names = append(names, name)
	}
	return names
}

func (n nodes) Ask(ctx context.Context, node string, question []byte) ([]byte, error) {
	turn.Lock()
	far := n[node]
	turn.Unlock()
	if far == nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	answer, asked, err := far.Answer(ctx, question)
	if !asked {
		return nil, errors.New("nobody is asked so")
	}
	return answer, err
}

// runs has l ask others for as long as the body of the test takes.
func runs(t *testing.T, l *letters, others nodes, body func(second func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.Run(ctx, others)
		}()
		synctest.Wait()
		turn.Lock()
		body(func() {
			turn.Unlock()
			<-time.After(time.Second)
			synctest.Wait()
			turn.Lock()
		})
		turn.Unlock()
		stop()
		<-done
	})
}

func TestNewsAreRead(t *testing.T) {
	l, far := newLetters(), newLetters()
	far.word = "hello"
	runs(t, l, nodes{"far": far}, func(second func()) {
		if l.learned["far"] != "hello" {
			t.Errorf("at once %q is read, want all pages", l.learned["far"])
		}
		far.word = "hello, w"
		second()
		if l.learned["far"] != "hello, w" {
			t.Errorf("a second later %q is read", l.learned["far"])
		}
	})
}

func TestSilentNodeDelaysNobody(t *testing.T) {
	l, far := newLetters(), newLetters()
	runs(t, l, nodes{"far": far, "mute": nil}, func(second func()) {
		for range 7 {
			far.word += "ab"
			second()
			if l.learned["far"] != far.word {
				t.Fatalf("%q is read of %q", l.learned["far"], far.word)
			}
		}
		if l.silent != 2 {
			t.Errorf("%d questions had no answer in 7 s, want one each 3 s", l.silent)
		}
	})
}

func TestNodeComesAndGoes(t *testing.T) {
	l, far := newLetters(), newLetters()
	far.word = "abc"
	others := nodes{"far": far}
	runs(t, l, others, func(second func()) {
		delete(others, "far")
		second()
		if !slices.Equal(l.gone, []string{"far"}) || l.learned["far"] != "" {
			t.Errorf("gone are %v, and %q is known", l.gone, l.learned["far"])
		}
		others["far"] = far
		second()
		if l.learned["far"] != "abc" {
			t.Errorf("back again, %q is read", l.learned["far"])
		}
	})
}

func TestForgottenIsReadAgain(t *testing.T) {
	l, far := newLetters(), newLetters()
	far.word = "abc"
	runs(t, l, nodes{"far": far}, func(second func()) {
		l.learned["far"] = ""
		l.Forget("far")
		second()
		if l.learned["far"] != "abc" {
			t.Errorf("%q is read", l.learned["far"])
		}
	})
}

func TestUnwantedIsNotRead(t *testing.T) {
	l, far := newLetters(), newLetters()
	far.word = "abc"
	wanted := false
	l.Wanted = func() bool {
		turn.Lock()
		defer turn.Unlock()
		return wanted
	}
	runs(t, l, nodes{"far": far}, func(second func()) {
		second()
		if l.learned["far"] != "" {
			t.Error("it is read")
		}
		wanted = true
		second()
		if l.learned["far"] != "abc" {
			t.Errorf("%q is read", l.learned["far"])
		}
	})
}

func TestBadQuestion(t *testing.T) {
	l := newLetters()
	for question, want := range map[string]bool{"letters x": true, "letters 7": true, "words 0": false, "letters": false} {
		answer, asked, err := l.Answer(t.Context(), []byte(question))
		if asked != want || want && err == nil || answer != nil {
			t.Errorf("%s: %s %v %v", question, answer, asked, err)
		}
	}
}
