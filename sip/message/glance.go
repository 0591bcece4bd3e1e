package message

import (
	"bytes"
	"strconv"
)

// Glance is what a message is about, found in its bytes without parsing it. Its
// slices are parts of those bytes.
type Glance struct {
	Method []byte // of a response that of its CSeq; nil if there is none
	Status int    // 0 for a request
	CallID []byte // nil if there is none
}

// Look takes a glance at a message, sound or not. It allocates nothing and looks at
// the head only.
func Look(data []byte) Glance {
	var g Glance
	line, rest := cutLine(bytes.TrimLeft(data, "\r\n"))
	if after, ok := bytes.CutPrefix(line, []byte("SIP/2.0 ")); ok {
		text, _, _ := bytes.Cut(after, []byte(" "))
		if n, err := strconv.Atoi(string(text)); err == nil && n >= 100 && n <= 699 {
			g.Status = n
		}
	} else if method, _, ok := bytes.Cut(line, []byte(" ")); ok {
		g.Method = method
	}
	for len(rest) > 0 && (g.CallID == nil || g.Method == nil) {
		if line, rest = cutLine(rest); len(line) == 0 {
			break
		}
		switch line[0] {
		case 'C', 'c', 'i', 'I':
			g.take(line)
		}
	}
	return g
}

// take reads a header line if it is one that a glance wants.
func (g *Glance) take(line []byte) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return
	}
	name, value = bytes.TrimRight(name, " \t"), bytes.Trim(value, " \t")
	switch {
	case g.CallID == nil && (bytes.EqualFold(name, []byte("Call-ID")) || bytes.EqualFold(name, []byte("i"))):
		g.CallID = value
	case g.Method == nil && bytes.EqualFold(name, []byte("CSeq")):
		if at := bytes.LastIndexAny(value, " \t"); at >= 0 {
			g.Method = value[at+1:]
		}
	}
}

func cutLine(data []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(data, headEnd[1:2])
	return bytes.TrimSuffix(line, headEnd[:1]), rest
}
