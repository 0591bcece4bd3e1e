package message

import (
	"math"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// RSeq is the number of a reliable provisional response (RFC 3262 section 7.1). It
// is not ok if the response has none or does not require 100rel.
func RSeq(res *sip.Response) (n uint32, ok bool) {
	value := Header(res, "RSeq")
	if value == "" || !HasOption(res, "Require", "100rel") {
		return 0, false
	}
	v, ok := number(trim(value), math.MaxUint32)
	return uint32(v), ok && v > 0
}

// RAck is what a PRACK acknowledges (RFC 3262 section 7.2): the RSeq, CSeq number
// and method of a response. It is not ok if there is no such header or it is none.
func RAck(req *sip.Request) (rseq, cseq uint32, method string, ok bool) {
	f := strings.Fields(Header(req, "RAck"))
	if len(f) != 3 {
		return 0, 0, "", false
	}
	r, rok := number(f[0], math.MaxUint32)
	c, cok := number(f[1], math.MaxUint32)
	return uint32(r), uint32(c), f[2], rok && cok
}
