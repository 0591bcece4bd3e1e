// Package certtest makes certificates for tests: an authority, and what it signs, as
// PEM files.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority signs certificates.
type Authority struct {
	tb   testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New makes an authority. It is good from an hour ago for ten years, on the clock of
// the test.
func New(tb testing.TB) *Authority {
	tb.Helper()
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a := &Authority{tb: tb, key: newKey(tb)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, a.key.Public(), a.key)
	if err == nil {
		a.cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// Pool is the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// WriteCA writes the authority's certificate and returns the path.
func (a *Authority) WriteCA(dir string) string {
	a.tb.Helper()
	path := filepath.Join(dir, "ca.pem")
	write(a.tb, path, "CERTIFICATE", a.cert.Raw)
	return path
}

// Write writes a certificate for names or addresses that is good for so long, and its
// key, and returns their paths: NAME.pem and NAME.key in the folder.
func (a *Authority) Write(dir, name string, valid time.Duration, hosts ...string) (cert, key string) {
	a.tb.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		a.tb.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(valid),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			form.IPAddresses = append(form.IPAddresses, ip)
		} else {
			form.DNSNames = append(form.DNSNames, h)
		}
	}
	private := newKey(a.tb)
	der, err := x509.CreateCertificate(rand.Reader, form, a.cert, private.Public(), a.key)
	raw, err2 := x509.MarshalPKCS8PrivateKey(private)
	if err := errors.Join(err, err2); err != nil {
		a.tb.Fatal(err)
	}
	cert, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	write(a.tb, cert, "CERTIFICATE", der)
	write(a.tb, key, "PRIVATE KEY", raw)
	return cert, key
}

func write(tb testing.TB, path, kind string, content []byte) {
	tb.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		tb.Fatal(err)
	}
}
