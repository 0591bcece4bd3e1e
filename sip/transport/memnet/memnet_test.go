package memnet

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// exchange sends 200 datagrams through an impaired network and returns when each came.
func exchange(t *testing.T, i Impairment) []string {
	t.Helper()
	var got []string
	synctest.Test(t, func(t *testing.T) {
		n := New()
		n.Impair(i)
		a, b := n.Peer(t, "10.0.0.1:0"), n.Peer(t, "10.0.0.2:5060")
		begin := time.Now()
		for k := range 200 {
			a.Send(b.Addr, strconv.Itoa(k))
		}
		for {
			data := b.Read(time.Minute)
			if data == nil {
				return
			}
			got = append(got, fmt.Sprintf("%s after %s", data, time.Since(begin)))
		}
	})
	return got
}

func TestImpairment(t *testing.T) {
	perfect := exchange(t, Impairment{})
	if len(perfect) != 200 || perfect[199] != "199 after 0s" {
		t.Errorf("a perfect network delivers %q", perfect)
	}
	bad := Impairment{Seed: 7, Loss: 0.2, Duplicate: 0.2, MinDelay: 10 * time.Millisecond, MaxDelay: 50 * time.Millisecond}
	got := exchange(t, bad)
	again := exchange(t, bad)
	slices.Sort(got)
	slices.Sort(again)
	if !slices.Equal(got, again) {
		t.Error("the same seed does not give the same run")
	}
	if slices.Equal(got, perfect) || len(got) < 150 || len(got) > 230 {
		t.Errorf("%d of 200 arrived", len(got))
	}
	for _, g := range got {
		_, after, _ := strings.Cut(g, " after ")
		if d, err := time.ParseDuration(after); err != nil || d < bad.MinDelay || d > bad.MaxDelay {
			t.Errorf("%s: not within the delay", g)
		}
	}
	dropped := exchange(t, Impairment{Drop: func(_, _ netip.AddrPort, data []byte) bool { return string(data) != "5" }})
	if len(dropped) != 1 {
		t.Errorf("Drop left %q", dropped)
	}
}

func TestAddressesAreExclusive(t *testing.T) {
	n := New()
	addr := netip.MustParseAddrPort("10.0.0.1:5060")
	udp, err := n.ListenPacket(addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.ListenPacket(addr); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second UDP socket: %v", err)
	}
	tcp, err := n.Listen(addr)
	if err != nil {
		t.Fatal("TCP beside UDP: ", err)
	}
	if _, err := n.Listen(addr); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second TCP socket: %v", err)
	}
	if err := errors.Join(udp.Close(), tcp.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := n.ListenPacket(addr); err != nil {
		t.Errorf("after closing: %v", err)
	}
	if _, err := n.Dial(t.Context(), addr.Addr(), addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dialling nobody: %v", err)
	}
}
