package media

import (
	"fmt"
	"io"
)

// Suite is a way to protect sound by SRTP (RFC 3711). The zero value is none.
type Suite uint8

// The suites.
const (
	AESCM128HMACSHA1 Suite = iota + 1 // AES_CM_128_HMAC_SHA1_80 (RFC 4568 section 6.2.1)
	AEADAES128GCM                     // AEAD_AES_128_GCM (RFC 7714)
)

// Suites are all of them, the one to prefer first: it costs a third of the other.
func Suites() []Suite { return []Suite{AEADAES128GCM, AESCM128HMACSHA1} }

// String is the name that SDP has for the suite; "" for none.
func (s Suite) String() string {
	switch s {
	case AESCM128HMACSHA1:
		return "AES_CM_128_HMAC_SHA1_80"
	case AEADAES128GCM:
		return "AEAD_AES_128_GCM"
	default:
		return ""
	}
}

// The lengths of keys, in bytes.
const (
	MasterKeySize = 16 // of every suite
	MaxKeySize    = 30 // of a Key
)

// KeySize is the length of a Key of the suite in bytes: the master key and its salt.
// 0 for none.
func (s Suite) KeySize() int {
	switch s {
	case AESCM128HMACSHA1:
		return MasterKeySize + 14
	case AEADAES128GCM:
		return MasterKeySize + 12
	default:
		return 0
	}
}

// Key is a master key with its salt behind it. It is a secret: however it is printed or
// encoded as text or JSON, only its length is told.
type Key []byte

// Format implements fmt.Formatter.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.masked()) }

// MarshalText implements encoding.TextMarshaler.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.masked()), nil }

func (k Key) masked() string { return fmt.Sprintf("(key of %d bytes)", len(k)) }

// Crypto protects the sound of an endpoint.
type Crypto struct {
	Suite         Suite
	Send, Receive Key // of Suite.KeySize bytes: what we send and what the far side sends
}
