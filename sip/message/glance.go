package message

import "bytes"

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
	for len(data) > 0 && (data[0] == '\r' || data[0] == '\n') {
		data = data[1:]
	}
	var g Glance
	line, rest := cutLine(data)
	g.first(line)
	for len(rest) > 0 && (g.CallID == nil || g.Method == nil) {
		if line, rest = cutLine(rest); len(line) == 0 {
			break
		}
		if c := line[0] | 0x20; c == 'c' || c == 'i' {
			g.take(line)
		}
	}
	return g
}

var colon = []byte(":")

// first reads the first line.
func (g *Glance) first(line []byte) {
	const version = "SIP/2.0 "
	if len(line) >= len(version)+3 && string(line[:len(version)]) == version {
		status := 0
		for _, c := range line[len(version):] {
			if c < '0' || c > '9' || status > 999 {
				break
			}
			status = 10*status + int(c-'0')
		}
		if status >= 100 && status <= 699 {
			g.Status = status
		}
		return
	}
	if end := bytes.IndexByte(line, ' '); end > 0 {
		g.Method = line[:end]
	}
}

// take reads a header line if it is one that a glance wants.
func (g *Glance) take(line []byte) {
	name, value, ok := bytes.Cut(line, colon)
	if !ok {
		return
	}
	name, value = bare(name), bare(value)
	switch {
	case g.CallID == nil && (isName(name, "Call-ID") || isName(name, "i")):
		g.CallID = value
	case g.Method == nil && isName(name, "CSeq"):
		for at := len(value) - 1; at > 0; at-- {
			if value[at] == ' ' || value[at] == '\t' {
				g.Method = value[at+1:]
				return
			}
		}
	}
}

// isName tells whether a header has a name, which most often is spelt as here.
func isName(b []byte, name string) bool {
	return len(b) == len(name) && (string(b) == name || bytes.EqualFold(b, []byte(name)))
}

// bare takes spaces off both ends.
func bare(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

func cutLine(data []byte) (line, rest []byte) {
	end := bytes.IndexByte(data, '\n')
	if end < 0 {
		return data, nil
	}
	line, rest = data[:end], data[end+1:]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	return line, rest
}
