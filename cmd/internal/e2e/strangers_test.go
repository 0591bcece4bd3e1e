package e2e

import (
	"encoding/binary"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
)

// speaker is a socket for sound.
type speaker struct {
	t    *testing.T
	conn *net.UDPConn
	seq  uint16
}

func newSpeaker(t *testing.T, at string) *speaker {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(at)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &speaker{t: t, conn: conn}
}

// says sends 20 ms of sound.
func (s *speaker) says(to string) {
	s.t.Helper()
	at, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		s.t.Fatal(err)
	}
	rtp := append([]byte{0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 160)...)
	binary.BigEndian.PutUint16(rtp[2:], s.seq)
	binary.BigEndian.PutUint32(rtp[4:], uint32(s.seq)*160)
	s.seq++
	if _, err := s.conn.WriteToUDP(rtp, at); err != nil {
		s.t.Fatal(err)
	}
}

// hears tells whether anything came.
func (s *speaker) hears() bool {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		s.t.Fatal(err)
	}
	_, err := s.conn.Read(make([]byte, 1<<16))
	return err == nil
}

// echoes starts a call of the carrier to the echo, with the sound of its SDP at a
// speaker, and returns where the node wants sound.
func (n *node) echoes(s *speaker) (call *side, sound string) {
	n.t.Helper()
	const echo = "+448081570003"
	host, port, err := net.SplitHostPort(s.conn.LocalAddr().String())
	if err != nil {
		n.t.Fatal(err)
	}
	invite := carrier.invite(1, echo)
	invite.body = strings.NewReplacer("[media_ip]", host, "[media_port]", port).Replace(invite.body)
	call = n.fromCarrier(echo, invite, maybe(100), await("200"), carrier.ack(1), hungUp())
	until(n.t, "the call stands", func() bool { return len(call.all("SIP/2.0 200", "m=audio")) > 0 })
	return call, n.host + ":" + regexp.MustCompile(`m=audio (\d+)`).FindStringSubmatch(call.got("SIP/2.0 200", "m=audio"))[1]
}

// onlyCarrier has the network send to nobody but the carrier.
var onlyCarrier = change("strowger.hcl", "  rtp {", "  allow = [\"127.0.0.2\"]\n\n  rtp {")

// TestUnlistedSound: what a carrier's SDP names outside of what the configuration
// lists is sent nothing and not heard, and the log says what would list it.
func TestUnlistedSound(t *testing.T) {
	need(t, "sipp", "sip-tester")
	for name, test := range map[string]struct {
		edit    edit
		setting string
	}{
		"network": {onlyCarrier, "allow of network local"},
		"trunk":   {change("strowger.hcl", "  targets =", "  media   = [\"127.0.0.2\"]\n  targets ="), "media of trunk carrier"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, test.edit)
			stranger := newSpeaker(t, host())
			call, sound := n.echoes(stranger)
			until(t, "its sound is refused", func() bool {
				stranger.says(sound)
				return n.counter("media_latch_refused") >= 10
			})
			if got := n.counter("media_not_allowed"); got != 1 {
				t.Errorf("%v SDP addresses were refused, want 1", got)
			}
			n.event(`event=destination-disallowed target=` + stranger.conn.LocalAddr().String() + ` network=local detail="sound of call \S+"$`)
			n.stop()
			call.done()
			if stranger.hears() {
				t.Error("it was sent something")
			}
			for _, what := range []string{"sent to", "taken from"} {
				line := regexp.MustCompile(`sound is not ` + what + `.*setting="` + test.setting + `" address=` + stranger.conn.LocalAddr().String())
				if out := n.process.output(); len(line.FindAllString(out, -1)) != 1 {
					t.Errorf("want one line like %s in\n%s", line, out)
				}
			}
		})
	}
}

// TestStrangeSound: in a carrier's call, who is not the carrier is neither heard
// nor sent anything, though the network would allow it.
func TestStrangeSound(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	stranger, own := newSpeaker(t, host()), newSpeaker(t, n.carrier)
	call, sound := n.echoes(own)
	until(t, "the stranger is foreign", func() bool {
		stranger.says(sound)
		return n.counter("media_foreign") >= 10
	})
	if own.hears() {
		t.Error("the carrier heard the stranger")
	}
	until(t, "the carrier hears its echo", func() bool {
		own.says(sound)
		return own.hears()
	})
	n.stop()
	call.done()
	if stranger.hears() {
		t.Error("the stranger was sent something")
	}
}

// TestSeatOutsideTheNetwork: a seat that calls from an address that the network
// does not list is answered, and has sound.
func TestSeatOutsideTheNetwork(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t, onlyCarrier)
	n.call("1001", host(), "*43", ada.dials("*43"), play(tone(t, 440), 8), pause(400), ada.hangsUp(3)).done()
	n.heard(n.recorded(byCaller)[0].Call, 10)
}

// TestLatchSetting: a carrier's sound from another port than its SDP names is heard, and
// answered there, as the trunk's setting says: before any sound, and after a silence of
// the stream that it goes on with.
func TestLatchSetting(t *testing.T) {
	need(t, "sipp", "sip-tester")
	for setting, want := range map[string]struct{ first, moved bool }{
		"strict": {false, false}, "locked": {true, false}, "latch": {true, true},
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, change("strowger.hcl", "  targets =", "  latch   = \""+setting+"\"\n  targets ="))
			named, other, moved := newSpeaker(t, n.carrier), newSpeaker(t, n.carrier), newSpeaker(t, n.carrier)
			call, sound := n.echoes(named)
			speaks := func(s *speaker) bool {
				for range 10 {
					s.says(sound)
					if s.hears() {
						return true
					}
				}
				return false
			}
			if got := speaks(other); got != want.first {
				t.Errorf("sound from another port at first: %v", got)
			}
			current := other
			if !want.first {
				current = named
			}
			if !speaks(current) {
				t.Error("the party is not heard any more")
			}
			moved.seq = current.seq
			if speaks(moved) {
				t.Error("sound from a third port is heard while the party speaks")
			}
			talked(2500 * time.Millisecond)
			moved.seq = current.seq
			if got := speaks(moved); got != want.moved {
				t.Errorf("sound from a third port after a silence: %v", got)
			}
			n.stop()
			call.done()
		})
	}
}
