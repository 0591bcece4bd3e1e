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

// reasonFor is the Reason header (RFC 3326) of a BYE or CANCEL.
func reasonFor(v cause.Verdict) string {
	if v.Q850 == Elsewhere {
		return `SIP;cause=200;text="Call completed elsewhere"`
	}
	return "Q.850;cause=" + strconv.Itoa(v.Cause())
}

// q850 is the Reason of a response.
func q850(n int) sip.Header { return sip.NewHeader("Reason", "Q.850;cause="+strconv.Itoa(n)) }

// Q850Of reads the Q.850 cause of a Reason header, or 0. Where only a SIP status
// stands there, it is the cause that this means; 200 is Elsewhere.
func Q850Of(msg sip.Message) int {
	bySIP := 0
	for _, line := range message.Headers(msg, "Reason") {
		for value := range message.Values(line) {
			protocol, rest, _ := strings.Cut(value, ";")
			params, err := message.ParseParams(rest)
			if err != nil {
				continue
			}
			text, _ := message.Param(params, "cause")
			n, err := strconv.Atoi(text)
			switch protocol = strings.TrimSpace(protocol); {
			case err != nil:
			case strings.EqualFold(protocol, "Q.850") && n > 0 && n < 128:
				return n
			case !strings.EqualFold(protocol, "SIP") || bySIP != 0:
			case n == 200:
				bySIP = Elsewhere
			case n >= 300 && n < 700:
				bySIP = cause.FromStatus(n)
			}
		}
	}
	return bySIP
}
