package transaction

import (
	"bytes"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// writer lets sipgo's values write themselves behind a slice.
type writer []byte

// WriteString appends s.
func (w *writer) WriteString(s string) (int, error) {
	*w = append(*w, s...)
	return len(s), nil
}

// appendReply appends a response without a body to req (RFC 3261 section 8.2.6).
// tag is the To tag if the request has none; "" adds none, which only a 100 may.
func appendReply(dst []byte, req *sip.Request, status int, tag string) []byte {
	return message.Append(dst, message.NewResponse(req, status, "", tag))
}

// pieces are the parts of a serialised INVITE that its ACK and CANCEL repeat.
type pieces struct {
	shared []byte // " uri SIP/2.0" and the headers that both repeat
	to     []byte // the To line of the INVITE
	proof  []byte // the credentials, which ACK repeats (RFC 3261 section 22.1)
	cseq   []byte // "CSeq: number "
}

// newPieces cuts an INVITE, as message.Append wrote it.
func newPieces(invite []byte) *pieces {
	p := new(pieces)
	head, _, _ := bytes.Cut(invite, []byte("\r\n\r\n"))
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	p.shared = appendLine(make([]byte, 0, 384), line[len(sip.INVITE):])
	p.shared = appendLine(p.shared, []byte("Max-Forwards: 70"))
	vias := 0
	for line := range bytes.SplitSeq(rest, []byte("\r\n")) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch string(bytes.ToLower(name)) {
		case "via":
			if vias++; vias == 1 {
				p.shared = appendLine(p.shared, line)
			}
		case "route", "from", "call-id", "session-id":
			p.shared = appendLine(p.shared, line)
		case "to":
			p.to = appendLine(nil, line)
		case "cseq":
			p.cseq = bytes.Clone(bytes.TrimSuffix(line, []byte(sip.INVITE)))
		case "authorization", "proxy-authorization":
			p.proof = appendLine(p.proof, line)
		}
	}
	return p
}

// ack is the ACK of a response that is no 2xx (RFC 3261 section 17.1.1.3).
func (p *pieces) ack(res *sip.Response) []byte {
	w := make(writer, 0, len(p.shared)+len(p.proof)+len(p.to)+96)
	w = append(w, sip.ACK...)
	w = append(w, p.shared...)
	if h := res.To(); h != nil {
		h.StringWrite(&w)
		w = append(w, "\r\n"...)
	}
	w = append(w, p.proof...)
	return p.finish(w, sip.ACK)
}

// cancel is the CANCEL (RFC 3261 section 9.1); reason is a Reason header's value
// (RFC 3326), "" for none. A line end in it, which would begin another header, is
// written as a space.
func (p *pieces) cancel(reason string) []byte {
	w := make([]byte, 0, len(p.shared)+len(p.to)+len(reason)+96)
	w = append(w, sip.CANCEL...)
	w = append(w, p.shared...)
	w = append(w, p.to...)
	if reason != "" {
		w = append(w, "Reason: "...)
		w = append(w, strings.NewReplacer("\r", " ", "\n", " ").Replace(reason)...)
		w = append(w, "\r\n"...)
	}
	return p.finish(w, sip.CANCEL)
}

func (p *pieces) finish(w []byte, method sip.RequestMethod) []byte {
	w = append(w, p.cseq...)
	w = append(w, method...)
	return append(w, "\r\nContent-Length: 0\r\n\r\n"...)
}

func appendLine(dst, line []byte) []byte {
	return append(append(dst, line...), "\r\n"...)
}
