package e2e

import (
	"net"
	"strings"
	"testing"
	"time"
)

// maxGain is how many times the bytes of a datagram its source may get back, as the
// source may be feigned.
const maxGain = 2

// watched is how long answers are counted: two timers G of RFC 3261 and more.
const watched = 1800 * time.Millisecond

// TestNoAmplification: no request of a stranger is answered with more than twice its
// bytes, everything that is sent again included.
func TestNoAmplification(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t, change("strowger.hcl", `    algorithms = ["md5"] # all`, `    algorithms = ["sha-256", "md5"] # all`))
	const tiny = "v:SIP/2.0/UDP 1.1.1.1;branch=z9hG4bKX\nf:<sip:1@d>;tag=1\nt:<sip:1001@d>\ni:X\n"
	const usualHeaders = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKX;rport\nMax-Forwards: 70\nFrom: \"Ada\" <sip:1001@demo>;tag=f\nTo: <sip:1001@demo>\n" +
		"Call-ID: X@192.0.2.1\nContact: <sip:1001@192.0.2.1:5060;transport=udp>\nUser-Agent: a phone of a make that is well known\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, NOTIFY, REFER\n"
	const proof = `Authorization: Digest username="1001", realm="demo", nonce="AAAAAAAAAAilGTqPFa9QLSkAAAAAAAAAFF4C6Db2Ki7MNDBzO7eq9c8", uri="sip:d", ` +
		`response="5c8a38d6f2f2ea120728708da0be467d", algorithm=MD5, qop=auth, nc=00000001, cnonce="4db127f8"` + "\n"
	answered := map[string]string{ // what must still be answered, and how
		"REGISTER": "401", "INVITE": "407", "wrong password": "401", "wrong call": "407", "OPTIONS": "200",
	}
	requests := map[string]string{
		"tiny REGISTER":     "REGISTER sip:d SIP/2.0\n" + tiny + "CSeq:1 REGISTER\n\n",
		"tiny INVITE":       "INVITE sip:1@d SIP/2.0\n" + tiny + "CSeq:1 INVITE\nm:<sip:a@1.1.1.1>\n\n",
		"tiny OPTIONS":      "OPTIONS sip:d SIP/2.0\n" + tiny + "CSeq:1 OPTIONS\n\n",
		"tiny BYE":          "BYE sip:d SIP/2.0\n" + tiny + "CSeq:1 BYE\n\n",
		"tiny CANCEL":       "CANCEL sip:d SIP/2.0\n" + tiny + "CSeq:1 CANCEL\n\n",
		"unknown method":    "FOO sip:d SIP/2.0\n" + tiny + "CSeq:1 FOO\n\n",
		"unknown extension": "INVITE sip:1@d SIP/2.0\n" + tiny + "CSeq:1 INVITE\nRequire:foo\nm:<sip:a@1.1.1.1>\n\n",
		"no more hops":      "INVITE sip:1@d SIP/2.0\n" + tiny + "CSeq:1 INVITE\nMax-Forwards:0\nm:<sip:a@1.1.1.1>\n\n",
		"malformed":         "REGISTER sip:d SIP/2.0\n" + tiny + "CSeq:1 INVITE\n\n",
		"another version":   "REGISTER sip:d SIP/7.0\n" + tiny + "CSeq:1 REGISTER\n\n",
		"STUN":              "\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl",
		"REGISTER":          "REGISTER sip:demo SIP/2.0\n" + usualHeaders + "CSeq: 1 REGISTER\nExpires: 600\nContent-Length: 0\n\n",
		"INVITE":            "INVITE sip:1002@demo SIP/2.0\n" + usualHeaders + "CSeq: 1 INVITE\nContent-Length: 0\n\n",
		"wrong password":    "REGISTER sip:demo SIP/2.0\n" + usualHeaders + proof + "CSeq: 1 REGISTER\nContent-Length: 0\n\n",
		"wrong call":        "INVITE sip:1002@demo SIP/2.0\n" + usualHeaders + proof + "CSeq: 1 INVITE\nContent-Length: 0\n\n",
		"OPTIONS":           "OPTIONS sip:demo SIP/2.0\n" + usualHeaders + "CSeq: 1 OPTIONS\nContent-Length: 0\n\n",
	}
	for name, request := range requests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStranger(t, n.host+":5060")
			own := s.conn.LocalAddr().(*net.UDPAddr).IP.String()
			request = strings.NewReplacer("\n", "\r\n", "1.1.1.1;", "1.1.1.1;rport;", "X", "X"+strings.ReplaceAll(own, ".", "")).Replace(request)
			s.sends([]byte(request))
			if err := s.conn.SetReadDeadline(time.Now().Add(watched)); err != nil {
				t.Fatal(err)
			}
			var got []string
			bytes := 0
			buf := make([]byte, 1<<16)
			for {
				size, err := s.conn.Read(buf)
				if err != nil {
					break
				}
				bytes += size
				got = append(got, string(buf[:size]))
			}
			if bytes > maxGain*len(request) {
				t.Errorf("%d bytes are answered with %d in %d datagrams:\n%s", len(request), bytes, len(got), strings.Join(got, "\n"))
			}
			if status := answered[name]; status != "" && (len(got) == 0 || !strings.HasPrefix(got[len(got)-1], "SIP/2.0 "+status)) {
				t.Errorf("it is answered with %q, want %s", got, status)
			}
		})
	}
}
