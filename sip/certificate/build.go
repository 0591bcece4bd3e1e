package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

func (s Server) paths() []string {
	var paths []string
	for _, p := range s.Pairs {
		paths = append(paths, p.CertFile, p.KeyFile)
	}
	if s.ClientCAFile != "" {
		paths = append(paths, s.ClientCAFile)
	}
	return paths
}

func (s Server) build(files map[string][]byte) (made, error) {
	m := made{config: &tls.Config{MinVersion: tls.VersionTLS12}, own: map[string]time.Time{}}
	for _, p := range s.Pairs {
		if err := m.show(p, files); err != nil {
			return made{}, err
		}
	}
	if len(s.Pairs) == 0 {
		return made{}, errors.New("a TLS listener needs a certificate")
	}
	var err error
	if s.ClientCAFile != "" {
		m.config.ClientAuth = tls.RequireAndVerifyClientCert
		m.config.ClientCAs, err = pool(s.ClientCAFile, files)
	}
	return m, err
}

func (c Client) paths() []string {
	var paths []string
	for _, path := range []string{c.CAFile, c.Pair.CertFile, c.Pair.KeyFile} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

func (c Client) build(files map[string][]byte) (made, error) {
	m := made{config: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.Name}, own: map[string]time.Time{}}
	var err error
	if c.CAFile != "" {
		m.config.RootCAs, err = pool(c.CAFile, files)
	}
	if err == nil && c.Pair.CertFile != "" {
		err = m.show(c.Pair, files)
	}
	return m, err
}

// show adds a certificate that is shown to the other side.
func (m *made) show(p Pair, files map[string][]byte) error {
	cert, err := tls.X509KeyPair(files[p.CertFile], files[p.KeyFile])
	if err != nil {
		return fmt.Errorf("%s and %s are no certificate and its key: %w", p.CertFile, p.KeyFile, err)
	}
	end := cert.Leaf.NotAfter
	for _, der := range cert.Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil && c.NotAfter.Before(end) {
			end = c.NotAfter
		}
	}
	m.config.Certificates = append(m.config.Certificates, cert)
	m.own[p.CertFile] = end
	return nil
}

func pool(path string, files map[string][]byte) (*x509.CertPool, error) {
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(files[path]) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return p, nil
}
