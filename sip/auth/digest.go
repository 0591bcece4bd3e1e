package auth

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"strings")

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

// sameTarget tells whether a digest URI may stand for the Request-URI.
func sameTarget(digest, request string) bool {
	du, dh, ok := splitURI(digest)
	ru, rh, ok2 := splitURI(request)
	return ok && ok2 && strings.EqualFold(dh, rh) && (du == "" || du == ru)
}

// splitURI returns user and host of a sip or sips URI, or the whole of another.
func splitURI(uri string) (user, host string, ok bool) {
	scheme, rest, found := strings.Cut(uri, ":")
	if !found {
		return "", "", false
	}
	if !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
		return "", uri, true
	}
	if at := strings.IndexByte(rest, '@'); at >= 0 {
		user, rest = rest[:at], rest[at+1:]
	}
	if end := strings.IndexAny(rest, ";?"); end >= 0 {
		rest = rest[:end]
	}
	if colon := strings.LastIndexByte(rest, ':'); colon > strings.LastIndexByte(rest, ']') {
		rest = rest[:colon]
	}
	return user, rest, rest != ""
}
