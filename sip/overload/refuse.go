package overload

import (
	"hash/maphash"
	"net/netip"
	"strconv"
)

// Seconds after which a refused request may come again. They are spread, lest all
// come back at once.
const (
	retryCall     = 3  // of what is no REGISTER, and as many more at the most
	retryRegister = 15 // a phone that is registered has no hurry
)

// maxGain bounds a refusal: at most so many times the request's bytes. A sender that
// is none, whose address is another's, gains nothing.
const maxGain = 2

var seed = maphash.MakeSeed()

// Refusal appends the 503 to a request that came from source, with tag as its To tag.
// It is nil if that could not be sent: see maxGain.
func (h *Head) Refusal(dst, request []byte, source netip.AddrPort, tag string) []byte {
	start := len(dst)
	dst = append(dst, "SIP/2.0 503 Service Unavailable\r\n"...)
	dst = appendVia(dst, h.vias[0], source)
	for _, via := range h.vias[1:h.viaCount] {
		dst = appendLine(dst, via)
	}
	dst = appendLine(dst, h.from)
	dst = append(dst, h.to...)
	if h.ToTag == nil {
		dst = append(dst, ";tag="...)
		dst = append(dst, tag...)
	}
	dst = append(dst, "\r\n"...)
	dst = appendLine(dst, h.callID)
	dst = appendLine(dst, h.cseq)
	dst = append(dst, "Retry-After: "...)
	dst = strconv.AppendUint(dst, h.retryAfter(), 10)
	dst = append(dst, "\r\nContent-Length: 0\r\n\r\n"...)
	if len(dst)-start > maxGain*len(request) {
		return nil
	}
	return dst
}

// retryAfter is the same for the same call.
func (h *Head) retryAfter() uint64 {
	base := uint64(retryCall)
	if is(h.Method, "REGISTER") {
		base = retryRegister
	}
	return base + maphash.Bytes(seed, h.callID)%(base+1)
}

func appendLine(dst, line []byte) []byte {
	return append(append(dst, line...), "\r\n"...)
}

// appendVia appends the topmost Via with received and rport filled in (RFC 3261
// section 18.2.1, RFC 3581 section 4).
func appendVia(dst, line []byte, source netip.AddrPort) []byte {
	first := firstValue(line)
	rest := first
	for len(rest) > 0 { // the parameters that are there, but those that are ours
		i := scanTo(rest[1:], ';') + 1
		key := rest[:i]
		rest = rest[i:]
		if key[0] == ';' && (param(key, "rport") != nil || param(key, "received") != nil) {
			continue
		}
		dst = append(dst, key...)
	}
	dst = append(dst, ";received="...)
	dst = source.Addr().WithZone("").AppendTo(dst)
	if param(first, "rport") != nil {
		dst = append(dst, ";rport="...)
		dst = strconv.AppendUint(dst, uint64(source.Port()), 10)
	}
	dst = append(dst, line[len(first):]...)
	return append(dst, "\r\n"...)
}

// IsAck tells whether a message acknowledges a refusal with this To tag.
func IsAck(data []byte, tag string) bool {
	if len(data) < 4 || string(data[:4]) != "ACK " {
		return false
	}
	var h Head
	return h.Scan(data) && string(h.ToTag) == tag
}
