package memnet

import (
	"bytes"
	"math/rand/v2"
	"strings"
)

// nasty are values that readers stumble over.
var nasty = []string{
	"", "-1", "0", "4294967296", "99999999999999999999", "\x00", "%00", "\\", `"`, "<>", ";", ",", "*", "z9hG4bK", "sip:", "tel:+1",
	"<sip:[::1]>", "\xff\xfe", "a\r\nInjected: b", "1 INVITE", "SIP/2.0/UDP", "application/sdp", "multipart/mixed;boundary=x",
	strings.Repeat("A", 9000),
}

// Damage returns a message with one to four faults of a seeded choice: bytes changed,
// cut out, doubled or cut off, and lines taken out, doubled, moved or given another
// value.
func Damage(random *rand.Rand, message []byte) []byte {
	b := bytes.Clone(message)
	for range 1 + random.IntN(4) {
		if len(b) < 2 {
			return b
		}
		if random.IntN(2) == 0 {
			b = damageLine(random, b)
			continue
		}
		i, j := random.IntN(len(b)), random.IntN(len(b))
		i, j = min(i, j), max(i, j)
		switch random.IntN(4) {
		case 0:
			b[i] = byte(random.Uint32())
		case 1:
			b = append(b[:i:i], b[j:]...)
		case 2:
			b = append(append(b[:j:j], b[i:j]...), b[j:]...)
		case 3:
			b = b[:j]
		}
	}
	return b
}

func damageLine(random *rand.Rand, b []byte) []byte {
	lines := bytes.SplitAfter(b, []byte("\n"))
	i, j := random.IntN(len(lines)), random.IntN(len(lines))
	switch random.IntN(4) {
	case 0:
		lines[i] = nil
	case 1:
		lines[i] = append(bytes.Clone(lines[i]), lines[i]...)
	case 2:
		lines[i], lines[j] = lines[j], lines[i]
	case 3:
		name, _, _ := bytes.Cut(lines[i], []byte(":"))
		lines[i] = append(append(bytes.Clone(name), ": "...), nasty[random.IntN(len(nasty))]+"\r\n"...)
	}
	return bytes.Join(lines, nil)
}
