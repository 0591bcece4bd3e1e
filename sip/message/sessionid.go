package message

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// NilUUID is the UUID of a Session-ID that is not known (RFC 7989 section 4.1).
const NilUUID = "00000000000000000000000000000000"

// SessionID are the UUIDs of a Session-ID header (RFC 7989): the sender's and that of
// whom it talks to, "" if it is not known. ok is false if there is no such header, or
// one that cannot be read or knows not even the sender.
func SessionID(msg sip.Message) (local, remote string, ok bool) {
	return readSessionID(Header(msg, "Session-ID"))
}

func readSessionID(value string) (local, remote string, ok bool) {
	local, params, _ := strings.Cut(value, ";")
	if local, ok = uuid(trim(local)); !ok {
		return "", "", false
	}
	for params != "" {
		var one string
		one, params, _ = strings.Cut(params, ";")
		if k, v, _ := strings.Cut(one, "="); strings.EqualFold(trim(k), "remote") {
			remote, _ = uuid(trim(v))
		}
	}
	return local, remote, true
}

// uuid is 32 hexadecimal digits in lower case that are not all 0.
func uuid(s string) (string, bool) {
	if len(s) != len(NilUUID) || s == NilUUID {
		return "", false
	}
	for i := range len(s) {
		if hexDigit(s[i]) < 0 {
			return "", false
		}
	}
	return lower(s), true
}

// SessionIDHeader is the header for a message whose sender is known by one UUID, and
// whom it goes to by another; "" for either is not known.
func SessionIDHeader(local, remote string) sip.Header {
	if local == "" {
		local = NilUUID
	}
	if remote == "" {
		remote = NilUUID
	}
	return sip.NewHeader("Session-ID", local+";remote="+remote)
}
