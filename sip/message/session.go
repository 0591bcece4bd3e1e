package message

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// SessionExpires reads the Session-Expires header (RFC 4028 section 4): the seconds
// and who refreshes, "uac", "uas" or "" if it does not say. A number beyond 32 bits
// is the largest. It is not ok if there is no such header or it is no number.
func SessionExpires(msg sip.Message) (seconds uint32, refresher string, ok bool) {
	value := Header(msg, "Session-Expires")
	if value == "" {
		return 0, "", false
	}
	head, params, _ := strings.Cut(value, ";")
	seconds, ok = delta(head)
	for param := range strings.SplitSeq(params, ";") {
		name, who, _ := strings.Cut(param, "=")
		if lower(trim(name)) != "refresher" {
			continue
		}
		if who = lower(trim(who)); who == "uac" || who == "uas" {
			refresher = who
		}
	}
	return seconds, refresher, ok
}

// MinSE is the value of the Min-SE header in seconds (RFC 4028 section 5), as
// SessionExpires.
func MinSE(msg sip.Message) (seconds uint32, ok bool) {
	head, _, _ := strings.Cut(Header(msg, "Min-SE"), ";")
	return delta(head)
}
