package e2e

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media"
	"strowger/sip/leg"
)

// encrypts has the sound of phones by TLS encrypted.
var encrypts = change("strowger.hcl", `srtp  = "off"`, `srtp  = "optional"`)

// TestBothHearBySRTP: phones hear each other by their tones, each with encrypted sound
// or without. baresip offers RTP/SAVP (srtp-mand) or RTP/AVP with keys (srtp).
func TestBothHearBySRTP(t *testing.T) {
	need(t, "baresip", "baresip-core")
	installed(t, "sox", "sox")
	const must, may, never = "mediaenc=srtp-mand", "mediaenc=srtp", "mediaenc="
	for name, c := range map[string]struct{ ada, ben string }{
		"both":                    {must, may},
		"caller, to plain RTP":    {must, never},
		"callee, from plain RTP":  {never, must},
		"caller on RTP/AVP alone": {may, never},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.secured(encrypts)
			proto := map[bool]string{true: "udp", false: "tls"}
			port := map[bool]string{true: ":5060;transport=udp", false: ":5061;transport=tls"}
			if c.ben == must { // it takes no RTP/AVP
				n.operate("seat", "set", "1002", "--srtp", "required")
			}
			ada := n.speaking("1001", 440, proto[c.ada == never], "pcma", c.ada)
			ben := n.speaking("1002", 620, proto[c.ben == never], "pcmu,pcma", c.ben)
			hearEachOther(t, n, ada, ben, "sip:1002@"+n.host+port[c.ada == never])
			call := n.recorded(byCaller)[0].Call
			n.encrypted(call, "seat:1001", c.ada)
			n.encrypted(call, "seat:1002", c.ben)
			if c.ben == must { // it takes the first of our suites
				gcm := media.AEADAES128GCM.String() + " inline:"
				n.carried(call, "seat:1002", "tls", gcm, gcm)
			}
			if n.counter("media_undecrypted")+n.counter("media_replayed") > 3 { // a report before the keys is none of ours
				t.Errorf("%v packets were not decrypted, %v came again", n.counter("media_undecrypted"), n.counter("media_replayed"))
			}
		})
	}
}

// TestLinphoneSRTP: linphone, whose SRTP is Cisco's libsrtp, calls a phone with plain RTP,
// holds the call and takes it back.
func TestLinphoneSRTP(t *testing.T) {
	installed(t, "linphonec", "linphone-cli")
	suite := media.AESCM128HMACSHA1 // Debian's build has no other that we have
	n := newNode(t)
	n.secured(encrypts)
	ada := n.tester(adaTone, "answer", "--user", "1001")
	until(t, "ada is registered", func() bool { return strings.Contains(ada.process.output(), "registered") })
	config := strings.Replace(linphoneConfig, "[rtp]", "media_encryption=srtp\nmedia_encryption_mandatory=1\nsrtp_crypto_suites="+suite.String()+"\n[rtp]", 1)
	ben := n.configured(config, "1002", "tls", "call 1001")
	ben.reaches("LinphoneCallStreamsRunning", 1)
	talked(talkTime / 2)
	ben.does("pause")
	ben.reaches("LinphoneCallPaused", 1)
	ben.does("play " + toneFile(t, carlTone))
	talked(talkTime / 3)
	ben.does("resume 1")
	ben.reaches("LinphoneCallStreamsRunning", 2)
	heard := ada.hangsUp(benTone, carlTone)
	if heard[0] < 5 || heard[1] < 10 {
		t.Errorf("the other side heard it before the hold for %d tenths of a second, and after it for %d", heard[0], heard[1])
	}
	call := n.recorded(ending{"answered", 200, 16, "callee"})[0].Call
	n.spoke(call, "seat:1002", 100)
	n.carried(call, "seat:1002", "tls", "RTP/SAVP", suite.String()+" inline:xxxxxxxx", "a=sendonly", "a=sendrecv")
	if log := ben.says(); strings.Contains(log, "unprotect") || n.counter("media_undecrypted") > 3 {
		t.Errorf("%v packets were not decrypted here, or some there", n.counter("media_undecrypted"))
	}
}

// secured runs a node that has TLS.
func (n *node) secured(edits ...edit) {
	n.t.Helper()
	n.certified()
	n.configure(append(edits, tlsListener("")))
	n.start()
}

// encrypted wants keys in both bodies of a party's exchange, masked, or in none of the
// party's own.
func (n *node) encrypted(call, party, how string) {
	n.t.Helper()
	if how == "mediaenc=" {
		return
	}
	n.carried(call, party, "tls", "inline:xxxxxxxx", "inline:xxxxxxxx")
	for _, l := range n.legs(call) {
		if l.Party == party && l.SRTP == "" {
			n.t.Errorf("the record of %s tells of no SRTP", party)
		}
	}
}

// sdesOffer offers sound by RTP/SAVP with a key.
const sdesOffer = `v=0
o=- 1 1 IN IP4 127.0.0.9
s=-
c=IN IP4 127.0.0.9
t=0 0
m=audio 4000 RTP/SAVP 8
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:` + sdesKey

const sdesKey = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"

// TestKeysAreNowhere: neither the key of a party nor ours is in the log, the ladder, the
// ledger or another file of the node.
func TestKeysAreNowhere(t *testing.T) {
	need(t, "sh", "dash")
	n := startNode(t, change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, "targets = [\"127.0.0.2:5060\"]\n  srtp = \"required\"\n  srtp_without_tls = true"),
		change("strowger.hcl", "admin {", "log { level = \"debug\" }\n\nadmin {"))
	call, events := n.trunkCalls(n.carrier, "+448081570003", sdesOffer)
	ours := ""
	for timeout := time.After(fileWait); ours == ""; {
		select {
		case e := <-events:
			if m := regexp.MustCompile(`inline:(\S+)`).FindSubmatch(e.Body); m != nil {
				ours = string(m[1])
			} else if e.Kind != leg.Rings {
				t.Fatalf("the caller is told %+v", e)
			}
		case <-timeout:
			t.Fatal("no answer with a key came")
		}
	}
	call.Hangup()
	id := n.recorded(byCaller)[0].Call
	told := n.strowger("call", "ladder", id, "-o", "json")
	var trace api.Trace
	if err := json.Unmarshal([]byte(told), &trace); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(told, "inline:xxxxxxxx") {
		t.Errorf("the ladder has no masked key:\n%s", told)
	}
	places := map[string]string{"ladder": told, "log": n.process.output(), "call": n.strowger("call", "explain", id, "-o", "json")}
	err := filepath.WalkDir(n.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		places[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for place, text := range places {
		for _, key := range []string{sdesKey, ours} {
			if strings.Contains(text, key) || strings.Contains(text, key[:16]) {
				t.Errorf("the key %s is in %s", key, place)
			}
		}
	}
	if len(places) < 8 || len(trace.Messages) == 0 {
		t.Errorf("only %d places were looked at", len(places))
	}
}
