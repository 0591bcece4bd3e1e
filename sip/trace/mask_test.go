package trace_test

import (
	"bytes"
	"testing"

	"strowger/sip/trace"
)

func TestMask(t *testing.T) {
	const info = "INFO sip:1 SIP/2.0\r\nCSeq: 2 INFO\r\n\r\n"
	for name, c := range map[string]struct {
		text, want string
		digits     bool
	}{
		"digest": {
			"REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username=\"1001\", response=\"0a1b\", uri=\"sip:a\"\r\n\r\n",
			"REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username=\"1001\", response=\"xxxx\", uri=\"sip:a\"\r\n\r\n", false,
		},
		"digest folded, unquoted, odd case": {
			"A\r\nPROXY-AUTHORIZATION : Digest a=b,\r\n RESPONSE = 0a1b,x=y\r\nTo: response=1\r\n\r\n",
			"A\r\nPROXY-AUTHORIZATION : Digest a=b,\r\n RESPONSE = xxxx,x=y\r\nTo: response=1\r\n\r\n", false,
		},
		"other scheme": {
			"A\r\nAuthorization: Basic dXNlcg==\r\n\r\n", "A\r\nAuthorization: xxxxx xxxxxxxx\r\n\r\n", false,
		},
		"other scheme that names the digest": {
			"A\r\nAuthorization: Bearer digest,response=1\r\n digest\r\n\r\n", "A\r\nAuthorization: xxxxxx xxxxxxxxxxxxxxxxx\r\n xxxxxx\r\n\r\n", false,
		},
		"scheme on a folded line": {
			"A\r\nAuthorization:\r\n Digest response=\"0a\"\r\n\r\n", "A\r\nAuthorization:\r\n xxxxxx xxxxxxxxx\"xx\"\r\n\r\n", false,
		},
		"answer of the server": {
			"A\r\nAuthentication-Info: rspauth=\"0a\", nc=1\r\n\r\n", "A\r\nAuthentication-Info: rspauth=\"xx\", nc=1\r\n\r\n", false,
		},
		"challenge": {
			"A\r\nWWW-Authenticate: Digest nonce=\"n\"\r\n\r\n", "A\r\nWWW-Authenticate: Digest nonce=\"n\"\r\n\r\n", false,
		},
		"SRTP": {
			"A\r\n\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:S3cret/|2^20\r\nk=base64:abc\r\na=key-mgmt:mikey AQ==\r\na=sendrecv\r\n",
			"A\r\n\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xxxxxxxxxxxx\r\nk=base64:xxx\r\na=key-mgmt:xxxxx xxxx\r\na=sendrecv\r\n", false,
		},
		"SRTP, untidy": {
			"A\r\n\r\nv=0\r\na= crypto :1 X INLINE:S3cret WSH=64\na=crypto:2 X inline:S3cret;inline:t\r\n",
			"A\r\n\r\nv=0\r\na= crypto :1 X INLINE:xxxxxx xxxxxx\na=crypto:2 X inline:xxxxxxxxxxxxxxx\r\n", false,
		},
		"digits":                {info + "Signal= 5\r\nDuration=160\r\n", info + "Signal= x\r\nDuration=160\r\n", false},
		"bare digits":           {info + "5#", info + "xx", false},
		"digits that are shown": {info + "Signal=5\r\n", info + "Signal=5\r\n", true},
		"no INFO":               {"A\r\nCSeq: 2 MESSAGE\r\n\r\n5", "A\r\nCSeq: 2 MESSAGE\r\n\r\n5", false},
		"cut off":               {"A\r\nAuthorization: Digest response=\"0a", "A\r\nAuthorization: Digest response=\"xx", false},
		"nothing":               {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte(c.text)
			trace.Mask(data, c.digits)
			if string(data) != c.want {
				t.Errorf("got\n%q, want\n%q", data, c.want)
			}
		})
	}
}

func FuzzMask(f *testing.F) {
	f.Add([]byte("A\r\nAuthorization: Digest response=\"0a1b\"\r\n\r\na=crypto:1 x inline:y\r\nk=\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		once := bytes.Clone(data)
		trace.Mask(once, false)
		twice := bytes.Clone(once)
		trace.Mask(twice, false)
		if !bytes.Equal(once, twice) {
			t.Errorf("%q, masked again %q", once, twice)
		}
	})
}
