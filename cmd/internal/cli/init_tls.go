package cli

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Files of init --tls, in its folder.
const (
	localCert = "secrets/tls.crt"
	localKey  = "secrets/tls.key"
)

// certLife is how long a self-made certificate is good: the longest that every phone
// takes.
const certLife = 825 * 24 * time.Hour

// selfMade is a certificate that nobody but its maker vouches for.
type selfMade struct {
	cert, key   []byte // PEM
	fingerprint string // SHA-256, in hexadecimal pairs
	until       time.Time
}

// makeCertificate makes the certificate of an address. Its key is of RSA, which the
// oldest phones take too; it is its own authority, for phones that want one.
func makeCertificate(address netip.Addr, now time.Time) (selfMade, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return selfMade{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return selfMade{}, err
	}
	form := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: address.String(), Organization: []string{"strowger init"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certLife),
		IPAddresses: []net.IP{address.AsSlice()}, IsCA: true, MaxPathLenZero: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		return selfMade{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return selfMade{}, err
	}
	return selfMade{
		cert:        pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		fingerprint: pairs(sha256.Sum256(der)), until: form.NotAfter,
	}, nil
}

// pairs writes a sum as phones and openssl show it: AB:CD:...
func pairs(sum [sha256.Size]byte) string {
	text := make([]string, len(sum))
	for i, b := range sum {
		text[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(text, ":")
}

// tlsListener is the listener's part of the configuration.
func (s *localSite) tlsListener() string {
	if s.tls == nil {
		return ""
	}
	return fmt.Sprintf(`
  # The certificate is self-made: phones must be told to trust it. Files put in its
  # place, such as those of your own authority, are taken without a restart.
  listener "tls" {
    bind      = %q
    cert_file = %q
    key_file  = %q
  }
`, s.tlsAddress(), localCert, localKey)
}

func (s *localSite) tlsAddress() string {
	return netip.AddrPortFrom(s.address.Addr(), uint16(s.port+1)).String()
}

// adviseTLS tells what a phone needs to call by TLS.
func (s *localSite) adviseTLS(w io.Writer) {
	if s.tls == nil {
		return
	}
	fmt.Fprintf(w, `
TLS: server %s. The certificate is self-made and nobody vouches for
it: load %s into each phone as a trusted certificate, and
see that the phone shows this SHA-256 fingerprint of it:
  %s
  %s
It is good until %s; a warning is logged 30 days before. Then, or when you
have certificates of your own, put new files in place of tls.crt and tls.key:
they are taken within 30 s, without a restart. A phone that is told to trust any
certificate can be listened to by whoever stands between.
`, s.tlsAddress(), s.path(localCert), s.tls.fingerprint[:48], s.tls.fingerprint[48:], s.tls.until.UTC().Format(time.DateOnly))
}
