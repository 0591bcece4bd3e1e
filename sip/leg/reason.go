package leg

import (
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
	"strowger/sip/message"
)

// Elsewhere is the Q.850 cause of a call that another phone has taken, so that
// this one does not show it as missed (RFC 3326).
const Elsewhere = 26

// Limits of what is passed on of a party's Reason; what is beyond them is left out.
const (
	maxReasons  = 4   // values
	maxProtocol = 32  // bytes of a protocol or location
	maxText     = 128 // bytes of a text
)

// reasonFor is the Reason header (RFC 3326) of a BYE, CANCEL or refusal: what the other
// party said, or our own.
func reasonFor(v cause.Verdict) string {
	switch {
	case v.Said != "":
		return v.Said
	case v.Q850 == Elsewhere:
		return `SIP;cause=200;text="Call completed elsewhere"`
	}
	return q850(v.Cause())
}

func q850(n int) string { return "Q.850;cause=" + strconv.Itoa(n) }

// reasoned is a verdict with the Reason of the message that it comes of.
func reasoned(msg sip.Message, v cause.Verdict) cause.Verdict {
	v.Q850, v.Said = reasonOf(msg)
	return v
}

// reasonOf reads the Reason of a message: its Q.850 cause, or 0, and the header as it is
// passed on, with that cause in any case; "" if there is none. Where only a SIP status
// stands there, the cause is the one that this means; 200 is Elsewhere.
func reasonOf(msg sip.Message) (isdn int, said string) {
	var values []string
	bySIP, has := 0, false
	for _, line := range message.Headers(msg, "Reason") {
		for value := range message.Values(line) {
			protocol, text, n := reasonValue(value)
			switch {
			case text == "":
				continue
			case protocol == "Q.850" && isdn == 0:
				isdn = n
			case protocol == "SIP" && bySIP == 0 && n == 200:
				bySIP = Elsewhere
			case protocol == "SIP" && bySIP == 0 && n >= 300:
				bySIP = cause.FromStatus(n)
			}
			if len(values) < maxReasons {
				values = append(values, text)
				has = has || protocol == "Q.850"
			}
		}
	}
	if isdn == 0 {
		isdn = bySIP
	}
	said = strings.Join(values, ", ")
	if isdn != 0 && isdn != Elsewhere && !has {
		said += ", " + q850(isdn)
	}
	return isdn, said
}

// reasonValue reads one value, and writes it with what we know of it: cause, text, and
// the location of RFC 8606. text is "" if it makes no sense.
func reasonValue(value string) (protocol, text string, n int) {
	protocol, rest, _ := strings.Cut(value, ";")
	protocol = strings.TrimSpace(protocol)
	params, err := message.ParseParams(rest)
	if err != nil || len(protocol) > maxProtocol || !message.IsToken(protocol) {
		return protocol, "", 0
	}
	low, high := 0, 1<<16-1
	switch {
	case strings.EqualFold(protocol, "Q.850"):
		protocol, low, high = "Q.850", 1, 127
	case strings.EqualFold(protocol, "SIP"):
		protocol, low, high = "SIP", 200, 699
	}
	digits, _ := message.Param(params, "cause")
	n, err = strconv.Atoi(digits)
	if err != nil || n < low || n > high {
		return protocol, "", 0
	}
	text = protocol + ";cause=" + strconv.Itoa(n)
	if said, ok := message.Param(params, "text"); ok {
		text += `;text="` + message.Quote(shortened(said)) + `"`
	}
	if location, _ := message.Param(params, "location"); message.IsToken(location) && len(location) <= maxProtocol {
		text += ";location=" + location
	}
	return protocol, text, n
}

// shortened is a text with no more than maxText bytes, of whole characters.
func shortened(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(s, "")
}
