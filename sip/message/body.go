package message

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Limits of a multipart body. What is beyond them is not looked at.
const (
	maxParts = 16 // in all levels together
	maxDepth = 3  // multipart within multipart
)

// Session is the session description of a message, from its body or a part of it
// (RFC 5621); nil if there is none. understood is false if there is something that
// the sender wants understood and that is not: a body of another type or encoding, or
// a part that says handling=required (RFC 3261 section 8.2.3). A part that says
// nothing is left out instead, since many carriers add one that only their own
// equipment reads.
func Session(msg sip.Message) (sdp []byte, understood bool) {
	if len(msg.Body()) == 0 {
		return nil, true
	}
	b := body{
		kind: Header(msg, "Content-Type"), encoding: Header(msg, "Content-Encoding"),
		disposition: Header(msg, "Content-Disposition"), data: msg.Body(),
	}
	parts := maxParts
	sdp, understood = b.session(maxDepth, &parts)
	return sdp, understood || b.handling() == "optional"
}

// body is that of a message, or a part.
type body struct {
	kind, encoding, disposition string // headers
	data                        []byte
}

// session looks for the description. depth and parts are what is left of the limits.
func (b body) session(depth int, parts *int) (sdp []byte, understood bool) {
	kind, _, _ := strings.Cut(b.kind, ";")
	kind = lower(trim(kind))
	for encoding := range strings.SplitSeq(b.encoding, ",") {
		if e := lower(trim(encoding)); e != "" && e != "identity" {
			return nil, false
		}
	}
	switch {
	case kind == "application/sdp":
		purpose, _, _ := strings.Cut(b.disposition, ";")
		if lower(trim(purpose)) == "early-session" { // RFC 3959: of another exchange
			return nil, false
		}
		return b.data, true
	case strings.HasPrefix(kind, "multipart/") && depth > 0:
		return b.multipart(kind, depth-1, parts)
	}
	return nil, false
}

// multipart takes the first description of the parts, of alternatives the last that
// is understood (RFC 2046 section 5.1.4).
func (b body) multipart(kind string, depth int, parts *int) (sdp []byte, understood bool) {
	_, params, err := mime.ParseMediaType(b.kind)
	if err != nil || params["boundary"] == "" {
		return nil, false
	}
	alternative := kind == "multipart/alternative"
	understood = !alternative
	reader := multipart.NewReader(bytes.NewReader(b.data), params["boundary"])
	for ; *parts > 0; *parts-- {
		part, err := reader.NextRawPart()
		if err != nil {
			return sdp, understood && (err == io.EOF || sdp != nil)
		}
		one := body{
			kind: part.Header.Get("Content-Type"), encoding: part.Header.Get("Content-Encoding"),
			disposition: part.Header.Get("Content-Disposition"),
		}
		if plain(part.Header.Get("Content-Transfer-Encoding")) {
			one.data, _ = io.ReadAll(part) // of what lacks its end, what is there
		} else {
			one.kind = ""
		}
		found, ok := one.session(depth, parts)
		switch {
		case ok && (sdp == nil || alternative) && found != nil:
			sdp, understood = found, true
		case !ok && !alternative && one.handling() == "required":
			return nil, false
		}
	}
	return sdp, understood
}

// plain tells whether a transfer encoding leaves the bytes as they are.
func plain(encoding string) bool {
	switch lower(trim(encoding)) {
	case "", "binary", "8bit", "7bit":
		return true
	}
	return false
}

// handling is the parameter of Content-Disposition, "" if it does not say.
func (b body) handling() string {
	_, params, _ := strings.Cut(b.disposition, ";")
	for param := range strings.SplitSeq(params, ";") {
		if name, value, _ := strings.Cut(param, "="); lower(trim(name)) == "handling" {
			return lower(unquote(trim(value)))
		}
	}
	return ""
}

// Accepts tells whether a response to the message may carry a session description
// (RFC 3261 section 20.1).
func Accepts(msg sip.Message) bool {
	lines := Headers(msg, "Accept")
	for _, kind := range List(msg, "Accept") {
		kind, _, _ = strings.Cut(kind, ";")
		switch lower(trim(kind)) {
		case "application/sdp", "application/*", "*/*":
			return true
		}
	}
	return len(lines) == 0
}
