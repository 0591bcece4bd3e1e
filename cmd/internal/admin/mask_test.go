package admin

import (
	"strings"
	"testing"
	"time"

	"strowger/configs"
	"strowger/sip/b2bua"
	"strowger/sip/exchange"
)

// TestMaskElsewhere: the call's node opens the window; who opened it is told the digits,
// once it is closed, and nobody else is: not the audit either.
func TestMaskElsewhere(t *testing.T) {
	known := nodeWith("demo", "a", time.Now())
	calls := []exchange.Call{{}}
	for body, c := range map[string]struct {
		answer knowledge
		status int
		says   string
	}{
		`{}`:                                     {knowledge{Calls: calls}, 200, `"open":true`},
		`{"collect":4,"until":"#","seconds":60}`: {knowledge{Calls: calls}, 200, `"digits":"4929"`},
		`{"leg":2}`:                              {knowledge{Refused: "A transfer is under way", Calls: calls}, 409, "call a: A transfer is under way"},
		`{"leg":3}`:                              {knowledge{}, 404, "there is no call"},
		`{"collect":33}`:                         {knowledge{}, 400, "between 1 and 32 digits"},
		`{"until":"x"}`:                          {knowledge{}, 400, "until is no key"},
		`{"seconds":601}`:                        {knowledge{}, 400, "1 to 600"},
		`{"digits":"1"}`:                         {knowledge{}, 400, "digits"},
	} {
		t.Run(body, func(t *testing.T) {
			s := newServer(t, configs.Config{})
			var told *payment
			polls := 0
			s.cfg.Peers = others{"node-2": func(q question) knowledge {
				switch q.About {
				case callMask:
					told = q.Payment
					return c.answer
				case callDigits:
					if polls++; polls < 3 {
						return knowledge{Calls: calls, Collected: &b2bua.Collected{Leg: 1, Open: true, Count: polls}}
					}
					if q.Payment.ID != told.Window.ID {
						return knowledge{}
					}
					return knowledge{Calls: calls, Collected: &b2bua.Collected{Leg: 1, By: "digits", Count: 4, Digits: "4929"}}
				default:
					return known(q)
				}
			}}
			const path = "/v1/tenants/demo/calls/a/mask"
			code, answer := ask(s, s.token(t, operator, "demo"), "POST", path, body)
			if code != c.status || !strings.Contains(strings.ReplaceAll(answer, " ", ""), strings.ReplaceAll(c.says, " ", "")) {
				t.Errorf("%d %s", code, answer)
			}
			if asked := code != 400; asked != (told != nil) || asked && (told.Leg == 0 || told.Window.ID == "") {
				t.Errorf("the node was asked %+v", told)
			}
			if told != nil {
				if audit := auditText(t, s); !strings.Contains(audit, `"action":"call.mask"`) || strings.Contains(audit, "4929") {
					t.Errorf("audit: %s", audit)
				}
			}
			if code, _ := ask(s, s.token(t, viewer, "demo"), "POST", path, body); code != 403 {
				t.Errorf("a viewer: %d", code)
			}
		})
	}
}
