package sdp

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"strowger/media"
)

const (
	key30 = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" // of RFC 4568 section 9.1
	key28 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
)

func TestParseCrypto(t *testing.T) {
	for line, want := range map[string]struct {
		tag   int
		suite media.Suite
	}{
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30:                                {1, media.AESCM128HMACSHA1},
		"2 AEAD_AES_128_GCM inline:" + key28:                                       {2, media.AEADAES128GCM},
		"2 AEAD_AES_128_GCM inline:" + strings.TrimRight(key28, "="):               {2, media.AEADAES128GCM},
		"999999999 AES_CM_128_HMAC_SHA1_80 INLINE:" + key30 + "|2^20":              {999999999, media.AESCM128HMACSHA1},
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|1048576 WSH=64 KDR=0 -X=1": {1, media.AESCM128HMACSHA1},
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^20|1:4":                  {}, // a key identifier
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|1:4":                       {},
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + ";inline:" + key30:           {},
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNENCRYPTED_SRTP":          {},
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " KDR=1":                     {},
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " NEW=1":                     {},
		"1 AES_CM_128_HMAC_SHA1_80 inline:" + key28:                                {}, // of another length
		"1 AES_CM_128_HMAC_SHA1_80 inline:*" + key30[1:]:                           {},
		"1 AES_CM_128_HMAC_SHA1_80 uri:" + key30:                                   {},
		"1 AES_CM_128_HMAC_SHA1_80":                                                {},
		"1 AES_CM_128_HMAC_SHA1_32 inline:" + key30:                                {},
		"0 AES_CM_128_HMAC_SHA1_80 inline:" + key30:                                {},
		"1000000000 AES_CM_128_HMAC_SHA1_80 inline:" + key30:                       {},
		"-1 AES_CM_128_HMAC_SHA1_80 inline:" + key30:                               {},
		"": {},
	} {
		got, ok := parseCrypto(line)
		if ok != (want.tag != 0) || ok && (got.Tag != want.tag || got.Suite != want.suite || len(got.Key) != want.suite.KeySize()) {
			t.Errorf("%q: %v of %v, %v", line, got.Tag, got.Suite, ok)
		}
		if again, ok2 := parseCrypto(got.String()); ok && (!ok2 || again.Tag != got.Tag || !bytes.Equal(again.Key, got.Key)) {
			t.Errorf("%q: it is not read back", line)
		}
	}
}

func FuzzCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^20 WSH=64")
	f.Add("2 AEAD_AES_128_GCM inline:" + key28)
	f.Fuzz(func(t *testing.T, value string) {
		c, ok := parseCrypto(value)
		if !ok {
			return
		}
		if c.Tag < 1 || c.Tag > maxTag || len(c.Key) != c.Suite.KeySize() {
			t.Fatalf("%d %v with a key of %d bytes", c.Tag, c.Suite, len(c.Key))
		}
		if again, ok := parseCrypto(c.String()); !ok || again.Tag != c.Tag || again.Suite != c.Suite || !bytes.Equal(again.Key, c.Key) {
			t.Fatalf("%q is not read back", value)
		}
	})
}

// side makes a session with a secret.
func side(how Security, secret byte) *Session {
	s := NewSession("", uint64(secret))
	s.Secure(how, bytes.Repeat([]byte{secret}, 32))
	return &s
}

// exchange has a offer and b answer.
func exchange(t *testing.T, a, b *Session) (offer, answer string, ours, theirs *media.Crypto, err error) {
	t.Helper()
	o := a.Offer(local, Defaults(), SendRecv)
	d, err := b.Parse(o)
	if err != nil {
		t.Fatal(err)
	}
	body, agreed, err := b.Answer(d, local, Defaults(), SendRecv)
	if err != nil {
		return string(o), "", nil, nil, err
	}
	if d, err = a.Parse(body); err != nil {
		t.Fatal(err)
	}
	accepted, err := a.Accept(d)
	return string(o), string(body), accepted.Remote.Crypto, agreed.Remote.Crypto, err
}

// TestSecurity has each security offer to each: RFC 4568 section 5, RFC 8643.
func TestSecurity(t *testing.T) {
	for _, test := range []struct {
		offers, answers Security
		secured         bool
		err             error
		proto           string
	}{
		{Plain, Plain, false, nil, "RTP/AVP"},
		{Plain, Optional, false, nil, "RTP/AVP"},
		{Plain, Required, false, ErrPlain, "RTP/AVP"},
		{Optional, Plain, false, nil, "RTP/AVP"},
		{Optional, Optional, true, nil, "RTP/AVP"},
		{Optional, Required, true, nil, "RTP/AVP"},
		{Required, Plain, false, ErrTransport, "RTP/SAVP"},
		{Required, Optional, true, nil, "RTP/SAVP"},
		{Required, Required, true, nil, "RTP/SAVP"},
	} {
		a, b := side(test.offers, 1), side(test.answers, 2)
		offer, answer, ours, theirs, err := exchange(t, a, b)
		if !errors.Is(err, test.err) {
			t.Errorf("%v to %v: %v, want %v", test.offers, test.answers, err, test.err)
			continue
		}
		if !strings.Contains(offer, " "+test.proto+" ") || err == nil && !strings.Contains(answer, " "+test.proto+" ") {
			t.Errorf("%v to %v: not %s:\n%s\n%s", test.offers, test.answers, test.proto, offer, answer)
		}
		if lines := strings.Count(offer, "a=crypto:"); lines != 2*min(1, int(test.offers)) {
			t.Errorf("%v offers %d keys:\n%s", test.offers, lines, offer)
		}
		if !test.secured {
			if ours != nil || theirs != nil || strings.Contains(answer, "a=crypto") {
				t.Errorf("%v to %v: encrypted", test.offers, test.answers)
			}
			continue
		}
		if strings.Count(answer, "a=crypto:") != 1 || ours == nil || theirs == nil || ours.Suite != media.AEADAES128GCM ||
			!bytes.Equal(ours.Send, theirs.Receive) || !bytes.Equal(ours.Receive, theirs.Send) || bytes.Equal(ours.Send, ours.Receive) {
			t.Errorf("%v to %v: %v and %v", test.offers, test.answers, ours, theirs)
		}
	}
}

// TestRekeying: keys stay in later exchanges until one side changes its own, and then
// both change; the version is raised.
func TestRekeying(t *testing.T) {
	a, b := side(Required, 1), side(Optional, 2)
	_, first, before, _, err := exchange(t, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if _, again, same, _, err := exchange(t, a, b); err != nil || again != first || !bytes.Equal(same.Send, before.Send) {
		t.Errorf("the same exchange again, %v:\n%s", err, again)
	}
	if _, _, back, _, err := exchange(t, b, a); err != nil || !bytes.Equal(back.Send, before.Receive) || !bytes.Equal(back.Receive, before.Send) {
		t.Errorf("from the other side: %v", err)
	}
	other := side(Required, 3) // whoever stands behind a offers with a key of its own
	_, answer, after, _, err := exchange(t, other, b)
	if err != nil || bytes.Equal(after.Receive, before.Receive) || bytes.Equal(after.Send, before.Send) {
		t.Errorf("a new key of the far side, %v: ours stays", err)
	}
	if strings.Contains(answer, "o=- 2 3 ") || !strings.Contains(answer, "o=- 2 4 ") {
		t.Errorf("the version was not raised:\n%s", answer)
	}
	was := *b
	if _, _, _, _, err := exchange(t, side(Required, 4), b); err != nil {
		t.Fatal(err)
	}
	*b = was // the offer was refused in the end
	if _, _, same, _, err := exchange(t, other, b); err != nil || !bytes.Equal(same.Receive, after.Receive) {
		t.Errorf("a copy of the session has other keys, %v", err)
	}
}

// TestPlainStays: who took plain sound is not offered keys again, and who gives SRTP up
// gets plain sound, if that may be.
func TestPlainStays(t *testing.T) {
	a := side(Optional, 1)
	if _, _, _, _, err := exchange(t, a, side(Plain, 2)); err != nil {
		t.Fatal(err)
	}
	if offer, _, _, _, _ := exchange(t, a, side(Plain, 2)); strings.Contains(offer, "a=crypto") {
		t.Errorf("keys are offered again:\n%s", offer)
	}
	for how, want := range map[Security]error{Optional: nil, Required: ErrPlain} {
		b := side(how, 2)
		if _, _, _, _, err := exchange(t, side(Required, 3), b); err != nil {
			t.Fatal(err)
		}
		_, answer, ours, _, err := exchange(t, side(Plain, 3), b)
		if !errors.Is(err, want) || ours != nil || strings.Contains(answer, "a=crypto") {
			t.Errorf("%v, given up: %v, %v\n%s", how, ours, err, answer)
		}
	}
}

// TestAudioLine: which of several lines is taken.
func TestAudioLine(t *testing.T) {
	const (
		plain   = "m=audio 4000 RTP/AVP 0"
		keyless = "m=audio 4002 RTP/SAVP 0"
		refused = "m=audio 0 RTP/SAVP 0"
		avpf    = "m=audio 4006 RTP/SAVPF 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key30
		secure  = "m=audio 4004 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key30
		either  = "m=audio 4008 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key30
		unknown = "m=audio 4010 RTP/SAVP 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 inline:" + key30
	)
	for _, test := range []struct {
		how   Security
		lines []string
		index int
		err   error
	}{
		{Plain, []string{secure, plain}, 1, nil},
		{Plain, []string{secure}, -1, ErrTransport},
		{Plain, []string{either}, 0, nil},
		{Optional, []string{plain, secure}, 1, nil},
		{Optional, []string{plain, keyless}, 0, nil},
		{Optional, []string{unknown}, -1, ErrCrypto},
		{Optional, []string{keyless, plain}, 1, nil},
		{Optional, []string{avpf}, -1, ErrTransport},
		{Optional, []string{refused, plain}, 1, nil},
		{Optional, []string{refused}, 0, nil},
		{Required, []string{plain}, -1, ErrPlain},
		{Required, []string{plain, secure}, 1, nil},
		{Required, []string{either}, 0, nil},
		{Required, []string{keyless}, -1, ErrCrypto},
		{Required, nil, -1, ErrNoAudio},
	} {
		s := side(test.how, 1)
		d, err := s.Parse(append([]byte(plainHead), body(test.lines...)...))
		if err != nil {
			t.Fatal(err)
		}
		if i, err := d.Audio(); i != test.index || !errors.Is(err, test.err) {
			t.Errorf("%v of %q: line %d, %v; want %d, %v", test.how, test.lines, i, err, test.index, test.err)
		}
	}
}

// TestAnswerOfAnother: what an answer may not choose.
func TestAnswerOfAnother(t *testing.T) {
	const head = "a=crypto:"
	for line, want := range map[string]struct {
		how Security
		err error
		key bool
	}{
		"RTP/AVP 8\r\n" + head + "2 AES_CM_128_HMAC_SHA1_80 inline:" + key30:  {Optional, nil, true},
		"RTP/SAVP 8\r\n" + head + "2 AES_CM_128_HMAC_SHA1_80 inline:" + key30: {Optional, nil, true},
		"RTP/AVP 8\r\n" + head + "1 AES_CM_128_HMAC_SHA1_80 inline:" + key30:  {Optional, nil, false}, // the tag of another suite
		"RTP/AVP 8\r\n" + head + "7 AEAD_AES_128_GCM inline:" + key28:         {Optional, nil, false},
		"RTP/SAVP 8":   {Optional, ErrPlain, false},
		"RTP/SAVP 8\r": {Required, ErrPlain, false},
		"RTP/AVP 8":    {Required, ErrPlain, false},
		"RTP/SAVPF 8":  {Required, ErrTransport, false},
		"RTP/SAVP 8\r\n" + head + "2 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "\r": {Plain, ErrTransport, false},
	} {
		s := side(want.how, 1)
		s.Offer(local, Defaults(), SendRecv)
		agreed, err := s.Accept(mustParse(t, append([]byte(plainHead), body("m=audio 4000 "+line)...)))
		if !errors.Is(err, want.err) || (agreed.Remote.Crypto != nil) != want.key {
			t.Errorf("%q: %v, %v", line, agreed.Remote.Crypto, err)
		}
	}
}
