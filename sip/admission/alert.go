package admission

import (
	"github.com/emiago/sipgo/sip"

	"strowger/sip/seat"
)

// alerting tells the phones of a seat how to ring, or to answer by themselves. There
// is no one way that every phone knows: Call-Info is for Snom, Yealink, Grandstream
// and Cisco, Alert-Info for Yealink, Polycom and Aastra, Answer-Mode is RFC 5373.
func alerting(s seat.Seat, host string) []sip.Header {
	var headers []sip.Header
	if s.AutoAnswer {
		headers = append(
			headers,
			sip.NewHeader("Call-Info", "<sip:"+host+">;answer-after=0"),
			sip.NewHeader("Alert-Info", "<http://"+host+"/>;info=alert-autoanswer;delay=0"),
			sip.NewHeader("Answer-Mode", "Auto"),
		)
	} else if s.Ring != "" {
		headers = append(headers, sip.NewHeader("Alert-Info", "<http://"+host+"/"+s.Ring+">;info="+s.Ring))
	}
	return headers
}
