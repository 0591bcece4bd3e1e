package transport

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
)

// maxNames bounds the names of a certificate that are kept.
const maxNames = 32

// Shown are the names of the certificate that who connected by the flow has shown and
// that was verified, in lower case (RFC 5922 section 7.1: the domains of SIP URIs, else
// DNS names). nil if there is none, the connection is gone, or was made by us.
func (l *Layer) Shown(f Flow) []string {
	if f.Proto != TLS || f.Conn == 0 || l.elsewhere(f) {
		return nil
	}
	l.conns.mu.Lock()
	defer l.conns.mu.Unlock()
	if c := l.conns.numbered(f); c != nil && c.accepted {
		return c.names
	}
	return nil
}

// namesOf are the names of a verified certificate.
func namesOf(s tls.ConnectionState) []string {
	if len(s.VerifiedChains) == 0 || len(s.PeerCertificates) == 0 {
		return nil
	}
	cert := s.PeerCertificates[0]
	names := domains(cert)
	if names == nil {
		names = cert.DNSNames
	}
	var out []string
	for _, n := range names[:min(len(names), maxNames)] {
		out = append(out, strings.ToLower(n))
	}
	return out
}

// domains are those of the SIP URIs of a certificate that name no user.
func domains(cert *x509.Certificate) []string {
	var list []string
	for _, u := range cert.URIs {
		if strings.EqualFold(u.Scheme, "sip") && !strings.Contains(u.Opaque, "@") && u.Opaque != "" {
			list = append(list, u.Opaque)
		}
	}
	return list
}
