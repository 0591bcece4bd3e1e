package leg

import (
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestInfoDigit(t *testing.T) {
	for _, c := range []struct {
		kind, body string
		digit      byte
		known      bool
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5', true},
		{"Application/DTMF-Relay;charset=utf-8", "signal= # \nDuration= 100", '#', true},
		{"application/dtmf-relay", "Duration=100\r\nSignal = d", 'D', true},
		{"application/dtmf-relay", "Signal=10", '*', true},
		{"application/dtmf-relay", "Signal=11", '#', true},
		{"application/dtmf-relay", "Signal=16", 0, true}, // hook flash
		{"application/dtmf-relay", "Signal=-1", 0, true},
		{"application/dtmf-relay", "Duration=5", 0, true},
		{"application/dtmf-relay", "", 0, true},
		{"application/dtmf", "1", '1', true},
		{"application/dtmf", "\r\n*\r\n", '*', true},
		{"application/dtmf", "12345", 0, true},
		{"application/dtmf-extra", "1", 0, false},
		{"application/media_control+xml", "<x/>", 0, false},
		{"", "", 0, false},
	} {
		req := sip.NewRequest(sip.INFO, sip.Uri{})
		req.AppendHeader(sip.NewHeader("Content-Type", c.kind))
		req.SetBody([]byte(c.body))
		if digit, known := infoDigit(req); digit != c.digit || known != c.known {
			t.Errorf("%s %q is %q, %t", c.kind, c.body, digit, known)
		}
	}
}
