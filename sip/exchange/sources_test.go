package exchange

import (
	"net/netip"
	"testing"
	"time"
)

func TestASourceIsSlowedByItself(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s := newSources(10)
	loud, quiet := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	passed := 0
	for range 100 {
		if s.allow(now, loud) {
			passed++
		}
	}
	if passed != 10 {
		t.Errorf("%d of a flood passed at once, want 10", passed)
	}
	if !s.allow(now, quiet) {
		t.Error("another address was slowed too")
	}
	if now = now.Add(time.Second); !s.allow(now, loud) {
		t.Error("the allowance did not come back")
	}
}

func TestASiteIsASlash64(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s := newSources(1)
	if !s.allow(now, netip.MustParseAddr("2001:db8::1")) {
		t.Fatal("the first was refused")
	}
	if s.allow(now, netip.MustParseAddr("2001:db8::2")) {
		t.Error("a neighbour in the same /64 has an allowance of its own")
	}
	if !s.allow(now, netip.MustParseAddr("2001:db8:0:1::1")) {
		t.Error("another /64 was slowed")
	}
}

func TestSourcesAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s := newSources(1)
	a := netip.MustParseAddr("10.0.0.0")
	for range maxSources + 10 {
		s.allow(now, a)
		a = a.Next()
	}
	if len(s.bySite) > maxSources {
		t.Errorf("%d addresses are followed", len(s.bySite))
	}
}
