package message

import (
	"fmt"
	"strings"
	"testing"
)

// mixed writes a multipart body: each part is its headers, an empty line and its text.
func mixed(boundary string, parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--" + boundary + "\r\n" + p + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}

func TestSession(t *testing.T) {
	const (
		sdp      = "Content-Type: application/sdp\r\n\r\nv=0"
		other    = "Content-Type: application/sdp\r\n\r\nv=1"
		isup     = "Content-Type: application/isup;version=itu\r\n\r\n\x01\x02"
		mustISUP = "Content-Type: application/isup\r\nContent-Disposition: signal ; Handling=\"required\"\r\n\r\n\x01"
		mayISUP  = "Content-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01"
	)
	deep := sdp
	for n := range maxDepth {
		deep = fmt.Sprintf("Content-Type: multipart/mixed;boundary=x%d\r\n\r\n%s", n, mixed(fmt.Sprint("x", n), deep))
	}
	many := make([]string, maxParts+1)
	for i := range many {
		many[i] = isup
	}
	many[maxParts] = sdp
	for name, c := range map[string]struct {
		headers    []string
		body       string
		sdp        string
		understood bool
	}{
		"none":                     {nil, "", "", true},
		"type of nothing":          {[]string{"Content-Type: application/foo"}, "", "", true},
		"plain":                    {[]string{"Content-Type: application/sdp"}, "v=0", "v=0", true},
		"any case and parameters":  {[]string{"c: Application/SDP ;charset=x"}, "v=0", "v=0", true},
		"a longer name":            {[]string{"Content-Type: application/sdpfoo"}, "v=0", "", false},
		"no type":                  {nil, "v=0", "", false},
		"another type":             {[]string{"Content-Type: application/foo"}, "x", "", false},
		"optional":                 {[]string{"Content-Type: application/foo", "Content-Disposition: render;handling=optional"}, "x", "", true},
		"encoded":                  {[]string{"Content-Type: application/sdp", "e: gzip"}, "x", "", false},
		"encoded as nothing":       {[]string{"Content-Type: application/sdp", "Content-Encoding: Identity"}, "v=0", "v=0", true},
		"session":                  {[]string{"Content-Type: application/sdp", "Content-Disposition: session"}, "v=0", "v=0", true},
		"early session":            {[]string{"Content-Type: application/sdp", "Content-Disposition: early-session;handling=optional"}, "v=0", "", true},
		"mixed":                    {[]string{"Content-Type: multipart/mixed;boundary=x"}, mixed("x", isup, sdp, other), "v=0", true},
		"quoted boundary":          {[]string{`Content-Type: multipart/mixed; boundary="x y"`}, mixed("x y", sdp), "v=0", true},
		"optional part":            {[]string{"Content-Type: multipart/mixed;boundary=x"}, mixed("x", mayISUP, sdp), "v=0", true},
		"required part":            {[]string{"Content-Type: multipart/mixed;boundary=x"}, mixed("x", sdp, mustISUP), "", false},
		"mixed without SDP":        {[]string{"Content-Type: multipart/mixed;boundary=x"}, mixed("x", isup), "", true},
		"alternative":              {[]string{"Content-Type: multipart/alternative;boundary=x"}, mixed("x", other, sdp, mustISUP), "v=0", true},
		"alternative without SDP":  {[]string{"Content-Type: multipart/alternative;boundary=x"}, mixed("x", isup, mayISUP), "", false},
		"related":                  {[]string{"Content-Type: multipart/related;boundary=x"}, mixed("x", sdp, isup), "v=0", true},
		"nested":                   {[]string{"Content-Type: multipart/mixed;boundary=y"}, mixed("y", isup, "Content-Type: multipart/alternative;boundary=x\r\n\r\n"+mixed("x", isup, sdp)), "v=0", true},
		"nested too deep":          {[]string{"Content-Type: multipart/mixed;boundary=y"}, mixed("y", deep), "", true},
		"too many parts":           {[]string{"Content-Type: multipart/mixed;boundary=x"}, mixed("x", many...), "", true},
		"base64":                   {[]string{"Content-Type: multipart/mixed;boundary=x"}, mixed("x", "Content-Transfer-Encoding: base64\r\n"+sdp), "", true},
		"binary":                   {[]string{"Content-Type: multipart/mixed;boundary=x"}, mixed("x", "Content-Transfer-Encoding: Binary\r\n"+sdp), "v=0", true},
		"no boundary":              {[]string{"Content-Type: multipart/mixed"}, mixed("x", sdp), "", false},
		"boundary that is not met": {[]string{"Content-Type: multipart/mixed;boundary=z"}, mixed("x", sdp), "", false},
		"no end":                   {[]string{"Content-Type: multipart/mixed;boundary=x"}, "--x\r\n" + sdp, "v=0", true},
		"only half a head":         {[]string{"Content-Type: multipart/mixed;boundary=x"}, "--x\r\nContent-Ty", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, understood := Session(mustBeParsed(t, []byte(request("INVITE", c.headers...)+c.body)))
			if string(got) != c.sdp || understood != c.understood {
				t.Errorf("%q, understood %t", got, understood)
			}
		})
	}
}

func TestAccepts(t *testing.T) {
	for line, want := range map[string]bool{
		"":                                  true,
		"Accept: application/sdp;level=1":   true,
		"Accept: text/plain, Application/*": true,
		"Accept: */*":                       true,
		"Accept: text/nobodyKnowsThis":      false,
		"Accept:":                           false,
	} {
		var lines []string
		if line != "" {
			lines = []string{line}
		}
		if got := Accepts(mustBeParsed(t, []byte(request("INVITE", lines...)))); got != want {
			t.Errorf("%q: %t", line, got)
		}
	}
}
