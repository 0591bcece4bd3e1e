package leg

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transaction"
)

// maxKeys bounds the digits of a party that wait to be sent by INFO.
const maxKeys = 64

// Keys is how a party says digits, and wants them said.
type Keys uint8

// The ways.
const (
	KeysAuto  Keys = iota // events if they are negotiated, else INFO if it takes that, else tones
	KeysEvent             // telephone-event (RFC 4733); tones where that is not negotiated
	KeysInfo              // SIP INFO
	KeysTone              // tones in the sound
)

// KeysOf reads "auto", "rfc4733", "info" and "inband"; anything else is auto.
func KeysOf(name string) Keys {
	return map[string]Keys{"rfc4733": KeysEvent, "info": KeysInfo, "inband": KeysTone}[name]
}

// informing is the digits that a party is sent by INFO, one after the other so that they
// keep their order.
type informing struct {
	waiting []byte
	tx      *transaction.Client // of the first, which was sent
}

// TakesKeys tells whether the party can be sent digits by INFO: it has said that it takes
// that, and has not refused any.
func (l *Leg) TakesKeys() bool { return l.byInfo && !l.noKeys && l.Talking() }

// SendKey sends a digit by INFO (application/dtmf-relay). It is false if the party cannot
// be sent any now. Unkeyed follows if it refuses.
func (l *Leg) SendKey(now time.Time, w Wire, digit byte) bool {
	if l.noKeys || !l.Talking() {
		return false
	}
	if l.informing == nil {
		l.informing = new(informing)
	}
	if len(l.informing.waiting) >= maxKeys {
		return false
	}
	l.informing.waiting = append(l.informing.waiting, digit)
	if len(l.informing.waiting) == 1 {
		l.sendKeys(now, w)
	}
	return true
}

// sendKeys sends the digit that is the first of those that wait.
func (l *Leg) sendKeys(now time.Time, w Wire) {
	flow := l.way(w, l.Dialog)
	req := l.Dialog.Request(sip.INFO, flow, l.branch())
	req.AppendHeader(sip.NewHeader("User-Agent", Product))
	req.AppendHeader(sip.NewHeader("Content-Type", "application/dtmf-relay"))
	body := []byte("Signal=" + string(rune(l.informing.waiting[0])) + "\r\nDuration=100\r\n")
	length := sip.ContentLengthHeader(len(body))
	req.AppendHeader(&length)
	req.SetBody(body)
	l.informing.tx = l.start(now, w, req, flow)
}

// keyed takes the final answer to an INFO, or its absence as 408. A party that refuses one
// is sent none any more.
func (l *Leg) keyed(now time.Time, w Wire, tx *transaction.Client, status int) Event {
	k := l.informing
	if k == nil || status < 200 || tx == nil || tx != k.tx || !l.Talking() {
		return Event{}
	}
	if status >= 300 {
		l.informing, l.noKeys = nil, true
		return Event{Kind: Unkeyed, Digits: string(k.waiting)}
	}
	if k.waiting = k.waiting[1:]; len(k.waiting) == 0 {
		l.informing = nil
		return Event{}
	}
	l.sendKeys(now, w)
	return Event{}
}
