package e2e

import (
	"encoding/binary"
	"math"
	"net"
	"net/netip"
	"testing"
	"time"

	"strowger/cmd/internal/phone"
	"strowger/media/codec"
	"strowger/media/prompt"
)

// TestComfortNoise: a caller whose gateway sends comfort noise (RFC 3389) in place of
// silence is heard as noise of that level by a phone that has not negotiated it, and as he
// speaks again.
func TestComfortNoise(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	t.Parallel()
	const level = 40 // -dBov
	n := startNode(t)
	var heard taped
	agent := n.soundPhone("1002", "demo-1002", host(), func(c *phone.Call) {
		if err := c.Record(heard.write); err != nil {
			t.Error(err)
		}
		if err := c.Answer(); err != nil {
			t.Error(err)
		}
	})
	if _, err := agent.Register(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	listen := func(port int) *net.UDPConn {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(n.carrier), Port: port})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	rtp := listen(4000)
	to := callBare(t, listen(5060), netip.MustParseAddrPort(n.host+":5060"), "+448081570002", "m=audio 4000 RTP/AVP 8 13\r\n")

	codes := make([]byte, 25*160)
	codec.ALaw.Encode(codes, prompt.Tone(1000, 500*time.Millisecond, -10))
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	seq, timestamp := uint16(0), uint32(0)
	say := func(payload byte, b []byte) {
		<-pace.C
		seq, timestamp = seq+1, timestamp+160
		h := []byte{0x80, payload, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}
		binary.BigEndian.PutUint16(h[2:], seq)
		binary.BigEndian.PutUint32(h[4:], timestamp)
		if _, err := rtp.WriteToUDPAddrPort(append(h, b...), to); err != nil {
			t.Fatal(err)
		}
	}
	talk := func() {
		for i := range 25 {
			say(8, codes[160*i:][:160])
		}
	}
	talk()
	say(13, []byte{level})
	for range 74 { // silence, in which nothing is sent
		<-pace.C
		timestamp += 160
	}
	talk()

	tones := func() int { return loud(prompt.ToneShare(heard.from(0), 1000)) }
	until(t, "both parts of what he says are heard", func() bool { return tones() >= 8 })
	noise := 0
	pcm := heard.from(0)
	for ; len(pcm) >= 800; pcm = pcm[800:] {
		db := dbov(pcm[:800])
		if db > -level-4 && db < -level+4 {
			noise++
		}
	}
	if noise < 10 {
		t.Errorf("noise of -%d dBov is heard for %d ms, want 1 s and more", level, 100*noise)
	}
}

// dbov is the level of sound against that of an overload (RFC 3389).
func dbov(pcm []int16) float64 {
	sum := 0.0
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return 10 * math.Log10(sum/float64(len(pcm))/(32768*32768))
}
