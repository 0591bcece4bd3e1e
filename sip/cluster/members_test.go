package cluster

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/state"
	"strowger/sip/state/statetest"
)

// onOneStore runs a test of nodes that share a store, in fake time.
func onOneStore(t *testing.T, test func(t *testing.T, s *statetest.Store)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, statetest.Open(t)) })
}

func linkAddr(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 7000)
}

func join(t *testing.T, s state.Store, name string, link int) *Membership {
	t.Helper()
	m, err := Join(t.Context(), s, name, linkAddr(link), time.Now(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// die stops a node as kill -9 does: its lease stays behind.
func (m *Membership) die() {
	m.stop()
	m.wg.Wait()
	m.unwatch()
}

func leave(t *testing.T, list ...*Membership) {
	t.Helper()
	for _, m := range list {
		if err := m.Leave(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// sees wants the others that a node knows, as name and number.
func sees(t *testing.T, m *Membership, want string) {
	t.Helper()
	var got []string
	for _, o := range m.Members() {
		got = append(got, fmt.Sprintf("%s=%d", o.Name, o.Number))
	}
	if strings.Join(got, " ") != want {
		t.Errorf("%s sees %q, want %q", m.self.Name, strings.Join(got, " "), want)
	}
}

func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// TestLostNews: where news may have been lost, a node looks at once at who is there.
func TestLostNews(t *testing.T) {
	onOneStore(t, func(t *testing.T, s *statetest.Store) {
		t.Helper()
		d := &statetest.Deaf{Store: s}
		a, b := join(t, d, "a", 1), join(t, s, "b", 2)
		after(0)
		sees(t, a, "")
		d.Lose()
		after(0)
		sees(t, a, "b=2")
		leave(t, b)
		d.Lose()
		after(0)
		sees(t, a, "")
		leave(t, a)
	})
}

func TestMembersComeAndGo(t *testing.T) {
	onOneStore(t, func(t *testing.T, s *statetest.Store) {
		t.Helper()
		a, b := join(t, s, "a", 1), join(t, s, "b", 2)
		var mu sync.Mutex
		var last []Member
		a.Follow(func(list []Member) {
			mu.Lock()
			defer mu.Unlock()
			last = list
		})
		c := join(t, s, "c", 3)
		after(time.Second)
		sees(t, a, "b=2 c=3")
		sees(t, c, "a=1 b=2")
		leave(t, b)
		after(time.Second)
		sees(t, a, "c=3")
		d := join(t, s, "d", 4)
		after(time.Second)
		sees(t, a, "d=2 c=3")
		mu.Lock()
		if len(last) != 2 || last[0] != d.Self() || last[1] != c.Self() {
			t.Errorf("a was told of %+v", last)
		}
		mu.Unlock()
		c.die()
		after(Lease - 2*renewEvery)
		sees(t, a, "d=2 c=3")
		after(3 * renewEvery)
		sees(t, a, "d=2")
		after(5 * time.Minute)
		sees(t, a, "d=2")
		leave(t, a, d)
	})
}

// TestComeBack: a killed node that listens where it did has its name and number at
// once; elsewhere it has to wait for the end of its lease.
func TestComeBack(t *testing.T) {
	onOneStore(t, func(t *testing.T, s *statetest.Store) {
		t.Helper()
		a, b := join(t, s, "a", 1), join(t, s, "b", 2)
		a.die()
		after(time.Second)
		again := join(t, s, "a", 1)
		if n := again.Self().Number; n != 1 {
			t.Errorf("the node came back as number %d", n)
		}
		after(time.Second)
		if others := b.Members(); len(others) != 1 || others[0] != again.Self() {
			t.Errorf("b sees %+v, want %+v", others, again.Self())
		}
		_, err := Join(t.Context(), s, "a", linkAddr(9), time.Now(), nil)
		if err == nil || !strings.Contains(err.Error(), "the node name a is taken by the node at 192.0.2.1:7000, which started at 2000-01-01T") {
			t.Errorf("a living node's name: %v", err)
		}
		again.die()
		after(Lease + time.Second)
		moved := join(t, s, "a", 9)
		after(time.Second)
		sees(t, b, "a=1")
		leave(t, b, moved)
	})
}

// TestStoreAway: a store that does not answer, or has lost everything, changes
// nothing about who is there.
func TestStoreAway(t *testing.T) {
	onOneStore(t, func(t *testing.T, s *statetest.Store) {
		t.Helper()
		a, b := join(t, s, "a", 1), join(t, s, "b", 2)
		after(time.Second)
		s.Away(true)
		after(time.Minute)
		sees(t, a, "b=2")
		s.Away(false)
		after(3 * renewEvery) // every lease had ended: both enter again, as who they were
		sees(t, a, "b=2")
		sees(t, b, "a=1")
		if r, err := s.Get(t.Context(), numberTable, everyone, "1"); err != nil || string(r.Value) != "a" {
			t.Errorf("number 1 is held by %q, %v", r.Value, err)
		}
		leave(t, a, b)
	})
}

// TestDeposed: a node whose name was taken over says so.
func TestDeposed(t *testing.T) {
	onOneStore(t, func(t *testing.T, s *statetest.Store) {
		t.Helper()
		var log bytes.Buffer
		a, err := Join(t.Context(), s, "a", linkAddr(1), time.Now(), slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		usurper := join(t, s, "a", 1) // listens on the same address, on another machine
		after(2 * renewEvery)
		leave(t, a)
		if !strings.Contains(log.String(), "another node took this node's name or number") {
			t.Errorf("the log has %q", log.String())
		}
		after(2 * renewEvery)
		if r, err := s.Get(t.Context(), nodeTable, everyone, "a"); err != nil || member(r.Value) != usurper.Self() {
			t.Errorf("the name is held by %s, %v", r.Value, err)
		}
		leave(t, usurper)
	})
}

func TestFull(t *testing.T) {
	onOneStore(t, func(t *testing.T, s *statetest.Store) {
		t.Helper()
		for n := range MaxNodes {
			c := state.Change{ID: strconv.Itoa(n + 1), Value: []byte("other"), Expires: time.Now().Add(time.Hour)}
			if _, err := s.Put(t.Context(), numberTable, everyone, c); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Join(t.Context(), s, "a", linkAddr(1), time.Now(), nil); err == nil || !strings.Contains(err.Error(), "64 nodes already") {
			t.Errorf("a full cluster: %v", err)
		}
		if _, err := s.Get(t.Context(), nodeTable, everyone, "a"); err == nil {
			t.Error("the refused node left its name behind")
		}
	})
}
