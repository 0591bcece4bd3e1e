package trace

import (
	"bytes"
	"slices"

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
	covered := false // the line goes on with the header above
	for line := range bytes.Lines(data[:end]) {
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(line, []byte(":"))
			covered = isSecretHeader(bytes.TrimSpace(name))
		}
		if covered {
			maskHeader(line)
		}
	}
	body := data[end:]
	for line := range bytes.Lines(body) {
		if bytes.HasPrefix(line, []byte("a=crypto:")) || bytes.HasPrefix(line, []byte("a=key-mgmt:")) || bytes.HasPrefix(line, []byte("k=")) {
			maskKey(line)
		}
	}
	if !digits && string(message.Look(data).Method) == "INFO" {
		maskDigits(body)
	}
}

func isSecretHeader(name []byte) bool {
	return slices.ContainsFunc([]string{"Authorization", "Proxy-Authorization", "Authentication-Info"}, func(known string) bool {
		return bytes.EqualFold(name, []byte(known))
	})
}

// maskHeader overwrites the values of response and rspauth of a digest, and all of
// another scheme's credentials.
func maskHeader(line []byte) {
	lower := lowered(line)
	digest := bytes.Contains(lower, []byte("digest")) || lower[0] == ' ' || lower[0] == '\t' ||
		bytes.HasPrefix(lower, []byte("authentication-info"))
	if !digest {
		_, value, _ := bytes.Cut(line, []byte(":"))
		cover(value)
		return
	}
	for _, name := range []string{"response", "rspauth"} {
		for at := 0; ; {
			i := bytes.Index(lower[at:], []byte(name))
			if i < 0 {
				break
			}
			at += i + len(name)
			value := bytes.TrimLeft(line[at:], " \t")
			if len(value) > 0 && value[0] == '=' {
				coverValue(value[1:])
			}
		}
	}
}

// coverValue overwrites a value up to the comma behind it.
func coverValue(value []byte) {
	if end := bytes.IndexAny(value, ",\r\n"); end >= 0 {
		value = value[:end]
	}
	cover(value)
}

// maskKey overwrites what follows "inline:" or, without one, the first colon or
// equals sign.
func maskKey(line []byte) {
	if at := bytes.Index(lowered(line), []byte("inline:")); at >= 0 {
		cover(line[at+len("inline:"):])
		return
	}
	if at := bytes.IndexAny(line[2:], ":= "); at >= 0 {
		cover(line[2+at+1:])
		return
	}
	cover(line[2:])
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

// cover overwrites what is no space, quote or line end.
func cover(b []byte) {
	for i, c := range b {
		if c > ' ' && c != '"' {
			b[i] = masked
		}
	}
}

// maskDigits overwrites the digits of application/dtmf-relay (Signal=5) and of
// application/dtmf (5), but not how long they last.
func maskDigits(body []byte) {
	for line := range bytes.Lines(body) {
		name, value, ok := bytes.Cut(line, []byte("="))
		switch {
		case !ok:
			cover(line)
		case bytes.EqualFold(bytes.TrimSpace(name), []byte("Signal")):
			cover(value)
		}
	}
}
