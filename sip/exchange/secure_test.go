package exchange_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/leg"
)

// secured are how the sound of parties is secured, by name.
type secured map[string]leg.Sound

// read takes the words behind srtp in a program: NAME off, optional or required, and
// clear for keys without TLS.
func (s secured) read(words []string) {
	s[words[0]] = leg.Sound{
		SRTP:      map[string]sdp.Security{"optional": sdp.Optional, "required": sdp.Required}[words[1]],
		ClearKeys: len(words) > 2 && words[2] == "clear",
	}
}

// secret has every leg of a story draw another one, the same each time.
func (w *world) secret() []byte {
	w.secrets++
	sum := sha256.Sum256([]byte{byte(w.secrets)})
	return sum[:]
}

// srtp is a transport and the keys of a party's body: srtp is RTP/SAVP, osrtp RTP/AVP
// (RFC 8643); a number behind it is another key, and of an answer, which takes the
// second suite that the switch offers.
func (p *party) srtp(word string) (proto, crypto string, ok bool) {
	n := strings.TrimPrefix(strings.TrimPrefix(word, "o"), "srtp")
	switch {
	case strings.HasPrefix(word, "srtp"):
		proto = "RTP/SAVP"
	case strings.HasPrefix(word, "osrtp"):
		proto = "RTP/AVP"
	default:
		return "", "", false
	}
	sum := sha256.Sum256([]byte(p.name + n))
	return proto, fmt.Sprintf("a=crypto:2 %s inline:%s\r\n", media.AESCM128HMACSHA1, base64.StdEncoding.EncodeToString(sum[:30])), true
}

var inline = regexp.MustCompile(`crypto:(\d+) (\S+) inline:(\S+)`)

// cryptoSummary is the transport of a body and its keys, which are told by four digits
// of their sums.
func cryptoSummary(body string) string {
	var out strings.Builder
	if strings.Contains(body, " RTP/SAVP ") {
		out.WriteString(" SAVP")
	}
	for _, m := range inline.FindAllStringSubmatch(body, -1) {
		key, err := base64.StdEncoding.DecodeString(m[3])
		if err != nil {
			return err.Error()
		}
		fmt.Fprintf(&out, " %s:%s:%s", m[1], m[2], keySum(key))
	}
	return out.String()
}

// secureSummary is how a leg's sound is protected.
func secureSummary(c *media.Crypto) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf(" srtp %s sends %s receives %s", c.Suite, keySum(c.Send), keySum(c.Receive))
}

func keySum(key media.Key) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:2])
}
