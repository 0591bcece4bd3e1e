package transaction

import (
	"slices"
	"strconv"

	"github.com/emiago/sipgo/sip"
)

// writer lets sipgo's messages write themselves behind a slice.
type writer []byte

// WriteString appends s.
func (w *writer) WriteString(s string) (int, error) {
	*w = append(*w, s...)
	return len(s), nil
}

func (w *writer) header(h sip.Header) {
	h.StringWrite(w)
	*w = append(*w, "\r\n"...)
}

func (w *writer) headers(msg sip.Message, name string) {
	for _, h := range msg.GetHeaders(name) {
		w.header(h)
	}
}

// appendReply appends a response without a body to req (RFC 3261 section 8.2.6).
// tag is the To tag if the request has none; "" adds none, which only a 100 may.
func appendReply(dst []byte, req *sip.Request, status int, reason, tag string) []byte {
	w := writer(dst)
	w = append(w, "SIP/2.0 "...)
	w = strconv.AppendInt(w, int64(status), 10)
	w = append(w, ' ')
	w = append(w, reason...)
	w = append(w, "\r\n"...)
	w.headers(req, "Via")
	if h := req.From(); h != nil {
		w.header(h)
	}
	if h := req.To(); h != nil {
		h.StringWrite(&w)
		if tag != "" && param(h.Params, "tag") == "" {
			w = append(w, ";tag="...)
			w = append(w, tag...)
		}
		w = append(w, "\r\n"...)
	}
	if h := req.CallID(); h != nil {
		w.header(h)
	}
	if h := req.CSeq(); h != nil {
		w.header(h)
	}
	if status == sip.StatusTrying {
		w.headers(req, "Timestamp")
	}
	return append(w, "Content-Length: 0\r\n\r\n"...)
}

// pieces are the serialised parts of an INVITE that its ACK and CANCEL repeat.
type pieces struct {
	line  []byte // " uri SIP/2.0" and the headers that both repeat
	to    []byte // the To line of the INVITE
	proof []byte // the credentials, which ACK repeats (RFC 3261 section 22.1)
	seq   uint32
}

func newPieces(req *sip.Request) *pieces {
	p := new(pieces)
	w := make(writer, 0, 512)
	w = append(w, ' ')
	req.Recipient.StringWrite(&w)
	w = append(w, " SIP/2.0\r\n"...)
	w.header(req.Via())
	w.headers(req, "Route")
	w = append(w, "Max-Forwards: 70\r\n"...)
	if h := req.From(); h != nil {
		w.header(h)
	}
	if h := req.CallID(); h != nil {
		w.header(h)
	}
	n := len(w)
	if h := req.To(); h != nil {
		w.header(h)
	}
	m := len(w)
	w.headers(req, "Authorization")
	w.headers(req, "Proxy-Authorization")
	if h := req.CSeq(); h != nil {
		p.seq = h.SeqNo
	}
	w = slices.Clone(w)
	p.line, p.to, p.proof = w[:n], w[n:m], w[m:]
	return p
}

// ack is the ACK of a response that is no 2xx (RFC 3261 section 17.1.1.3).
func (p *pieces) ack(res *sip.Response) []byte {
	w := make(writer, 0, len(p.line)+len(p.proof)+len(p.to)+96)
	w = append(w, sip.ACK...)
	w = append(w, p.line...)
	if h := res.To(); h != nil {
		w.header(h)
	}
	w = append(w, p.proof...)
	return p.finish(w, sip.ACK)
}

// cancel is the CANCEL (RFC 3261 section 9.1); reason is a Reason header's value
// (RFC 3326), "" for none.
func (p *pieces) cancel(reason string) []byte {
	w := make(writer, 0, len(p.line)+len(p.to)+len(reason)+96)
	w = append(w, sip.CANCEL...)
	w = append(w, p.line...)
	w = append(w, p.to...)
	if reason != "" {
		w = append(w, "Reason: "...)
		w = append(w, reason...)
		w = append(w, "\r\n"...)
	}
	return p.finish(w, sip.CANCEL)
}

func (p *pieces) finish(w writer, method sip.RequestMethod) []byte {
	w = append(w, "CSeq: "...)
	w = strconv.AppendUint(w, uint64(p.seq), 10)
	w = append(w, ' ')
	w = append(w, method...)
	return append(w, "\r\nContent-Length: 0\r\n\r\n"...)
}
