package message

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Replaces names a dialog as who is to let it go knows it (RFC 3891): its own tag is
// ToTag.
type Replaces struct {
	CallID, ToTag, FromTag string
	EarlyOnly              bool // a dialog that was answered is not meant
}

// ParseReplaces reads the value of a Replaces header.
func ParseReplaces(value string) (r Replaces, ok bool) {
	id, rest, _ := strings.Cut(value, ";")
	r.CallID = trim(id)
	var params sip.HeaderParams
	if r.CallID == "" || rest == "" || parseParams(rest, &params) != nil {
		return r, false
	}
	r.ToTag, _ = Param(params, "to-tag")
	r.FromTag, _ = Param(params, "from-tag")
	_, r.EarlyOnly = Param(params, "early-only")
	return r, r.ToTag != "" && r.FromTag != ""
}

// String is the value of a Replaces header.
func (r Replaces) String() string {
	s := r.CallID + ";to-tag=" + r.ToTag + ";from-tag=" + r.FromTag
	if r.EarlyOnly {
		s += ";early-only"
	}
	return s
}

// Replaced is the dialog that an INVITE names in its Replaces header. found is false
// if it has none; it is not ok if there are several or it cannot be read.
func Replaced(req *sip.Request) (r Replaces, found, ok bool) {
	values := Headers(req, "Replaces")
	if len(values) == 0 {
		return r, false, true
	}
	r, ok = ParseReplaces(values[0])
	return r, true, ok && len(values) == 1
}
