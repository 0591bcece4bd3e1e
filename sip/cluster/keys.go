package cluster

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"os"
	"time"

	"strowger/sip/mark"
)

// MinSecret is the least length of the shared secret, in bytes.
const MinSecret = 32

// linkName is the server name in every node's certificate.
const linkName = "strowger-link"

// Keys are what the nodes derive from their secret: each use has a key of its own.
type Keys struct{ secret []byte }

// ReadKeys reads the file of the shared secret. Space around the secret does not
// count.
func ReadKeys(file string) (Keys, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return Keys{}, fmt.Errorf("cluster key file: %w", err)
	}
	secret := bytes.TrimSpace(raw)
	if len(secret) < MinSecret {
		return Keys{}, fmt.Errorf("cluster key file %s has %d bytes, at least %d are needed; make one with: openssl rand -hex 32 > %s",
			file, len(secret), MinSecret, file)
	}
	return Keys{secret}, nil
}

// Mark is the key of the cluster's tags (mark.NewMinter).
func (k Keys) Mark() []byte { return k.derive("strowger mark", mark.KeySize) }

// Nonce is the key that signs nonces (auth.Key).
func (k Keys) Nonce() []byte { return k.derive("strowger nonce", 32) }

func (k Keys) derive(label string, size int) []byte {
	key, err := hkdf.Key(sha256.New, k.secret, nil, label, size)
	if err != nil {
		panic(err) // only of a size beyond 255 hashes
	}
	return key
}

// always is the validity of certificates: they are as good as the secret.
var always = [2]time.Time{time.Unix(0, 0), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}

// tlsConfig is for both ends of a connection: a certificate of the cluster's
// authority for this node, and trust in nothing but that authority.
func (k Keys) tlsConfig(node string) (*tls.Config, error) {
	authority := ed25519.NewKeyFromSeed(k.derive("strowger link authority", ed25519.SeedSize))
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "strowger cluster"},
		NotBefore: always[0], NotAfter: always[1],
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, authority.Public(), authority)
	if err != nil {
		return nil, err
	}
	trusted, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(trusted)
	leaf, err := issue(node, trusted, authority)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ServerName: linkName,
		Certificates: []tls.Certificate{leaf},
		RootCAs:      pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		SessionTicketsDisabled: true, // every connection proves itself anew
	}, nil
}

// issue makes the certificate of one run of a node.
func issue(node string, root *x509.Certificate, authority ed25519.PrivateKey) (tls.Certificate, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: node}, DNSNames: []string{linkName},
		NotBefore: always[0], NotAfter: always[1], KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, public, authority)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, err
}
