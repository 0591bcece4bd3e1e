package leg

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/cause"
)

// TestReasonOf: the cause that a Reason means, and what of it is passed on.
func TestReasonOf(t *testing.T) {
	const elsewhere = `SIP;cause=200;text="Call completed elsewhere"`
	long, umlauts := strings.Repeat("x", 500), strings.Repeat("x", 127)+"ä"
	for name, tt := range map[string]struct {
		values []string
		want   int
		said   string
	}{
		"none":                {nil, 0, ""},
		"q850":                {[]string{"Q.850;cause=31"}, 31, "Q.850;cause=31"},
		"spaces and case":     {[]string{" q.850 ; text=x; Cause = 31 "}, 31, `Q.850;cause=31;text="x"`},
		"with text":           {[]string{`Q.850;cause=16;text="Terminated; cause=3, Q.850;cause=1"`}, 16, `Q.850;cause=16;text="Terminated; cause=3, Q.850;cause=1"`},
		"text first":          {[]string{`Q.850;text="cause=3";cause=17`}, 17, `Q.850;cause=17;text="cause=3"`},
		"quotes in a text":    {[]string{`Q.850;cause=17;text="a \"b\" \\ c"`}, 17, `Q.850;cause=17;text="a \"b\" \\ c"`},
		"controls in a text":  {[]string{"Q.850;cause=17;text=\"a\tb\x7f\""}, 17, `Q.850;cause=17;text="ab"`},
		"no UTF-8":            {[]string{"Q.850;cause=17;text=\"a\xff\xc3\""}, 17, `Q.850;cause=17;text="a"`},
		"long text":           {[]string{"Q.850;cause=17;text=" + long}, 17, `Q.850;cause=17;text="` + long[:maxText] + `"`},
		"cut in a character":  {[]string{`Q.850;cause=17;text="` + umlauts + `"`}, 17, `Q.850;cause=17;text="` + umlauts[:127] + `"`},
		"location":            {[]string{"Q.850;cause=17;location=LN;x=1"}, 17, "Q.850;cause=17;location=LN"},
		"elsewhere":           {[]string{elsewhere}, Elsewhere, elsewhere},
		"beside SIP":          {[]string{"SIP;cause=200, Q.850;cause=41"}, 41, "SIP;cause=200, Q.850;cause=41"},
		"on two lines":        {[]string{"SIP;cause=486", "Q.850;cause=41"}, 41, "SIP;cause=486, Q.850;cause=41"},
		"busy":                {[]string{`SIP;cause=600;text="Busy Everywhere"`}, 17, `SIP;cause=600;text="Busy Everywhere", Q.850;cause=17`},
		"not found":           {[]string{"sip;cause=404"}, 1, "SIP;cause=404, Q.850;cause=1"},
		"no status":           {[]string{"SIP;cause=2000", "SIP;cause=100", "SIP;cause=-200"}, 0, ""},
		"no cause":            {[]string{"Q.850", "Q.850;text=x", "SIP;"}, 0, ""},
		"out of range":        {[]string{"Q.850;cause=0", "Q.850;cause=128", "Q.850;cause=99999999999999999999", "Q.850;cause=-1", "Q.850;cause=1x"}, 0, ""},
		"another protocol":    {[]string{"preemption;cause=1", "X-Q.850;cause=1"}, 0, "preemption;cause=1, X-Q.850;cause=1"},
		"no protocol":         {[]string{`"x";cause=1`, ";cause=1", "a b;cause=1", long + ";cause=1"}, 0, ""},
		"too many":            {[]string{"a;cause=1, b;cause=2, c;cause=3, d;cause=4, e;cause=5, Q.850;cause=6"}, 6, "a;cause=1, b;cause=2, c;cause=3, d;cause=4, Q.850;cause=6"},
		"what cannot be read": {[]string{`Q.850;cause=16;text="open`, "SIP;cause=480"}, 18, "SIP;cause=480, Q.850;cause=18"},
	} {
		msg := sip.NewRequest(sip.BYE, sip.Uri{Host: "x"})
		for _, v := range tt.values {
			msg.AppendHeader(sip.NewHeader("Reason", v))
		}
		v := reasoned(msg, cause.Verdict{})
		if v.Q850 != tt.want || v.Said != tt.said {
			t.Errorf("%s: %d, %s; want %d, %s", name, v.Q850, v.Said, tt.want, tt.said)
		}
	}
}
