package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// engine speaks rtpengine's ng protocol: a cookie and a bencoded dictionary in a
// datagram.
type engine struct {
	conn   net.Conn
	addr   netip.Addr // of its RTP
	cookie int
}

const (
	engineStart  = 10 * time.Second      // until it answers
	enginePing   = 50 * time.Millisecond // between two tries
	engineAnswer = 2 * time.Second       // to a command
)

var audioPort = regexp.MustCompile(`m=audio (\d+) `)

// bencode writes a flat dictionary: keys and values in turn.
func bencode(pairs ...string) string {
	var b strings.Builder
	b.WriteByte('d')
	for _, s := range pairs {
		fmt.Fprintf(&b, "%d:%s", len(s), s)
	}
	b.WriteByte('e')
	return b.String()
}

// command sends a dictionary and returns the answer, still bencoded.
func (e *engine) command(pairs ...string) (string, error) {
	e.cookie++
	cookie := strconv.Itoa(e.cookie) + " "
	if _, err := e.conn.Write([]byte(cookie + bencode(pairs...))); err != nil {
		return "", err
	}
	if err := e.conn.SetReadDeadline(time.Now().Add(engineAnswer)); err != nil {
		return "", err
	}
	b := make([]byte, 64<<10)
	n, err := e.conn.Read(b)
	if err != nil {
		return "", err
	}
	answer, ok := strings.CutPrefix(string(b[:n]), cookie)
	if !ok || strings.Contains(answer, "6:result5:error") {
		return "", fmt.Errorf("rtpengine answered %q", b[:n])
	}
	return answer, nil
}

// wait returns when the engine answers a ping.
func (e *engine) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, engineStart)
	defer cancel()
	retry := time.NewTicker(enginePing)
	defer retry.Stop()
	for {
		_, err := e.command("command", "ping")
		if err == nil {
			return nil
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return fmt.Errorf("rtpengine does not answer: %w", err)
		}
	}
}

// bridge makes a call and returns the ports of its legs: what the callee was
// offered is where the callee sends, and the other way round.
func (e *engine) bridge(call int, peer netip.AddrPort) ([]netip.AddrPort, error) {
	sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %[1]v\r\ns=-\r\nc=IN IP4 %[1]v\r\nt=0 0\r\nm=audio %[2]d RTP/AVP 0\r\na=sendrecv\r\n", peer.Addr(), peer.Port())
	id := fmt.Sprintf("load-%d", call)
	offered, err := e.port("call-id", id, "command", "offer", "from-tag", "a", "sdp", sdp)
	if err != nil {
		return nil, err
	}
	answered, err := e.port("call-id", id, "command", "answer", "from-tag", "a", "sdp", sdp, "to-tag", "b")
	return []netip.AddrPort{answered, offered}, err
}

func (e *engine) port(pairs ...string) (netip.AddrPort, error) {
	answer, err := e.command(pairs...)
	if err != nil {
		return netip.AddrPort{}, err
	}
	found := audioPort.FindStringSubmatch(answer)
	if found == nil {
		return netip.AddrPort{}, fmt.Errorf("no port in %q", answer)
	}
	port, err := strconv.ParseUint(found[1], 10, 16)
	return netip.AddrPortFrom(e.addr, uint16(port)), err
}
