package e2e

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"strowger/cmd/internal/phone"
)

// TestLoadRefusesCalls: a relay that has as much to do as it may take refuses the next
// call before anybody's phone rings, but no emergency call, and takes calls again when the
// sound is over.
func TestLoadRefusesCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	t.Setenv("GOMAXPROCS", "1") // so that less sound is much
	n := startNode(t, edit{"strowger.hcl", func(text string) string { return text + "\nlimits {\n  load = 15\n}\n" }})
	at := netip.MustParseAddrPort(n.host + ":5060")
	open := func(port int) *net.UDPConn {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(n.carrier), Port: port})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	carrier := &bare{t, open(5060), at}
	sound := open(4000)
	to := callBare(t, carrier.sip, at, "+448081570003", "m=audio 4000 RTP/AVP 8\r\n")

	stop := flood(sound, to)
	t.Cleanup(stop)
	calls := 0
	call := func() (refused bool) {
		calls++
		responses := carrier.invite("call"+strconv.Itoa(calls), "+448081570003", "m=audio 4002 RTP/AVP 8\r\n")
		last := responses[len(responses)-1]
		if !strings.HasPrefix(last, "SIP/2.0 503") {
			return false
		}
		if !strings.Contains(last, "\r\nRetry-After: ") {
			t.Errorf("a refusal that does not say when to try again: %s", last)
		}
		for _, r := range responses {
			if strings.HasPrefix(r, "SIP/2.0 18") {
				t.Errorf("it rang before it was refused: %s", r)
			}
		}
		return true
	}
	until(t, "a call is refused", call)
	agent := n.soundPhone("1001", "demo-1001", host(), func(*phone.Call) {})
	if _, err := agent.Register(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	emergency, err := agent.Call("999")
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the emergency call reaches the carrier", func() bool {
		return strings.HasPrefix(carrier.read(time.Second), "INVITE sip:999@")
	})
	emergency.Hangup()
	stop()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for ended := time.Now(); call(); <-again.C {
		if time.Since(ended) > time.Minute {
			t.Fatal("calls are refused a minute after the sound ended")
		}
	}
}

// flood sends packets of a stream, far more than a call has, until it is told to stop.
func flood(from *net.UDPConn, to netip.AddrPort) (stop func()) {
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		packet := make([]byte, 12+160)
		packet[0], packet[1], packet[11] = 0x80, 8, 7
		for seq := uint32(0); ; {
			select {
			case <-done:
				return
			case <-pace.C:
			}
			for range 40 {
				seq++
				binary.BigEndian.PutUint16(packet[2:], uint16(seq))
				binary.BigEndian.PutUint32(packet[4:], seq*160)
				_, _ = from.WriteToUDPAddrPort(packet, to) // a full buffer is load as well
			}
		}
	}()
	var once sync.Once
	return func() { once.Do(func() { close(done) }); <-over }
}
