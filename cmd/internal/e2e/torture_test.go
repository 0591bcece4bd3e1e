package e2e

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"strowger/sip/transport/memnet"
)

// outcomes is what a stranger is answered to the messages of RFC 4475 and 5118: what
// the RFC asks for of those that are wrong, and of the others whatever a request of a
// stranger gets that was understood. "" is nothing at all.
var outcomes = map[string]string{
	// RFC 4475, 3.1.1: valid messages. Calls and registrations of a stranger are
	// challenged; a method that is not known is not allowed.
	"wsinv": "481", "intmeth": "405", "esc01": "407", "escnull": "401", "esc02": "405", "lwsdisp": "200", "longreq": "407",
	"dblreq": "401", "semiuri": "200", "transports": "200", "mpart01": "405", "unreason": "", "noreason": "",
	// 3.1.2: invalid messages. Responses among them are dropped.
	"badinv01": "400", "clerr": "400", "ncl": "400", "scalar02": "400", "scalarlg": "", "quotbal": "400", "ltgtruri": "400",
	"lwsruri": "400", "lwsstart": "400", "trws": "400", "escruri": "400", "baddate": "407", "regbadct": "400", "badaspec": "400",
	"baddn": "400", "badvers": "505", "mismatch01": "400", "mismatch02": "400", "bigcode": "",
	// 3.2: the transaction of an old peer.
	"badbranch": "200",
	// 3.3: what has to be read and is refused above the grammar. An unknown scheme of
	// credentials is none; a registrar asks who it is before it looks at To.
	"insuf": "400", "unkscm": "416", "novelsc": "416", "unksm2": "400", "bext01": "420", "invut": "415", "regaut01": "401",
	"multi01": "400", "mcl01": "400", "bcast": "", "zeromf": "200", "cparam01": "401", "cparam02": "401", "regescrt": "401", "sdp01": "406",
	// 3.4: RFC 2543.
	"inv2543": "407",
	// RFC 5118.
	"ipv6-good": "401", "ipv6-bad": "400", "port-ambiguous": "401", "port-unambiguous": "401",
	"via-received-param-with-delim": "481", "via-received-param-no-delim": "200", "ipv6-in-sdp": "407",
	"mult-ip-in-header": "481", "mult-ip-in-sdp": "407", "ipv4-mapped-ipv6": "407",
	"ipv6-bug-abnf-3-colons": "200", "ipv6-correct-abnf-2-colons": "200",
}

// answered are the ports in the topmost Via of those that name one: the answer goes
// there (RFC 3261 section 18.2.2).
var answered = map[string]int{"quotbal": 5050, "mult-ip-in-header": 6050, "ipv4-mapped-ipv6": 19823}

var (
	callID = regexp.MustCompile(`(?im)^(call-id|i)[ \t]*:.*$`)
	cseq   = regexp.MustCompile(`(?im)^cseq\s*:\s*0*(\d+)`)
)

// TestTorture sends each message of RFC 4475 and RFC 5118 to a node, which answers as
// they ask for and goes on.
func TestTorture(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	t.Parallel()
	n := startNode(t)
	senders := map[string]*torturer{} // one for all messages of a call
	for folder, count := range map[string]int{"torture": 49, "torture6": 12} {
		files, err := filepath.Glob(filepath.Join("../../../testdata", folder, "*.dat"))
		if err != nil || len(files) != count {
			t.Fatalf("%d messages of %d: %v", len(files), count, err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".dat")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			id := fmt.Sprint(answered[name], callID.FindString(string(data)))
			if senders[id] == nil {
				senders[id] = newTorturer(t, n.host+":5060", cmp.Or(answered[name], 5060))
			}
			s := senders[id]
			if got, want := s.answer(name, data, outcomes[name]), outcomes[name]; got != want {
				t.Errorf("%s is answered with %q, want %q", name, got, want)
			}
		}
	}
	n.alive()
}

// torturer is a stranger at an address of its own. It sends from a port and is answered
// there: that of Via, 5060 if it has none.
type torturer struct {
	t    *testing.T
	conn *net.UDPConn
}

func newTorturer(t *testing.T, to string, port int) *torturer {
	t.Helper()
	at, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(host()), Port: port}, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &torturer{t: t, conn: conn}
}

// options is an OPTIONS with that Call-ID.
func options(callID, proto string) []byte {
	return fmt.Appendf(nil, "OPTIONS sip:x@x SIP/2.0\r\nVia: SIP/2.0/%s x;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@x>;tag=a\r\nTo: <sip:x@x>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", proto, callID, callID)
}

// write sends a datagram.
func (s *torturer) write(data []byte) {
	s.t.Helper()
	if _, err := s.conn.Write(data); err != nil {
		s.t.Fatal(err)
	}
}

// answer is the final status that a message gets. Where none is wanted, an answer to
// the OPTIONS behind it shows that there is none.
func (s *torturer) answer(name string, message []byte, want string) string {
	s.t.Helper()
	mark := "behind-" + name
	s.write(message)
	status, behind := "", false
	buf := make([]byte, 1<<16)
	for end := time.Now().Add(fileWait); !behind || status == "" && want != ""; {
		if time.Now().After(end) {
			s.t.Fatalf("%s is answered with %q, the OPTIONS behind it: %t", name, status, behind)
		}
		if !behind { // again, for a datagram may be lost
			s.write(options(mark, "UDP"))
		}
		if err := s.conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			s.t.Fatal(err)
		}
		n, err := s.conn.Read(buf)
		switch {
		case err != nil:
		case bytes.Contains(buf[:n], []byte(mark)):
			behind = true
		case bytes.Contains(buf[:n], []byte("behind-")): // of the one before
		case !bytes.HasPrefix(buf[:n], []byte("SIP/2.0 1")) && numberOf(buf[:n]) == numberOf(message):
			status = string(buf[8:11])
		}
	}
	return status
}

// numberOf is the CSeq of a message, by which an answer that is repeated is told from
// that of the next one.
func numberOf(message []byte) string {
	if m := cseq.FindSubmatch(message); m != nil {
		return string(m[1])
	}
	return ""
}

// TestMutated sends damaged messages to a node by UDP and TCP. It answers after each
// batch, on a connection too that was there before all of them.
func TestMutated(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	t.Parallel()
	n := startNode(t)
	s := newTorturer(t, n.host+":5060", 5060)
	quiet := n.connected()
	messages := garbage(t)
	random := rand.New(rand.NewPCG(1, 2))
	for batch := range 50 {
		for range 100 {
			data := memnet.Damage(random, messages[random.IntN(len(messages))])
			if len(data) < 65_000 {
				s.write(data)
			}
			if random.IntN(10) > 0 {
				continue
			}
			c := n.connected()
			_, _ = c.Write(data) // the node may have had enough of it
			c.Close()
		}
		name := fmt.Sprint("batch-", batch)
		s.answer(name, []byte("\r\n\r\n"), "")
		if _, err := quiet.Write(options(name+"-tcp", "TCP")); err != nil {
			t.Fatal(err)
		}
		if err := quiet.SetReadDeadline(time.Now().Add(fileWait)); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(quiet).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "SIP/2.0 200") {
			t.Fatalf("%s on the quiet connection: %q, %v", name, line, err)
		}
	}
	n.alive()
}

// connected is a connection to the node until the test ends.
func (n *node) connected() net.Conn {
	n.t.Helper()
	c, err := net.DialTimeout("tcp", n.host+":5060", fileWait)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { c.Close() })
	return c
}
