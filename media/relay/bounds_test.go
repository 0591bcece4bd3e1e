package relay

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"strowger/media"
)

// Parties are at 127.0.0.1; this is where strangers are.
const outside = "127.0.0.77:0"

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// bounded is a bench whose network may send to these addresses, and its log.
func bounded(tb testing.TB, allow ...string) (*bench, *bytes.Buffer) {
	tb.Helper()
	cfg := testConfig()
	n := cfg.Networks["net"]
	n.Allow = prefixes(allow...)
	cfg.Networks["net"] = n
	b, log := newBench(tb, cfg), new(bytes.Buffer)
	b.log = slog.New(slog.NewTextHandler(log, nil))
	return b, log
}

// TestRefusedDestination: an address of SDP that the network does not list is sent
// neither sound nor reports, and the line names what would list it.
func TestRefusedDestination(t *testing.T) {
	b, log := bounded(t, "127.0.0.1/32")
	var told []string
	b.disallowed = func(network string, to netip.AddrPort, _ string) { told = append(told, network+" "+to.String()) }
	left, right := b.bridge(pcmu, pcmu)
	rtp, rtcp := socketAt(t, outside), socketAt(t, outside)
	r := left.remote(pcmu)
	r.RTP, r.RTCP = addrOf(rtp), addrOf(rtcp)
	left.update(r)
	for range 500 {
		right.say(sound(1))
		b.pass(tick)
	}
	left.hear(&media.Prompt{PCM: ramp(50 * frame)})
	b.pass(10 * time.Second)
	if sounds, reports := len(heard(t, rtp)), len(heard(t, rtcp)); sounds+reports != 0 {
		t.Errorf("%d packets and %d reports were sent to an address that is not listed", sounds, reports)
	}
	if s := left.to.Stats(); s.Sent+s.RTCPSent != 0 || kinds(left.events)[media.Ended] != 1 {
		t.Errorf("stats %+v, events %v", s, left.events)
	}
	if n := b.Counters().NotAllowed.Load(); n != 1 {
		t.Errorf("counted %d, want 1", n)
	}
	if want := "net " + addrOf(rtp).String(); len(told) != 1 || told[0] != want {
		t.Errorf("told of %q, want %s", told, want)
	}
	line := log.String()
	if strings.Count(line, "\n") != 1 || !strings.Contains(line, `setting="allow of network net"`) || !strings.Contains(line, "address="+addrOf(rtp).String()) {
		t.Errorf("log:\n%s", line)
	}
}

// TestLatchAfterRefusedDestination: a phone behind NAT names an address that is not
// listed and speaks from one that is; sound and reports go there.
func TestLatchAfterRefusedDestination(t *testing.T) {
	at := netip.AddrPortFrom(loopback().Next(), 24000)
	b, _ := bounded(t, "127.0.0.1/32", at.Addr().String()+"/32")
	left, right := b.bridge(pcmu, pcmu)
	r := left.remote(pcmu)
	r.RTP, r.RTCP = addr("10.0.0.1:4000"), netip.AddrPort{}
	left.update(r)
	nat, reports := socketAt(t, at.String()), socketAt(t, above(at).String())
	left.sendFrom(nat, left.packet.next(sound(1)))
	left.sendFrom(nat, left.packet.next(sound(2)))
	right.say(sound(3))
	b.pass(10 * time.Second)
	if n := len(heard(t, nat)); n != 1 {
		t.Errorf("%d packets to the latched source, want 1", n)
	}
	if n := len(heard(t, reports)); n == 0 {
		t.Error("no report above the latched source")
	}
}

// TestRefusedLatch: sources that may not be locked to hear nothing, are not heard,
// and are counted for the leg.
func TestRefusedLatch(t *testing.T) {
	for name, test := range map[string]struct {
		allow   string
		sources []netip.Prefix
		want    string
	}{
		"by the network": {"127.0.0.1/32", nil, "allow of network net"},
		"by the sources": {"127.0.0.0/8", prefixes("127.0.0.1/32"), "media of trunk carrier"},
	} {
		t.Run(name, func(t *testing.T) {
			b, log := bounded(t, test.allow)
			left, right := b.bridge(pcmu, pcmu)
			stranger := socketAt(t, outside)
			forged := stream{ssrc: 99, seq: 500}
			for _, rtp := range []netip.AddrPort{addrOf(left.rtp), addrOf(stranger)} { // as a bystander, then named by SDP
				r := left.remote(pcmu)
				r.RTP, r.Sources, r.Setting = rtp, test.sources, "media of trunk carrier"
				left.update(r)
				for range 10 {
					left.sendFrom(stranger, forged.next(sound(66)))
				}
				left.sendFrom(stranger, report(t))
			}
			right.say(sound(1))
			if n := len(heard(t, stranger)); n != 0 {
				t.Errorf("the stranger was sent %d packets", n)
			}
			if n := len(heard(t, right.rtp)); n != 0 {
				t.Errorf("%d packets of the stranger went on", n)
			}
			if s := left.to.Stats(); s.Foreign != 22 || s.Received+s.RTCPReceived != 0 || s.Source.IsValid() {
				t.Errorf("stats %+v", s)
			}
			if c := b.Counters(); c.LatchRefused.Load() != 20 || c.Foreign.Load() != 22 {
				t.Errorf("refused %d, foreign %d, want 20 and 22", c.LatchRefused.Load(), c.Foreign.Load())
			}
			lines := log.String()
			if n := strings.Count(lines, "is not taken from"); n != 2 || strings.Count(lines, `setting="`+test.want) != strings.Count(lines, "\n") {
				t.Errorf("log:\n%s", lines)
			}
			left.say(sound(2))
			left.say(sound(3))
			if n := len(heard(t, right.rtp)); n != 1 {
				t.Errorf("%d packets of a listed source went on, want the one that locked", n)
			}
		})
	}
}

func report(t *testing.T) []byte {
	t.Helper()
	b, err := (&rtcp.ReceiverReport{SSRC: 7}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestScreen: what of the addresses of SDP is sent to.
func TestScreen(t *testing.T) {
	none := netip.AddrPort{}
	for name, test := range map[string]struct {
		remote             media.Remote
		rtp, rtcp, refused netip.AddrPort
	}{
		"allowed":            {media.Remote{RTP: addr("10.0.0.1:4000")}, addr("10.0.0.1:4000"), addr("10.0.0.1:4001"), none},
		"mapped to IPv6":     {media.Remote{RTP: addr("[::ffff:10.0.0.1]:4000")}, addr("10.0.0.1:4000"), addr("10.0.0.1:4001"), none},
		"refused":            {media.Remote{RTP: addr("192.0.2.1:4000")}, none, none, addr("192.0.2.1:4000")},
		"refused by mux":     {media.Remote{RTP: addr("192.0.2.1:4000"), Mux: true}, none, none, addr("192.0.2.1:4000")},
		"only RTCP refused":  {media.Remote{RTP: addr("10.0.0.1:4000"), RTCP: addr("192.0.2.1:9")}, addr("10.0.0.1:4000"), none, addr("192.0.2.1:9")},
		"only RTP refused":   {media.Remote{RTP: addr("192.0.2.1:4000"), RTCP: addr("10.0.0.1:9")}, none, addr("10.0.0.1:9"), addr("192.0.2.1:4000")},
		"signalled":          {media.Remote{RTP: addr("192.0.2.1:4000"), Signalled: netip.MustParseAddr("192.0.2.1")}, addr("192.0.2.1:4000"), addr("192.0.2.1:4001"), none},
		"not among sources":  {media.Remote{RTP: addr("10.0.0.1:4000"), Sources: prefixes("10.0.0.2/32")}, none, none, addr("10.0.0.1:4000")},
		"among sources":      {media.Remote{RTP: addr("10.0.0.1:4000"), Sources: prefixes("10.0.0.1/32")}, addr("10.0.0.1:4000"), addr("10.0.0.1:4001"), none},
		"sources alone":      {media.Remote{RTP: addr("192.0.2.1:4000"), Sources: prefixes("192.0.2.1/32")}, none, none, addr("192.0.2.1:4000")},
		"none":               {media.Remote{}, none, none, none},
		"refused stream":     {media.Remote{RTP: addr("192.0.2.1:0")}, none, none, none},
		"held":               {media.Remote{RTP: addr("0.0.0.0:4000")}, none, none, none},
		"RTCP to nowhere":    {media.Remote{RTP: addr("10.0.0.1:4000"), RTCP: addr("0.0.0.0:9")}, addr("10.0.0.1:4000"), none, none},
		"another IP version": {media.Remote{RTP: addr("[2001:db8::1]:4000")}, none, none, addr("[2001:db8::1]:4000")},
	} {
		l := latch{bounds: bounds{network: &network{Network: Network{Allow: prefixes("10.0.0.0/8")}}}}
		l.open(test.remote, start)
		rtp, rtcp, refused := l.screen(destinations(test.remote))
		if rtp != test.rtp || rtcp != test.rtcp || refused != test.refused {
			t.Errorf("%s: RTP to %v, RTCP to %v, refused %v", name, rtp, rtcp, refused)
		}
	}
}

// TestLockEndsWithItsPermission: a phone whose signalling moved is found anew.
func TestLockEndsWithItsPermission(t *testing.T) {
	l := latch{bounds: bounds{network: &network{}}}
	old, moved := addr("192.0.2.1:4000"), addr("192.0.2.2:4000")
	for _, at := range []netip.AddrPort{old, moved} {
		l.open(media.Remote{RTP: addr("10.0.0.1:4000"), Signalled: at.Addr()}, start)
		for seq := range uint16(2) {
			l.step(start, at, &header{seq: seq}, true)
		}
		if l.source != at {
			t.Fatalf("locked to %v, want %v", l.source, at)
		}
	}
}

// TestStrangersDoNotAllocate: neither one that may not be locked to nor one after
// the lock.
func TestStrangersDoNotAllocate(t *testing.T) {
	b, _ := bounded(t, "127.0.0.1/32")
	left, _ := b.bridge(pcmu, pcmu)
	e, forged, scratch := left.to.(*endpoint), stream{ssrc: 9}, make([]byte, MaxPacket)
	packet, payload := make([]byte, 0, MaxPacket), sound(1)
	flood := func() {
		packet = append(append(packet[:0], forged.header()...), payload...)
		e.handle(b.time, false, addr("127.0.0.77:9"), packet, scratch)
	}
	flood() // the first one is told
	if n := testing.AllocsPerRun(100, flood); n != 0 {
		t.Errorf("before the lock: %v allocations a packet", n)
	}
	left.say(sound(1))
	if n := testing.AllocsPerRun(100, flood); n != 0 {
		t.Errorf("after the lock: %v allocations a packet", n)
	}
	if n := left.to.Stats().Foreign; n != 203 {
		t.Errorf("%d strangers, want 203", n)
	}
}

// TestLinesAreBounded: calls by the hundred to an address that is not listed do not
// fill the log.
func TestLinesAreBounded(t *testing.T) {
	b, log := bounded(t, "127.0.0.1/32")
	p := b.join("leg")
	for range 100 {
		p.update(media.Remote{RTP: addr("127.0.0.77:9")})
	}
	if n := strings.Count(log.String(), "\n"); n != 10 || b.Counters().NotAllowed.Load() != 100 {
		t.Errorf("%d lines, %d counted, want 10 and 100", n, b.Counters().NotAllowed.Load())
	}
}
