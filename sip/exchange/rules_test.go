package exchange

import (
	"fmt"
	"testing"

	"strowger/sip/leg"
)

func TestRuleFor(t *testing.T) {
	carrier := leg.Party{Kind: leg.Trunk, Name: "carrier", Tenant: "demo"}
	seat := func(n string) leg.Party { return leg.Party{Kind: leg.Seat, Name: n, Tenant: "demo"} }
	rules := []RecordRule{
		{Seats: "10X1", Tenant: "demo", Percent: 100, Announce: "first"},
		{Seats: "2001", Tenant: "other", Percent: 100},
		{Trunk: "carrier", Percent: 100, Announce: "second"},
	}
	for name, c := range map[string]struct {
		parties []leg.Party
		want    string // announcement; "-" is no rule
	}{
		"a pattern":           {[]leg.Party{seat("1011"), seat("1002")}, "first"},
		"either side":         {[]leg.Party{seat("1002"), seat("1001")}, "first"},
		"no digit":            {[]leg.Party{seat("10*1"), seat("1002")}, "-"},
		"longer":              {[]leg.Party{seat("10111"), seat("1002")}, "-"},
		"another tenant":      {[]leg.Party{seat("2001"), seat("1002")}, "-"},
		"a trunk":             {[]leg.Party{carrier, seat("1002")}, "second"},
		"the first rule":      {[]leg.Party{carrier, seat("1001")}, "first"},
		"a node is nobody":    {[]leg.Party{{Kind: leg.Node, Name: "carrier"}, seat("1002")}, "-"},
		"a seat like a trunk": {[]leg.Party{seat("carrier")}, "-"},
	} {
		got := "-"
		if rule := ruleFor(rules, "call", c.parties...); rule != nil {
			got = rule.Announce
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// A share is that of the calls, and each call is in it or not for good.
func TestShareOfCalls(t *testing.T) {
	carrier := leg.Party{Kind: leg.Trunk, Name: "carrier"}
	for _, percent := range []int{1, 10, 50, 99, 100} {
		rules := []RecordRule{{Trunk: "carrier", Percent: percent}}
		n := 0
		for i := range 10_000 {
			call := fmt.Sprintf("1123-%06d-k3vq9x2m", i)
			if ruleFor(rules, call, carrier) != nil {
				n++
				if ruleFor([]RecordRule{{Trunk: "carrier", Percent: min(percent+1, 100)}}, call, carrier) == nil {
					t.Errorf("call %s is in %d %% and not in one more", call, percent)
				}
			}
		}
		if got := float64(n) / 100; got < float64(percent)-1.5 || got > float64(percent)+1.5 {
			t.Errorf("%.1f %% of the calls, want %d %%", got, percent)
		}
	}
}
