package configs

import (
	"slices"

	"strowger/dialplan/source"
)

// listenerTLS reads what a TLS listener shows and whom it lets in.
func (r *reader) listenerTLS(b *source.Body, l *Listener) {
	first := r.certificate(b)
	var more []Certificate
	for _, c := range b.Blocks("certificate", 0, 0) {
		more = append(more, r.certificate(c))
		c.Done()
		if !c.Has("cert_file") && !c.Has("key_file") {
			c.Fault(c.At, "certificate needs its files; write in it: cert_file = \"FILE\" and key_file = \"FILE\"")
		}
	}
	l.ClientCAFile = r.beside(b.String("client_ca_file", ""))
	switch {
	case l.Proto == "tls" && first == Certificate{}:
		b.Fault(b.At, "%s needs a certificate; write in it: cert_file = \"FILE\" and key_file = \"FILE\"", b.Name())
	case l.Proto != "tls" && (first != Certificate{} || more != nil || l.ClientCAFile != ""):
		b.Fault(b.At, "%s has a certificate or client_ca_file, which only TLS uses; write: proto = \"tls\"", b.Name())
	case l.Proto == "tls":
		l.Certificates = append([]Certificate{first}, more...)
	}
}

// trunkTLS reads how a trunk is verified.
func (r *reader) trunkTLS(b *source.Body, t *Trunk) {
	t.TLS = TrunkTLS{ServerName: b.String("server_name", ""), CAFile: r.beside(b.String("ca_file", "")), Certificate: r.certificate(b)}
	if t.TLS != (TrunkTLS{}) && t.Proto != "tls" {
		b.Fault(b.At, "%s has server_name, ca_file or cert_file, which only TLS uses; write: proto = \"tls\"", b.Name())
	}
}

// certificate reads cert_file and key_file, both or none.
func (r *reader) certificate(b *source.Body) Certificate {
	c := Certificate{CertFile: r.beside(b.String("cert_file", "")), KeyFile: r.beside(b.String("key_file", ""))}
	if (c.CertFile == "") != (c.KeyFile == "") {
		b.Fault(b.At, "%s has one of cert_file and key_file; TLS needs both", b.Name())
	}
	return c
}

// verified faults TLS trunks that would be verified in two ways at one address, and
// gives each the certificate of its network.
func (r *reader) verified(file *source.Body) {
	for i := range r.Trunks {
		t := &r.Trunks[i]
		if t.Proto != "tls" {
			continue
		}
		n, _ := r.Network(t.Network)
		at := slices.IndexFunc(n.Listeners, func(l Listener) bool { return l.Proto == "tls" })
		if at >= 0 && t.TLS.Certificate == (Certificate{}) {
			t.TLS.Certificate = n.Listeners[at].Certificates[0]
		}
		for _, o := range r.Trunks[:i] {
			for _, target := range t.Targets {
				if o.Proto == "tls" && o.Network == t.Network && o.TLS != t.TLS && slices.Contains(o.Targets, target) {
					file.Fault(r.places["trunk "+t.Name], "trunks %q and %q are both called at %s but verified in different ways; make server_name, ca_file and cert_file the same", o.Name, t.Name, target)
				}
			}
		}
	}
}
