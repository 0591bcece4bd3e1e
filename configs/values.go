package configs

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"strowger/dialplan/source"
)

// String is the address and its ports: 127.0.0.1 ports 20000-29999.
func (p RTP) String() string { return fmt.Sprintf("%s ports %d-%d", p.Bind, p.From, p.To) }

// required is an address and port that has no default.
func (r *reader) required(b *source.Body, key, example string) netip.AddrPort {
	if !b.Has(key) {
		b.Fault(b.At, "%s needs an address; write: %s = %q", b.Name(), key, example)
	}
	return address(b, key, example, 0)
}

// address reads an address and port; without a port it takes port, unless that is 0.
func address(b *source.Body, key, example string, port uint16) netip.AddrPort {
	text := b.String(key, "")
	if text == "" && !b.Has(key) {
		return netip.AddrPort{}
	}
	a, ok := addrPort(text, port)
	if !ok {
		b.Fault(b.Pos(key), "%s = %q is no address with a port; write: %s = %q", key, text, key, example)
	}
	return a
}

func addrPort(text string, port uint16) (netip.AddrPort, bool) {
	a, err := netip.ParseAddrPort(text)
	if err == nil {
		return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), a.Port() != 0 && a.Addr().Zone() == ""
	}
	ip, err := netip.ParseAddr(text)
	return netip.AddrPortFrom(ip.Unmap(), port), err == nil && port != 0 && ip.Zone() == ""
}

// parseTarget reads where calls to a trunk go: an address or a name, with a port or
// without. port is that of an address without one.
func parseTarget(text string, port uint16) (Target, bool) {
	if a, ok := addrPort(text, port); ok {
		return Target{Host: a.Addr().String(), Port: int(a.Port())}, !a.Addr().IsUnspecified()
	}
	host, number, written := strings.Cut(strings.ToLower(text), ":")
	t := Target{Host: strings.TrimSuffix(host, ".")}
	if written {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil || n == 0 {
			return t, false
		}
		t.Port = int(n)
	}
	return t, isDomain(t.Host)
}

// isDomain tells whether a name is one that hosts have (RFC 1123); a number at its
// end would be a misspelt address.
func isDomain(name string) bool {
	if len(name) > 253 {
		return false
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if !isName(l) || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// ip reads an address without a port; the zero Addr if it is not written.
func ip(b *source.Body, key string) netip.Addr {
	text := b.String(key, "")
	if text == "" && !b.Has(key) {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		b.Fault(b.Pos(key), "%s = %q is no IP address; write: %s = \"127.0.0.1\"", key, text, key)
	}
	return a.Unmap()
}

// prefixes reads a list of addresses and ranges.
func prefixes(b *source.Body, key string) []netip.Prefix {
	var out []netip.Prefix
	for _, v := range b.List(key, false) {
		p, err := netip.ParsePrefix(v.Text)
		if a, bad := netip.ParseAddr(v.Text); bad == nil && a.Zone() == "" {
			a = a.Unmap()
			p, err = a.Prefix(a.BitLen())
		}
		switch {
		case err != nil:
			b.Fault(v.At, "%s: %q is no address or range; write \"192.0.2.1\" or \"192.0.2.0/24\"", key, v.Text)
		case p != p.Masked():
			b.Fault(v.At, "%s: %s has bits beyond its length; write %q for the range or %q for the address", key, p, p.Masked(), p.Addr())
		default:
			out = append(out, p)
		}
	}
	return out
}

// ports reads a range of ports: "20000-29999".
func ports(b *source.Body, from, to int) (low, high int) {
	text := b.String("ports", "")
	if text == "" {
		return from, to
	}
	first, last, _ := strings.Cut(text, "-")
	low, err := strconv.Atoi(first)
	high, err2 := strconv.Atoi(last)
	switch {
	case err != nil || err2 != nil || low < 1024 || high > 65535 || high-low < 3:
		b.Fault(b.Pos("ports"), "ports = %q is no range from 1024 to 65535 of at least four ports; write: ports = \"20000-29999\"", text)
		return from, to
	case low%2 != 0:
		b.Fault(b.Pos("ports"), "ports = %q starts at an odd port, RTP takes the even ones; write: ports = \"%d-%d\"", text, low+1, high)
		return from, to
	}
	return low, high
}

// choice is one of some words.
func choice(b *source.Body, key, fallback string, words ...string) string {
	text := b.String(key, fallback)
	if !slices.Contains(words, text) {
		b.Fault(b.Pos(key), "%s = %q; %s", key, text, source.Suggest(text, words))
		return fallback
	}
	return text
}

// choices is a list of some words, each at most once.
func choices(b *source.Body, key string, fallback, words []string) []string {
	if !b.Has(key) {
		b.List(key, false)
		return fallback
	}
	var out []string
	for _, v := range b.List(key, false) {
		switch {
		case !slices.Contains(words, v.Text):
			b.Fault(v.At, "%s: %q; %s", key, v.Text, source.Suggest(v.Text, words))
		case slices.Contains(out, v.Text):
			b.Fault(v.At, "%s has %q twice", key, v.Text)
		default:
			out = append(out, v.Text)
		}
	}
	if len(out) == 0 {
		b.Fault(b.Pos(key), "%s is empty; leave it out for %s", key, strings.Join(fallback, ", "))
	}
	return out
}

func texts(values []source.Value) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.Text
	}
	return out
}
