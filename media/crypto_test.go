package media

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestKeysAreNotPrinted prints what holds a key in every way that a log could.
func TestKeysAreNotPrinted(t *testing.T) {
	const secret = "0123456789abcdef-salt-of-14-b"
	c := &Crypto{Suite: AESCM128HMACSHA1, Send: Key(secret), Receive: Key(secret)}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "crypto", c, "key", c.Send, "remote", Remote{Crypto: c})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "crypto", c, "key", c.Send, "remote", Remote{Crypto: c})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		fmt.Fprintf(&log, verb+verb+verb, c, *c, c.Send)
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	log.Write(encoded)
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), "MDEyMzQ1Njc4", "48 49 50", "48,49,50", "0x30"} {
		if strings.Contains(log.String(), form) {
			t.Errorf("the key is told as %q:\n%s", form, log.String())
		}
	}
	if !strings.Contains(log.String(), "(key of 29 bytes)") {
		t.Errorf("nothing was printed at all:\n%s", log.String())
	}
}
