package trace

import (
	"bytes"

	"strowger/sip/message"
)

// masked stands where a character of a secret stood.
const masked = 'x'

// Mask overwrites the secrets of a message: what proves a password (in
// Authorization, Proxy-Authorization and Authentication-Info), the keys of SRTP in
// SDP, and the digits of an INFO unless they may be shown. No length changes.
func Mask(data []byte, digits bool) {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		end = len(data)
	}
	var cover func([]byte) // of the header that a folded line goes on with, nil: nothing
	for line := range bytes.Lines(data[:end]) {
		value := line
		if line[0] != ' ' && line[0] != '\t' {
			var name []byte
			name, value, _ = bytes.Cut(line, []byte(":"))
			cover = coverOf(bytes.TrimSpace(name), value)
		}
		if cover != nil {
			cover(value)
		}
	}
	body := data[end:]
	for line := range bytes.Lines(body) {
		if hasKey(line) {
			maskKey(line)
		}
	}
	if !digits && string(message.Look(data).Method) == "INFO" {
		maskDigits(body)
	}
}

// coverOf is what overwrites the secrets in a header's value, nil if it has none. Of a
// digest only the proofs are secret, of another scheme everything.
func coverOf(name, value []byte) func([]byte) {
	switch string(lowered(name)) {
	case "authentication-info":
		return coverProofs
	case "authorization", "proxy-authorization":
		if scheme := bytes.Fields(value); len(scheme) > 0 && bytes.EqualFold(scheme[0], []byte("Digest")) {
			return coverProofs
		}
		return coverAll
	}
	return nil
}

// coverProofs overwrites the values of response and rspauth.
func coverProofs(value []byte) {
	lower := lowered(value)
	for _, name := range []string{"response", "rspauth"} {
		for at := 0; ; {
			i := bytes.Index(lower[at:], []byte(name))
			if i < 0 {
				break
			}
			at += i + len(name)
			if proof := bytes.TrimLeft(value[at:], " \t"); len(proof) > 0 && proof[0] == '=' {
				coverValue(proof[1:])
			}
		}
	}
}

// coverValue overwrites a value up to the comma behind it.
func coverValue(value []byte) {
	if end := bytes.IndexAny(value, ",\r\n"); end >= 0 {
		value = value[:end]
	}
	coverAll(value)
}

// hasKey tells whether a line of SDP holds a key. Spaces are passed over as they are
// when the line is read (media/sdp).
func hasKey(line []byte) bool {
	if bytes.HasPrefix(line, []byte("k=")) {
		return true
	}
	name, ok := bytes.CutPrefix(line, []byte("a="))
	name = bytes.TrimSpace(name)
	return ok && (bytes.HasPrefix(name, []byte("crypto")) || bytes.HasPrefix(name, []byte("key-mgmt")))
}

// maskKey overwrites what follows "inline:" or, without one, the first colon or
// equals sign.
func maskKey(line []byte) {
	if at := bytes.Index(lowered(line), []byte("inline:")); at >= 0 {
		coverAll(line[at+len("inline:"):])
		return
	}
	if at := bytes.IndexAny(line[2:], ":= "); at >= 0 {
		coverAll(line[2+at+1:])
		return
	}
	coverAll(line[2:])
}

// lowered is a line in lower case, byte by byte: bytes.ToLower would make another length
// of what is no UTF-8.
func lowered(line []byte) []byte {
	lower := bytes.Clone(line)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return lower
}

// coverAll overwrites what is no space, quote or line end.
func coverAll(b []byte) {
	for i, c := range b {
		if c > ' ' && c != '"' {
			b[i] = masked
		}
	}
}

// coverBody overwrites the body of a message.
func coverBody(text []byte) {
	if _, body, ok := bytes.Cut(text, []byte("\r\n\r\n")); ok {
		coverAll(body)
	}
}

// maskDigits overwrites the digits of application/dtmf-relay (Signal=5) and of
// application/dtmf (5), but not how long they last.
func maskDigits(body []byte) {
	for line := range bytes.Lines(body) {
		name, value, ok := bytes.Cut(line, []byte("="))
		switch {
		case !ok:
			coverAll(line)
		case bytes.EqualFold(bytes.TrimSpace(name), []byte("Signal")):
			coverAll(value)
		}
	}
}
