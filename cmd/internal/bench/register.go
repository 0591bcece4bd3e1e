package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/icholy/digest"
)

// registrations is a load of REGISTER pairs from one socket. A user's next pair
// begins after its last one was accepted, as a phone's does, so that nothing
// reorders them.
type registrations struct {
	to    netip.AddrPort // the registrar
	from  netip.AddrPort // where the phones are; port 0 means any
	users []string       // each has the password "demo-" and its name
	count int            // pairs; users take turns
	rate  float64        // pairs per second
	id    string         // begins the Call-IDs of this load; set by run
	idle  chan int       // users that may begin a pair, by index; made by run
}

// pairWait is how long after the last request answers are waited for.
const pairWait = 5 * time.Second

// maxBurst bounds what is sent at once after the generator itself was held up:
// more would overrun a socket's buffer and count against the system.
const maxBurst = 25

// registerRequest writes one REGISTER for the contact at phone. authorization is
// the header's value or "".
func registerRequest(local, to netip.AddrPort, user, callID string, cseq int, authorization string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "REGISTER sip:%s SIP/2.0\r\n", to)
	fmt.Fprintf(&b, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s.%d;rport\r\n", local, callID, cseq)
	fmt.Fprintf(&b, "Max-Forwards: 70\r\n")
	fmt.Fprintf(&b, "From: <sip:%s@%s>;tag=%s\r\n", user, to.Addr(), callID)
	fmt.Fprintf(&b, "To: <sip:%s@%s>\r\n", user, to.Addr())
	fmt.Fprintf(&b, "Call-ID: %s\r\nCSeq: %d REGISTER\r\n", callID, cseq)
	fmt.Fprintf(&b, "Contact: <sip:%s@%s>\r\nExpires: 3600\r\n", user, phone)
	if authorization != "" {
		fmt.Fprintf(&b, "Authorization: %s\r\n", authorization)
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return b.Bytes()
}

// run sends the load and returns an error unless every pair was accepted.
func (l registrations) run(ctx context.Context) error {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(l.from))
	if err != nil {
		return err
	}
	if err := conn.SetReadBuffer(1 << 20); err != nil {
		return errors.Join(err, conn.Close())
	}
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	l.id = strconv.FormatInt(time.Now().UnixNano(), 36) + "-"
	l.idle = make(chan int, len(l.users))
	for i := range l.users {
		l.idle <- i
	}
	accepted := make(chan int, 1)
	refused := make(chan error, 1)
	go func() {
		n, err := l.answer(conn, local)
		accepted <- n
		refused <- err
	}()
	err = l.send(ctx, conn, local)
	// The reader ends at this deadline, or when it has its answers.
	err = errors.Join(err, conn.SetReadDeadline(time.Now().Add(pairWait)))
	n, readErr := <-accepted, <-refused
	err = errors.Join(err, readErr, conn.Close())
	if err == nil && n != l.count {
		err = fmt.Errorf("%d of %d registrations were not answered", l.count-n, l.count)
	}
	return err
}

// send paces the first requests of the pairs.
func (l registrations) send(ctx context.Context, conn *net.UDPConn, local netip.AddrPort) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	start := time.Now()
	rounds := make([]int, len(l.users))
	for n := 0; n < l.count; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		due := min(l.count, n+maxBurst, 1+int(time.Since(start).Seconds()*l.rate))
		for ; n < due; n++ {
			var index int
			select {
			case index = <-l.idle:
			case <-time.After(pairWait):
				return fmt.Errorf("all %d users wait for answers", len(l.users))
			}
			msg := registerRequest(local, l.to, l.users[index], l.id+strconv.Itoa(index), 1+2*rounds[index], "")
			rounds[index]++
			if _, err := conn.WriteToUDPAddrPort(msg, l.to); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer takes the responses: it answers challenges and counts what was accepted.
func (l registrations) answer(conn *net.UDPConn, local netip.AddrPort) (accepted int, err error) {
	buf := make([]byte, 1<<16)
	for accepted < l.count {
		status, header, err := nextResponse(conn, buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return accepted, nil
		}
		if err != nil {
			return accepted, err
		}
		index, cseq, err := l.whose(header)
		if err != nil {
			return accepted, err
		}
		switch {
		case status == 200:
			accepted++
			l.idle <- index
		case status == 401 && cseq%2 == 1: // to the first request of a pair
			msg, err := l.authorise(header, local, index, cseq)
			if err != nil {
				return accepted, err
			}
			if _, err := conn.WriteToUDPAddrPort(msg, l.to); err != nil {
				return accepted, err
			}
		case status >= 200:
			return accepted, fmt.Errorf("REGISTER was answered with %d", status)
		}
	}
	return accepted, nil
}

// nextResponse reads a response, and no request: a call to this address may be left
// behind by a load that failed.
func nextResponse(conn *net.UDPConn, buf []byte) (int, textproto.MIMEHeader, error) {
	for {
		n, _, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return 0, nil, err
		}
		if bytes.HasPrefix(buf[:n], []byte("SIP/")) {
			return parseResponse(buf[:n])
		}
	}
}

// whose returns the user and the CSeq number of the request that was answered.
func (l registrations) whose(header textproto.MIMEHeader) (index, cseq int, err error) {
	id := header.Get("Call-ID")
	index, err = strconv.Atoi(strings.TrimPrefix(id, l.id))
	if err != nil || index < 0 || index >= len(l.users) {
		return 0, 0, fmt.Errorf("response with unknown Call-ID %q", id)
	}
	seq, _, _ := strings.Cut(header.Get("CSeq"), " ")
	cseq, err = strconv.Atoi(seq)
	return index, cseq, err
}

// authorise writes the second request of a pair.
func (l registrations) authorise(header textproto.MIMEHeader, local netip.AddrPort, index, cseq int) ([]byte, error) {
	user := l.users[index]
	for _, text := range header.Values("WWW-Authenticate") {
		challenge, err := digest.ParseChallenge(text)
		if err != nil {
			return nil, err
		}
		if challenge.Algorithm != "" && !strings.EqualFold(challenge.Algorithm, "MD5") {
			continue
		}
		credentials, err := digest.Digest(challenge, digest.Options{
			Method: "REGISTER", URI: "sip:" + l.to.String(), Username: user, Password: "demo-" + user,
		})
		if err != nil {
			return nil, err
		}
		return registerRequest(local, l.to, user, header.Get("Call-ID"), cseq+1, credentials.String()), nil
	}
	return nil, errors.New("no MD5 challenge in the 401")
}

// parseResponse reads the status and the header of a SIP response.
func parseResponse(msg []byte) (int, textproto.MIMEHeader, error) {
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(msg)))
	line, err := r.ReadLine()
	if err != nil {
		return 0, nil, err
	}
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if version != "SIP/2.0" || err != nil {
		return 0, nil, fmt.Errorf("not a response: %.60q", line)
	}
	header, err := r.ReadMIMEHeader()
	return status, header, err
}
