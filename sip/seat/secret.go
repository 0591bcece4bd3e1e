package seat

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// The digest algorithms, as Credential names them (RFC 8760).
const (
	MD5    = "md5"
	SHA256 = "sha-256"
)

// HA1 returns the digest of user, realm and password (RFC 7616 section 3.4.2) in
// lower-case hex. An unknown algorithm is an error.
func HA1(user, realm, password, algorithm string) (string, error) {
	a1 := []byte(user + ":" + realm + ":" + password)
	switch algorithm {
	case MD5:
		sum := md5.Sum(a1)
		return hex.EncodeToString(sum[:]), nil
	case SHA256:
		sum := sha256.Sum256(a1)
		return hex.EncodeToString(sum[:]), nil
	}
	return "", fmt.Errorf("algorithm %q: give %s or %s", algorithm, MD5, SHA256)
}

// hashLength returns the hex digits of an algorithm's HA1, 0 if it is unknown.
func hashLength(algorithm string) int {
	switch algorithm {
	case MD5:
		return 2 * md5.Size
	case SHA256:
		return 2 * sha256.Size
	}
	return 0
}

// Credentials returns one secret for each algorithm.
func Credentials(user, realm, password string, algorithms []string) ([]Credential, error) {
	credentials := make([]Credential, 0, len(algorithms))
	for _, algorithm := range algorithms {
		ha1, err := HA1(user, realm, password, algorithm)
		if err != nil {
			return nil, err
		}
		credentials = append(credentials, Credential{Algorithm: algorithm, Realm: realm, HA1: ha1})
	}
	return credentials, nil
}

// A generated password is groups of letters and digits that people do not
// confuse when they type them into a phone: 4 groups of 5 of 32 are 100 bits.
const (
	passwordAlphabet = "abcdefghijkmnpqrstuvwxyz23456789" // 32 signs: no l, o, 0, 1
	passwordGroups   = 4
	passwordGroup    = 5
)

// NewPassword returns a random password of 100 bits, as "kx7mw-3bqzt-...".
func NewPassword() string {
	raw := make([]byte, passwordGroups*passwordGroup)
	_, _ = rand.Read(raw) // never fails: see crypto/rand
	var b strings.Builder
	for i, r := range raw {
		if i > 0 && i%passwordGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(passwordAlphabet[int(r)%len(passwordAlphabet)])
	}
	return b.String()
}
