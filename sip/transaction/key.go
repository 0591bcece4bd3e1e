package transaction

import (
	"hash/maphash"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// separator stands between the parts of a key; no header value can hold it.
const separator = '\n'

// appendServerKey appends the key of the server transaction that a request with
// this method belongs to: RFC 3261 section 17.2.3. It reports false if the
// request lacks what a key is made of.
func appendServerKey(dst []byte, req *sip.Request, method sip.RequestMethod) ([]byte, bool) {
	via := req.Via()
	if via == nil {
		return dst, false
	}
	branch := message.ViaBranch(req)
	if !modern(branch) {
		return appendOldKey(dst, req, via, method)
	}
	dst = appendFolded(dst, branch)
	dst = append(dst, separator)
	dst = appendFolded(dst, via.Host)
	dst = append(dst, separator)
	dst = strconv.AppendInt(dst, int64(sentByPort(via)), 10)
	dst = append(dst, separator)
	return append(dst, method...), true
}

// appendOldKey is the key for peers of RFC 2543, whose branch says nothing. The
// To tag is left out: an ACK has one that its INVITE had not.
func appendOldKey(dst []byte, req *sip.Request, via *sip.ViaHeader, method sip.RequestMethod) ([]byte, bool) {
	id, cseq := req.CallID(), req.CSeq()
	if id == nil || cseq == nil {
		return dst, false
	}
	dst = append(dst, separator)
	dst = appendFolded(dst, message.FromTag(req))
	dst = append(dst, separator)
	dst = append(dst, *id...)
	dst = append(dst, separator)
	dst = strconv.AppendUint(dst, uint64(cseq.SeqNo), 10)
	dst = append(dst, separator)
	w := writer(dst)
	req.Recipient.StringWrite(&w)
	w = append(w, separator)
	via.StringWrite(&w)
	w = append(w, separator)
	return append(w, method...), true
}

// appendClientKey appends the key of the client transaction that a message with
// this method belongs to: RFC 3261 section 17.1.3.
func appendClientKey(dst []byte, msg sip.Message, method sip.RequestMethod) ([]byte, bool) {
	branch := message.ViaBranch(msg)
	if !modern(branch) {
		return dst, false
	}
	dst = appendFolded(dst, branch)
	dst = append(dst, separator)
	return append(dst, method...), true
}

// origin is what a request has in common with its copies that came by another
// path (RFC 3261 section 8.2.2.2).
type origin struct {
	fromTag, callID string
	seq             uint32
	method          sip.RequestMethod
}

// mergeKey is the hash of a request's origin; 0 if the question does not arise,
// as it has a To tag.
func (t *Table) mergeKey(req *sip.Request) uint64 {
	id, cseq := req.CallID(), req.CSeq()
	if id == nil || cseq == nil || message.ToTag(req) != "" {
		return 0
	}
	tag := strings.ToLower(message.FromTag(req))
	return maphash.Comparable(t.seed, origin{tag, string(*id), cseq.SeqNo, req.Method})
}

// modern tells whether a branch is unique by RFC 3261: it has the magic cookie
// and something behind it.
func modern(branch string) bool {
	const cookie = sip.RFC3261BranchMagicCookie
	return len(branch) > len(cookie) && strings.EqualFold(branch[:len(cookie)], cookie)
}

// sentByPort is the port of a Via, with the default filled in.
func sentByPort(via *sip.ViaHeader) int {
	switch {
	case via.Port > 0:
		return via.Port
	case strings.EqualFold(via.Transport, "TLS"):
		return 5061
	}
	return 5060
}

// appendFolded appends s in lower case: tokens and hosts are compared without it
// (RFC 3261 section 7.3.1).
func appendFolded(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
