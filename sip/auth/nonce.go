package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Layout of a nonce before base64url: key 1, milliseconds 8, life 8, serial 8, MAC 16.
const (
	macAt      = 1 + 8 + 8 + 8
	macSize    = 16
	nonceBytes = macAt + macSize
)

var nonceChars = base64.RawURLEncoding.EncodedLen(nonceBytes)

// Key signs nonces. Nodes of a cluster share their keys.
type Key struct {
	ID     uint8
	Secret []byte // at least MinSecret bytes
}

// nonce is what a genuine nonce says.
type nonce struct {
	issued time.Duration // since the Authenticator was made, to the millisecond
	life   uint64        // which Authenticator issued it
	serial uint64        // unique in its life
}

func (n nonce) encode(k Key) string {
	var raw [nonceBytes]byte
	b := raw[:0]
	b = append(b, k.ID)
	b = binary.BigEndian.AppendUint64(b, uint64(n.issued.Milliseconds()))
	b = binary.BigEndian.AppendUint64(b, n.life)
	b = binary.BigEndian.AppendUint64(b, n.serial)
	b = append(b, sign(k, b)...)
	return base64.RawURLEncoding.EncodeToString(b)
}

func sign(k Key, body []byte) []byte {
	m := hmac.New(sha256.New, k.Secret)
	m.Write(body)
	var sum [sha256.Size]byte
	return m.Sum(sum[:0])[:macSize]
}

// decode returns what s says, if one of the keys signed it.
func decode(s string, keys []Key) (nonce, bool) {
	var raw [nonceBytes]byte
	if len(s) != nonceChars {
		return nonce{}, false
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(s)); err != nil {
		return nonce{}, false
	}
	for _, k := range keys {
		if k.ID != raw[0] {
			continue
		}
		if !hmac.Equal(sign(k, raw[:macAt]), raw[macAt:]) {
			return nonce{}, false
		}
		return nonce{
			issued: time.Duration(binary.BigEndian.Uint64(raw[1:])) * time.Millisecond,
			life:   binary.BigEndian.Uint64(raw[9:]),
			serial: binary.BigEndian.Uint64(raw[17:]),
		}, true
	}
	return nonce{}, false
}
