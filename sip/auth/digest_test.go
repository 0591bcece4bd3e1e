package auth

import (
	"strings"
	"testing"
	"testing/quick"
)

// The examples of RFC 7616 section 3.9.1 and RFC 2617 section 3.5; the last is that
// of RFC 2617 computed as RFC 2069 does.
func TestVectors(t *testing.T) {
	const (
		nonce7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
		rest7616  = `, uri="/dir/index.html", qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"`
		base7616  = `Digest username="Mufasa", realm="http-auth@example.org", nonce="` + nonce7616 + `"` + rest7616
		base2617  = `Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html"`
	)
	tests := []struct{ name, header, password, want string }{
		{"7616 md5", base7616 + `, algorithm=MD5`, "Circle of Life", "8ca523f5e9506fed4657c9700eebdbec"},
		{"7616 sha-256", base7616 + `, algorithm=SHA-256`, "Circle of Life", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		{"2617", base2617 + `, qop=auth, nc=00000001, cnonce="0a4f113b"`, "Circle Of Life", "6629fae49393a05397450978507c4ef1"},
		{"2069", base2617, "Circle Of Life", "670fd8c2df070c60b045671b8b24ff02"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parse(tt.header + `, response="` + tt.want + `"`)
			if err != nil {
				t.Fatal(err)
			}
			secret := ha1(t, c.algorithm, c.username, c.realm, tt.password)
			if got := string(expected(c, secret.HA1, "GET")); got != tt.want {
				t.Errorf("response %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSameTarget(t *testing.T) {
	tests := []struct {
		digest, request string
		want            bool
	}{
		{"sip:demo", "sip:127.0.0.1:5060;transport=tcp", true},
		{"SIP:1002@demo", "sip:1002@127.0.0.1", true},
		{"sip:127.0.0.1:5060", "sip:1002@127.0.0.1", true},
		{"sip:1003@demo", "sip:1002@demo", false},
		{"sip:1003@demo", "sip:demo", false},
		{"tel:1002", "sip:1002@demo", false},
		{"tel:1002", "tel:1002", true},
		{"tel:1002", "tel:1003", false},
		{"urn:service:sos", "URN:service:sos", true},
		{"sip:", "sip:demo", false},
		{"/index.html", "sip:demo", false},
	}
	for _, tt := range tests {
		if got := sameTarget(tt.digest, tt.request); got != tt.want {
			t.Errorf("sameTarget(%q, %q) = %v", tt.digest, tt.request, got)
		}
	}
}

func TestAnswerChoosesTheStrongest(t *testing.T) {
	md5Offer := `Digest realm="carrier", nonce="n1", qop="auth", algorithm=MD5`
	sha := `Digest realm="carrier", nonce="n2", qop="auth, auth-int", algorithm=SHA-256`
	tests := []struct {
		name       string
		challenges []string
		want       string
	}{
		{"sha-256 last", []string{md5Offer, sha}, `nonce="n2"`},
		{"sha-256 first", []string{sha, md5Offer}, `nonce="n2"`},
		{"algorithm not given", []string{`Digest realm="carrier", nonce="n3"`}, `nonce="n3"`},
		{"first of equals", []string{md5Offer, strings.Replace(md5Offer, "n1", "n4", 1)}, `nonce="n1"`},
		{"unknown beside known", []string{strings.Replace(sha, "SHA-256", "SHA-1024", 1), md5Offer}, `nonce="n1"`},
		{"unreadable beside known", []string{"Digest nonsense", md5Offer}, `nonce="n1"`},
		{"without nonce beside known", []string{`Digest realm="carrier"`, md5Offer}, `nonce="n1"`},
		{"auth-int beside known", []string{strings.Replace(sha, "auth, ", "", 1), md5Offer}, `nonce="n1"`},
		{"as long as can be", []string{md5Offer + strings.Repeat(" ", MaxHeader-len(md5Offer))}, `nonce="n1"`},
		{"too long beside known", []string{md5Offer + strings.Repeat(" ", MaxHeader-len(md5Offer)+1), strings.Replace(md5Offer, "n1", "n4", 1)}, `nonce="n4"`},
		{"only auth-int", []string{strings.Replace(md5Offer, `"auth"`, `"auth-int"`, 1)}, ""},
		{"only unknown", []string{`Basic realm="carrier"`, `Digest nonsense`, ""}, ""},
		{"none", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := Answer(tt.challenges, "INVITE", "sip:+441632960123@carrier", "user", "secret", 1)
			if (err == nil) != (tt.want != "") || !strings.Contains(h, tt.want) {
				t.Fatalf("answer %q, %v; want one with %q", h, err, tt.want)
			}
			if err == nil && !strings.Contains(h, `uri="sip:+441632960123@carrier"`) {
				t.Errorf("the digest is for another URI: %s", h)
			}
		})
	}
}

// What our client answers our server can read, whatever printable the names hold.
func TestAnswerIsReadBack(t *testing.T) {
	property := func(user, realmText string) bool {
		clean := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r < ' ' || r > '~' || r == '"' || r == '\\' {
					return 'x'
				}
				return r
			}, s)
		}
		user, realmText = "u"+clean(user), clean(realmText)
		h, err := Answer([]string{`Digest realm="` + realmText + `", nonce="n", qop="auth", algorithm=SHA-256`},
			"REGISTER", "sip:demo", user, "secret", 7)
		if err != nil {
			return false
		}
		c, err := parse(h)
		return err == nil && c.username == user && c.realm == realmText && c.nc == 7 && c.qop
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}
