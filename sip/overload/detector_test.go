package overload

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// start is when the clock of these tests begins; nothing here reads another.
var begin = time.Unix(1_800_000_000, 0)

func TestDetector(t *testing.T) {
	type step struct {
		at, wait time.Duration
		shedding bool
		refuses  bool
	}
	ms := time.Millisecond
	for name, steps := range map[string][]step{
		"nothing waits":  {{0, 0, false, false}, {time.Hour, Target, false, false}},
		"a short burst":  {{0, 200 * ms, false, false}, {400 * ms, 200 * ms, false, false}, {450 * ms, 50 * ms, false, false}, {1000 * ms, 200 * ms, false, false}},
		"now and then":   {{0, 200 * ms, false, false}, {501 * ms, 200 * ms, false, false}, {1100 * ms, 200 * ms, false, false}, {time.Hour, 200 * ms, false, false}},
		"a queue stands": {{0, 101 * ms, false, false}, {499 * ms, 200 * ms, false, false}, {500 * ms, 101 * ms, true, true}},
		"it goes down": {
			{0, 200 * ms, false, false},
			{500 * ms, 200 * ms, true, true},
			{510 * ms, 90 * ms, true, false},
			{520 * ms, 120 * ms, true, true},
			{530 * ms, 50 * ms, false, false},
			{540 * ms, 200 * ms, false, false},
			{1040 * ms, 200 * ms, true, true},
		},
	} {
		var d Detector
		for i, s := range steps {
			d.Observe(begin.Add(s.at), s.wait)
			if at := begin.Add(s.at); d.Shedding(at) != s.shedding || d.Refuses(at) != s.refuses {
				t.Errorf("%s, step %d: shedding %t, refuses %t", name, i, d.Shedding(at), d.Refuses(at))
			}
		}
	}
}

// When everything is refused nothing waits any more: that ends it too.
func TestShedsNotForEver(t *testing.T) {
	var d Detector
	d.Observe(begin, time.Second)
	d.Observe(begin.Add(Interval), time.Second)
	if end := begin.Add(2 * Interval); !d.Refuses(end.Add(-1)) || d.Shedding(end) || d.Refuses(end) {
		t.Error("it sheds too briefly, or for ever")
	}
}

// One server that takes 1 ms a call and 20 us a refusal, and calls that come twice as
// fast for a minute: what is taken stays near what can be, waits stay bounded, and soon
// after the load is back everything is taken.
func TestTwiceTheLoad(t *testing.T) {
	const (
		service = time.Millisecond
		refusal = 20 * time.Microsecond
		minute  = time.Minute
	)
	var d Detector
	taken, late, refusedAfter := 0, 0, 0
	clock, arrival := time.Duration(0), time.Duration(0)
	for arrival < 2*minute {
		clock = max(clock, arrival)
		wait := clock - arrival
		d.Observe(begin.Add(clock), wait)
		switch {
		case wait > Target && d.Shedding(begin.Add(clock)):
			clock += refusal
			if arrival > minute+10*time.Second {
				refusedAfter++
			}
		default:
			clock += service
			if arrival < minute {
				taken++
			}
			if wait > 500*time.Millisecond {
				late++
			}
		}
		if arrival < minute {
			arrival += service / 2
		} else {
			arrival += service * 5 / 4
		}
	}
	if capacity := int(minute / service); taken < capacity*9/10 {
		t.Errorf("%d taken of %d that could be", taken, capacity)
	}
	if late != 0 || refusedAfter != 0 {
		t.Errorf("%d waited until they were repeated, %d refused after the load", late, refusedAfter)
	}
}

func TestClasses(t *testing.T) {
	j := Judge{
		Mine:      func(token string) bool { return token == "ours" },
		Emergency: func(user string) bool { return user == "999" || user == "urn:service:sos" },
	}
	request := func(method, uri, tag string) string {
		return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKours\r\nFrom: a\r\nTo: b" + tag + "\r\nCall-ID: c\r\nCSeq: 1 " + method + "\r\n\r\n"
	}
	const call, help = "sip:1002@node", "sip:999@node"
	response := func(branch string) string {
		return "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=" + branch + "\r\nFrom: a\r\nTo: b;tag=x\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n"
	}
	for _, c := range []struct {
		name           string
		text           string
		known, unknown Class
		refusable      bool
	}{
		{"response", response("z9hG4bKours"), Standing, Standing, false},
		{"response to another", response("z9hG4bKx"), Unknown, Unknown, false},
		{"BYE", request("BYE", call, ";tag=ours"), Standing, Known, true},
		{"BYE of another", request("BYE", call, ";tag=x"), Known, Unknown, true},
		{"INVITE", request("INVITE", call, ""), Known, Unknown, true},
		{"CANCEL", request("CANCEL", call, ""), Known, Unknown, false},
		{"ACK", request("ACK", call, ";tag=ours"), Standing, Known, false},
		{"REGISTER", request("REGISTER", "sip:node", ""), Known, Unknown, true},
		{"OPTIONS", request("OPTIONS", "sip:node", ""), Standing, Unknown, true},
		{"emergency", request("INVITE", help, ""), Emergency, Emergency, true},
		{"emergency service", request("INVITE", "urn:service:sos", ""), Emergency, Emergency, true},
		{"its CANCEL", request("CANCEL", help, ""), Emergency, Emergency, false},
		{"MESSAGE to 999", request("MESSAGE", help, ""), Known, Unknown, true},
	} {
		h := scan(t, c.text)
		if k, u := j.Class(h, true), j.Class(h, false); k != c.known || u != c.unknown || h.Refusable() != c.refusable {
			t.Errorf("%s: %d from a known source, %d from another, refusable %t", c.name, k, u, h.Refusable())
		}
	}
}

func TestSources(t *testing.T) {
	s := NewSources()
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	site := netip.MustParseAddr("2001:db8::1")
	count := func(at time.Duration, from netip.Addr, tries int) (n int) {
		for range tries {
			if s.Allow(begin.Add(at), from) {
				n++
			}
		}
		return n
	}
	if n := count(0, one, 2*PerSource); n != PerSource {
		t.Errorf("%d of one source", n)
	}
	if n := count(0, other, PerSource); n != PerSource {
		t.Errorf("%d of another", n)
	}
	if n := count(time.Second/2, one, PerSource); n < PerSource/2-1 || n > PerSource/2+1 {
		t.Errorf("%d after half a second", n)
	}
	if count(0, site, 1) != 1 || count(0, netip.MustParseAddr("2001:db8::2"), PerSource) != PerSource-1 {
		t.Error("a site of IPv6 is not one source")
	}
	n := 0
	for i := range 10 * PerSecond {
		n += count(10*time.Second, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1)
	}
	if n != PerSecond {
		t.Errorf("%d of many sources", n)
	}
	n = 0
	for range 2 * Emergencies {
		if s.AllowEmergency(begin) {
			n++
		}
	}
	if n != Emergencies {
		t.Errorf("%d emergency calls", n)
	}
}

func TestRecentRequests(t *testing.T) {
	var r Recent
	key := func(text string) uint64 { return scan(t, text).Key() }
	first, ack := key(invite), key(strings.ReplaceAll(invite, "INVITE", "ACK"))
	if ack != 0 || first == 0 || first != key(invite) || first == key(strings.Replace(invite, "abc", "abd", 1)) {
		t.Error("requests are not told by their branch")
	}
	if r.Has(first) || !r.Add(begin, first) || !r.Has(first) {
		t.Error("it is not remembered")
	}
	r.Add(begin.Add(recentLife+1), 2)
	if !r.Has(first) {
		t.Error("it is forgotten too early")
	}
	r.Add(begin.Add(2*recentLife+2), 4)
	if r.Has(first) {
		t.Error("it is never forgotten")
	}
	for i := range maxRecent {
		r.Add(begin, uint64(i))
	}
	if r.Add(begin, maxRecent+1) {
		t.Error("there is no bound")
	}
}

func TestKnownFlowsAreForgotten(t *testing.T) {
	s := NewSources()
	s.Know(begin, "udp", source)
	if !s.Knows("udp", source) || s.Knows("tcp", source) || s.Knows("udp", netip.AddrPortFrom(source.Addr(), 1)) {
		t.Error("a flow is not known, or another is")
	}
	again := netip.AddrPortFrom(source.Addr(), 2)
	s.Know(begin.Add(knownLife+1), "udp", again)
	if !s.Knows("udp", source) {
		t.Error("it is forgotten too early")
	}
	s.Know(begin.Add(2*knownLife+2), "udp", again)
	if s.Knows("udp", source) || !s.Knows("udp", again) {
		t.Error("it is never forgotten, or one that came again is")
	}
	full := NewSources()
	for i := range MaxKnown {
		full.Know(begin, "udp", netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1))
	}
	if full.Know(begin, "udp", source) {
		t.Error("there is no bound")
	}
}

func BenchmarkScan(b *testing.B) {
	data := []byte(invite)
	b.ReportAllocs()
	for b.Loop() {
		var h Head
		if !h.Scan(data) {
			b.Fatal("not seen")
		}
	}
}

func BenchmarkRefusal(b *testing.B) {
	data := []byte(invite)
	var h Head
	h.Scan(data)
	buf := make([]byte, 0, 2048)
	b.ReportAllocs()
	for b.Loop() {
		buf = h.Refusal(buf[:0], data, source, "gate")
	}
}

func BenchmarkKnows(b *testing.B) {
	s := NewSources()
	s.Know(begin, "udp", source)
	b.ReportAllocs()
	for b.Loop() {
		if !s.Knows("udp", source) {
			b.Fatal("it is not known")
		}
	}
}
