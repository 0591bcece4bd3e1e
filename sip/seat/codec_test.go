package seat

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"strowger/sip/transport"
)

var compareAddr = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func anyAddr(t *rapid.T, label string) netip.AddrPort {
	addr := rapid.SampledFrom([]netip.Addr{
		{}, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("fe80::1%eth0"),
	}).Draw(t, label)
	return netip.AddrPortFrom(addr, rapid.Uint16().Draw(t, label+"Port"))
}

func anyTime(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+"Zero") {
		return time.Time{}
	}
	return time.UnixMilli(rapid.Int64Range(1, 1<<42).Draw(t, label)).UTC()
}

func anyBinding(t *rapid.T) Binding {
	text := rapid.StringN(0, 300, -1)
	return Binding{
		Contact: text.Draw(t, "contact"),
		Flow: transport.Flow{
			Node: text.Draw(t, "node"), Listener: text.Draw(t, "listener"), Network: text.Draw(t, "network"),
			Proto: transport.Proto(text.Draw(t, "proto")), Conn: rapid.Uint64().Draw(t, "conn"),
			Advertised: anyAddr(t, "advertised"), Remote: anyAddr(t, "remote"),
		},
		Path:     rapid.SliceOfN(text, 1, 4).Draw(t, "path"),
		Instance: text.Draw(t, "instance"), RegID: rapid.Int().Draw(t, "regID"),
		Q:      float64(rapid.IntRange(0, 1000).Draw(t, "q")) / 1000,
		CallID: text.Draw(t, "callID"), CSeq: rapid.Uint32().Draw(t, "cseq"), UserAgent: text.Draw(t, "agent"),
		Registered: anyTime(t, "registered"), Expires: anyTime(t, "expires"),
	}
}

func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(anyBinding), 0, MaxBindings).Draw(t, "bindings")
		got, err := decodeBindings(encodeBindings(want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, compareAddr); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCodecLimits(t *testing.T) {
	b := testBinding(time.Now())
	if n := len(encodeBindings([]Binding{b})); n > 400 {
		t.Errorf("a typical record has %d bytes, want at most 400", n)
	}
	b.Q = 7
	b.Flow.Remote = netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(strings.Repeat("z", 300)), 5060)
	got, err := decodeBindings(encodeBindings([]Binding{b}))
	if err != nil || got[0].Q != 1 || got[0].Flow.Remote != netip.MustParseAddrPort("[fe80::1]:5060") {
		t.Errorf("%+v, %v; want q 1 and no zone", got, err)
	}
	record := encodeBindings([]Binding{b})
	for i := range record {
		if _, err := decodeBindings(record[:i]); err == nil {
			t.Errorf("the first %d of %d bytes were taken for a record", i, len(record))
		}
	}
}

func FuzzBindings(f *testing.F) {
	now := time.UnixMilli(1_700_000_000_000)
	f.Add(encodeBindings(nil))
	f.Add(encodeBindings([]Binding{testBinding(now)}))
	f.Add(encodeBindings([]Binding{testBinding(now), {}}))
	f.Fuzz(func(t *testing.T, record []byte) {
		bindings, err := decodeBindings(record)
		if err != nil {
			return
		}
		again, err := decodeBindings(encodeBindings(bindings))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(bindings, again, compareAddr); diff != "" {
			t.Fatal(diff)
		}
	})
}
