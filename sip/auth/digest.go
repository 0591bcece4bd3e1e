package auth

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// expected is the response of RFC 7616 section 3.4.1 in lower-case hex, without
// qop that of RFC 2069.
func expected(c credentials, ha1, method string) []byte {
	var room [512]byte
	b := append(room[:0], method...)
	b = append(append(b, ':'), c.uri...)
	var ha2 [2 * sha256.Size]byte
	a2 := appendHash(ha2[:0], c.algorithm, b)

	b = append(append(room[:0], ha1...), ':')
	b = append(append(b, c.nonce...), ':')
	if c.qop {
		b = append(append(b, c.ncText...), ':')
		b = append(append(b, c.cnonce...), ":auth:"...)
	}
	b = append(b, a2...)
	return appendHash(nil, c.algorithm, b)
}

func appendHash(dst []byte, algorithm string, data []byte) []byte {
	if algorithm == sha256Name {
		sum := sha256.Sum256(data)
		return hex.AppendEncode(dst, sum[:])
	}
	sum := md5.Sum(data)
	return hex.AppendEncode(dst, sum[:])
}

// sameTarget tells whether a digest URI may stand for the Request-URI. Phones and
// what is between change the host; a number or service (tel, urn) has none.
func sameTarget(digest, request string) bool {
	of, ok := userOf(digest)
	to, ok2 := userOf(request)
	if !ok || !ok2 {
		return strings.EqualFold(digest, request)
	}
	return of == "" || of == to
}

// userOf returns the user of a sip or sips URI, "" if it has none.
func userOf(uri string) (user string, ok bool) {
	scheme, rest, _ := strings.Cut(uri, ":")
	if !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
		return "", false
	}
	user, rest, found := strings.Cut(rest, "@")
	if !found {
		user, rest = "", user
	}
	return user, rest != ""
}
