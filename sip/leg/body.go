package leg

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transaction"
)

// Accept lists the types of body that an INVITE or UPDATE may have.
const Accept = "application/sdp, multipart/mixed, multipart/alternative, multipart/related"

// acceptInfo lists those of an INFO.
const acceptInfo = "application/dtmf-relay, application/dtmf"

// Unreadable tells with which status and headers a request is refused for its body,
// or for what the answer may have as one (RFC 3261 sections 8.2.3 and 21.4.7); 0 if
// it is not.
func Unreadable(req *sip.Request) (status int, headers []sip.Header) {
	if _, understood := message.Session(req); !understood {
		return 415, []sip.Header{sip.NewHeader("Accept", Accept), sip.NewHeader("Accept-Encoding", "identity")}
	}
	if req.Method == sip.INVITE && !message.Accepts(req) {
		return 406, nil
	}
	return 0, nil
}

// offers tells whether a request may carry SDP.
func offers(req *sip.Request) bool {
	return req.Method == sip.INVITE || req.Method == sip.UPDATE || req.Method == sip.PRACK
}

// refuseBody answers a request that is Unreadable.
func (l *Leg) refuseBody(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) bool {
	status, headers := Unreadable(req)
	if status == 0 {
		return false
	}
	l.answerWith(now, w, tx, req, status, headers...)
	return true
}

// answerWith answers a request with a status and headers.
func (l *Leg) answerWith(now time.Time, w Wire, tx *transaction.Server, req *sip.Request, status int, headers ...sip.Header) {
	res := l.respond(req, status, "", nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	w.Respond(now, tx, res)
}

// sdpBody is the SDP of a message, or nil.
func sdpBody(msg sip.Message) []byte {
	sdp, _ := message.Session(msg)
	return sdp
}

// informed takes an INFO: a digit, nothing at all, or what we do not know (RFC 6086
// section 4.2.2).
func (l *Leg) informed(now time.Time, w Wire, tx *transaction.Server, req *sip.Request) Event {
	digit, known := infoDigit(req)
	switch {
	case message.Header(req, "Info-Package") != "":
		l.answerWith(now, w, tx, req, 469, sip.NewHeader("Recv-Info", ""))
		return Event{}
	case !known && len(req.Body()) > 0:
		l.answerWith(now, w, tx, req, 415, sip.NewHeader("Accept", acceptInfo))
		return Event{}
	}
	w.Respond(now, tx, l.respond(req, 200, "", nil))
	if digit == 0 || !l.Live() {
		return Event{}
	}
	return Event{Kind: Digit, Digit: digit}
}

// infoDigit reads the digit of an INFO with application/dtmf-relay or
// application/dtmf; 0 if there is none. known is false if the body is another.
func infoDigit(req *sip.Request) (digit byte, known bool) {
	kind, _, _ := strings.Cut(message.Header(req, "Content-Type"), ";")
	body := strings.ToUpper(strings.TrimSpace(string(req.Body())))
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/dtmf-relay":
		_, body, _ = strings.Cut(body, "SIGNAL")
		body = strings.TrimSpace(body)
		body, _ = strings.CutPrefix(body, "=")
		body, _, _ = strings.Cut(strings.TrimSpace(body), "\n")
		body = strings.TrimSpace(body)
	case "application/dtmf":
	default:
		return 0, false
	}
	const digits = "0123456789*#ABCD"
	if n, err := strconv.Atoi(body); err == nil && n >= 0 && n < len(digits) { // some write the event number (RFC 4733)
		return digits[n], true
	}
	if len(body) == 1 && strings.Contains(digits, body) {
		return body[0], true
	}
	return 0, true
}
