package leg

import (
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestQ850Of(t *testing.T) {
	for name, tt := range map[string]struct {
		values []string
		want   int
	}{
		"none":                {nil, 0},
		"q850":                {[]string{"Q.850;cause=31"}, 31},
		"spaces and case":     {[]string{" q.850 ; text=x; Cause = 31 "}, 31},
		"with text":           {[]string{`Q.850;cause=16;text="Terminated; cause=3, Q.850;cause=1"`}, 16},
		"text first":          {[]string{`Q.850;text="cause=3";cause=17`}, 17},
		"elsewhere":           {[]string{`SIP;cause=200;text="Call completed elsewhere"`}, Elsewhere},
		"beside SIP":          {[]string{"SIP;cause=200, Q.850;cause=41"}, 41},
		"on two lines":        {[]string{"SIP;cause=486", "Q.850;cause=41"}, 41},
		"busy":                {[]string{`SIP;cause=600;text="Busy Everywhere"`}, 17},
		"not found":           {[]string{"sip;cause=404"}, 1},
		"no status":           {[]string{"SIP;cause=2000", "SIP;cause=100", "SIP;cause=-200"}, 0},
		"no cause":            {[]string{"Q.850", "Q.850;text=x", "SIP;"}, 0},
		"out of range":        {[]string{"Q.850;cause=0", "Q.850;cause=128", "Q.850;cause=99999999999999999999", "Q.850;cause=-1", "Q.850;cause=1x"}, 0},
		"another protocol":    {[]string{"preemption;cause=1", "X-Q.850;cause=1"}, 0},
		"what cannot be read": {[]string{`Q.850;cause=16;text="open`, "SIP;cause=480"}, 18},
	} {
		msg := sip.NewRequest(sip.BYE, sip.Uri{Host: "x"})
		for _, v := range tt.values {
			msg.AppendHeader(sip.NewHeader("Reason", v))
		}
		if got := Q850Of(msg); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
