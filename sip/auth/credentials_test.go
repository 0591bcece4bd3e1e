package auth

import (
	"errors"
	"strings"
	"testing"
)

const goodHeader = `Digest username="1001", realm="demo", nonce="abc", uri="sip:demo", ` +
	`response="00112233445566778899aabbccddeeff", algorithm=MD5, qop=auth, nc=0000001f, cnonce="xyz"`

func TestParse(t *testing.T) {
	change := func(old, replacement string) string {
		if !strings.Contains(goodHeader, old) {
			t.Fatalf("no %q in the header", old)
		}
		return strings.Replace(goodHeader, old, replacement, 1)
	}
	tests := []struct {
		name, header string
		want         error
	}{
		{"as phones write it", goodHeader, nil},
		{"blanks everywhere", "  dIgEsT\t" + strings.NewReplacer("=", " = ", ",", " , ").Replace(goodHeader[7:]) + " ", nil},
		{"no blanks", "Digest " + strings.ReplaceAll(goodHeader[7:], ", ", ","), nil},
		{"quoted algorithm, qop and nc", strings.NewReplacer("=MD5", `="MD5"`, "=auth", `="auth"`, "=0000001f", `="0000001f"`).Replace(goodHeader), nil},
		{"comma and equals in quotes", change(`"1001"`, `"a,b=\"c\\\""`), nil},
		{"unknown parameter", goodHeader + `, auth-param="x"`, nil},
		{"every kind of token", goodHeader + ", azAZ09-.!%*_+`'~=azAZ09-.!%*_+`'~", nil},
		{"no token", goodHeader + ", [=x", errSyntax},
		{"as long as can be", goodHeader + strings.Repeat(" ", MaxHeader-len(goodHeader)), nil},
		{"as many parameters as can be", goodHeader + strings.Repeat(", x=y", maxParams-strings.Count(goodHeader, "=")), nil},
		{"empty", "", errScheme},
		{"scheme alone", "Digest", errScheme},
		{"scheme run together", "Digestusername=x", errScheme},
		{"nothing behind the scheme", "Digest  ", errSyntax},
		{"open quote", goodHeader + `, x="y`, errSyntax},
		{"escape at the end", goodHeader + `, x="\`, errSyntax},
		{"control character", change(`"1001"`, "\"10\x0001\""), errSyntax},
		{"line end", change(`"1001"`, "\"10\r\n01\""), errSyntax},
		{"no comma", change(`"1001", `, `"1001" `), errSyntax},
		{"empty element", change(", realm", ",, realm"), errSyntax},
		{"comma at the end", goodHeader + ",", errSyntax},
		{"no value", goodHeader + ", x=", errSyntax},
		{"twice", goodHeader + `, Realm="demo"`, errTwice},
		{"no username", change(`username="1001", `, ""), errLacks},
		{"no response", change(`response="00112233445566778899aabbccddeeff", `, ""), errLacks},
		{"no nc", change(", nc=0000001f", ""), errLacks},
		{"no cnonce", change(`, cnonce="xyz"`, ""), errLacks},
		{"nc of zero", change("0000001f", "00000000"), errValue},
		{"nc too short", change("0000001f", "1"), errValue},
		{"nc with a sign", change("0000001f", "+000001f"), errValue},
		{"auth-int", change("qop=auth", "qop=auth-int"), errValue},
		{"response no hex", change("0011", "zz11"), errValue},
		{"userhash", goodHeader + ", userhash=true", errValue},
		{"empty username", change(`"1001"`, `""`), errValue},
		{"too long", goodHeader + strings.Repeat(" ", MaxHeader), errLimit},
		{"too many parameters", goodHeader + strings.Repeat(", x=y", maxParams), errLimit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parse(tt.header)
			if !errors.Is(err, tt.want) {
				t.Fatalf("parse(%q): %v, want %v", tt.header, err, tt.want)
			}
			if err == nil && (c.nc != 31 || c.realm != "demo" || c.algorithm != "md5" || c.cnonce != "xyz") {
				t.Errorf("parse(%q) = %+v", tt.header, c)
			}
		})
	}
	if c, _ := parse(change(`"1001"`, `"a,b=\"c\\\""`)); c.username != `a,b="c\"` {
		t.Errorf("quoted pairs: %q", c.username)
	}
}

// FuzzParse: what is taken is within the limits, and says the same when it is
// written again in the plainest form.
func FuzzParse(f *testing.F) {
	f.Add(goodHeader)
	f.Add(strings.Replace(goodHeader, `"1001"`, `"a,b=\"c\\\""`, 1))
	f.Add(`Digest username="1001", realm="demo", nonce="abc", uri="sip:demo", response="00"`)
	f.Add(`Digest username="1001`)
	f.Fuzz(func(t *testing.T, header string) {
		c, err := parse(header)
		if err != nil {
			return
		}
		if len(header) > MaxHeader || c.nc == 0 || c.username == "" || !isHex(c.response) {
			t.Fatalf("parse(%q) = %+v", header, c)
		}
		quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
		again := `Digest username="` + quote.Replace(c.username) + `",realm="` + quote.Replace(c.realm) +
			`",nonce="` + quote.Replace(c.nonce) + `",uri="` + quote.Replace(c.uri) + `",response=` + c.response +
			`,algorithm="` + quote.Replace(c.algorithm) + `"`
		if c.qop {
			again += `,qop=auth,nc=` + c.ncText + `,cnonce="` + quote.Replace(c.cnonce) + `"`
		}
		c2, err := parse(again)
		if !c.qop {
			c.cnonce, c.ncText = "", ""
		}
		if err == nil && c2 != c || err != nil && len(again) <= MaxHeader {
			t.Fatalf("parse(%q) = %+v\nparse(%q) = %+v, %v", header, c, again, c2, err)
		}
	})
}

// FuzzDecode: only what we signed is taken, and only as we wrote it.
func FuzzDecode(f *testing.F) {
	key := Key{ID: 7, Secret: []byte("0123456789abcdef")}
	n := nonce{issued: 1e9, life: 2, serial: 3}
	good := n.encode(key)
	f.Add(good)
	f.Add(good[:len(good)-1] + "_")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := decode(s, []Key{key}); ok != (s == good) || ok && got != n {
			t.Fatalf("decode(%q) = %+v, %v", s, got, ok)
		}
	})
}
