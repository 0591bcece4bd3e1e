package sdp

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"strowger/media"
)

// Security is whether the sound of a leg is encrypted (SRTP with keys in SDP, RFC 4568).
type Security uint8

// The securities. Keys are worth what the way of the SDP is worth: who sets one of the
// latter two sees to it that the signalling is encrypted.
const (
	// Plain offers and answers RTP alone.
	Plain Security = iota
	// Optional offers SRTP and takes RTP (RFC 8643: RTP/AVP with a=crypto), and answers
	// either.
	Optional
	// Required offers and answers SRTP alone.
	Required
)

// Securities are the names that a configuration has for the securities, in their order.
func Securities() []string { return []string{"off", "optional", "required"} }

// ParseSecurity is the security of a name; false if there is none.
func ParseSecurity(name string) (Security, bool) {
	i := slices.Index(Securities(), name)
	return Security(max(i, 0)), i >= 0
}

// Crypto is a line a=crypto that can be used.
type Crypto struct {
	Tag   int // 1 to 999,999,999
	Suite media.Suite
	Key   media.Key // of who wrote the line, for what it sends
}

const (
	maxCrypto = 32          // lines of an m-line that are read
	maxTag    = 999_999_999 // RFC 4568 section 9.1
)

// cryptos lists the usable lines a=crypto of an m-line, in their order.
func cryptos(own *section) []Crypto {
	var out []Crypto
	for _, a := range own.attributes {
		if a.Name != "crypto" {
			continue
		}
		if c, ok := parseCrypto(a.Value); ok && len(out) < maxCrypto {
			out = append(out, c)
		}
	}
	return out
}

// parseCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20 WSH=64"; false if it
// is of a suite that we do not have, or has several keys, a key identifier or a
// parameter that must be understood (RFC 4568 section 6.3.7). How long a key lasts is
// not looked at: the shortest in service is beyond the longest call.
func parseCrypto(value string) (Crypto, bool) {
	f := strings.Fields(value)
	if len(f) < 3 {
		return Crypto{}, false
	}
	tag, err := strconv.ParseUint(f[0], 10, 32)
	if err != nil || tag == 0 || tag > maxTag {
		return Crypto{}, false
	}
	i := slices.IndexFunc(media.Suites(), func(s media.Suite) bool { return s.String() == f[1] })
	if i < 0 || slices.ContainsFunc(f[3:], mustKnow) {
		return Crypto{}, false
	}
	c := Crypto{Tag: int(tag), Suite: media.Suites()[i]}
	var ok bool
	c.Key, ok = parseKey(f[2], c.Suite)
	return c, ok
}

// mustKnow tells whether a session parameter cannot be passed over.
func mustKnow(parameter string) bool {
	name, value, _ := strings.Cut(strings.ToUpper(parameter), "=")
	return !strings.HasPrefix(name, "-") && name != "WSH" && (name != "KDR" || value != "0")
}

// parseKey reads "inline:BASE64|LIFETIME".
func parseKey(text string, suite media.Suite) (media.Key, bool) {
	const inline = "inline:"
	if len(text) < len(inline) || !strings.EqualFold(text[:len(inline)], inline) || strings.Contains(text, ";") {
		return nil, false
	}
	code, rest, _ := strings.Cut(text[len(inline):], "|")
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(code, "="))
	if err != nil || len(key) != suite.KeySize() || strings.ContainsAny(rest, ":|") {
		return nil, false
	}
	return key, true
}

// String is the value of the attribute.
func (c Crypto) String() string {
	return strconv.Itoa(c.Tag) + " " + c.Suite.String() + " inline:" + base64.StdEncoding.EncodeToString(c.Key)
}

// keys make the keys of a session. They never change, so that copies of a session may
// share them; nil is Plain.
type keys struct {
	security Security
	secret   []byte
	round    int       // counts the keys that the far side gave up
	far      media.Key // of the far side in the last exchange; nil: it was plain
	agreed   bool      // there was an exchange
}

// Secure sets whether the leg's sound is encrypted. The session's keys are made of the
// secret, 32 bytes that nobody can guess; Plain needs none. It comes before the first
// offer and answer.
func (s *Session) Secure(how Security, secret []byte) {
	if s.keys = nil; how != Plain {
		s.keys = &keys{security: how, secret: secret}
	}
}

func (k *keys) how() Security {
	if k == nil {
		return Plain
	}
	return k.security
}

// Parse reads what the far side of the session wrote.
func (s *Session) Parse(body []byte) (*Description, error) {
	d, err := Parse(body)
	if err == nil {
		d.how = s.keys.how()
	}
	return d, err
}

// own is our key for a suite: the same in every body until the far side changes its own.
func (k *keys) own(suite media.Suite) media.Key {
	key, err := hkdf.Expand(sha256.New, k.secret, suite.String()+" "+strconv.Itoa(k.round), suite.KeySize())
	if err != nil {
		panic("sdp: HKDF makes no key of " + strconv.Itoa(suite.KeySize()) + " bytes: " + err.Error())
	}
	return key
}

// offered are the lines of an offer: once the far side has taken plain sound, it is not
// asked again.
func (k *keys) offered() []Crypto {
	if k == nil || k.security == Optional && k.agreed && k.far == nil {
		return nil
	}
	var out []Crypto
	for i, suite := range media.Suites() {
		out = append(out, Crypto{i + 1, suite, k.own(suite)})
	}
	return out
}

// answer chooses among the lines of an offer: by our order, as ours is that of cost. A
// new key of the far side is answered with a new one of ours.
func (s *Session) secured(offered []Crypto) (ours []Crypto, c *media.Crypto) {
	if s.keys == nil {
		return nil, nil
	}
	for _, suite := range media.Suites() {
		i := slices.IndexFunc(offered, func(o Crypto) bool { return o.Suite == suite })
		if i < 0 {
			continue
		}
		s.keys = s.keys.after(offered[i].Key)
		own := Crypto{offered[i].Tag, suite, s.keys.own(suite)}
		return []Crypto{own}, &media.Crypto{Suite: suite, Send: own.Key, Receive: offered[i].Key}
	}
	s.keys = s.keys.after(nil)
	return nil, nil
}

// accept finds what an answer chose of our offer, nil is plain sound, and the keys after
// it.
func (k *keys) accept(ours, chosen []Crypto) (*media.Crypto, *keys) {
	if k == nil {
		return nil, nil
	}
	next := *k
	next.far, next.agreed = nil, true
	for _, c := range chosen {
		i := slices.IndexFunc(ours, func(o Crypto) bool { return o.Tag == c.Tag && o.Suite == c.Suite })
		if i >= 0 {
			next.far = c.Key
			return &media.Crypto{Suite: c.Suite, Send: ours[i].Key, Receive: c.Key}, &next
		}
	}
	return nil, &next
}

// after are the keys after an offer with a key of the far side.
func (k *keys) after(far media.Key) *keys {
	next := *k
	if k.far != nil && !bytes.Equal(k.far, far) {
		next.round++
	}
	next.far, next.agreed = far, true
	return &next
}
