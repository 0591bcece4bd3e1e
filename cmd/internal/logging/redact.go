package logging

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/url"
	"slices"
	"strings"
)

// Numbers is how telephone numbers are written.
type Numbers string

// The ways.
const (
	Full   Numbers = "full"
	Masked Numbers = "masked" // the last four digits are stars
	Hashed Numbers = "hashed" // a word that stands for the number until the node is started again
)

// hidden is how many digits a masked number lacks.
const hidden = 4

var (
	secrets = []string{"password", "secret", "token", "ha1", "authorization", "credentials", "key"}
	numbers = []string{"from", "to", "caller", "callee", "number"}
)

// redactor takes out of attributes what must not be in a log.
type redactor struct {
	numbers Numbers
	key     [sha256.Size]byte // of the words for numbers
}

func newRedactor(n Numbers) *redactor {
	r := &redactor{numbers: n}
	_, _ = rand.Read(r.key[:]) // never fails (crypto/rand)
	return r
}

// replace is slog.HandlerOptions.ReplaceAttr.
func (r *redactor) replace(_ []string, a slog.Attr) slog.Attr {
	name := strings.ToLower(a.Key)
	switch {
	case slices.Contains(secrets, name):
		return slog.String(a.Key, "removed")
	case name == "url":
		if u, err := url.Parse(a.Value.String()); err == nil {
			return slog.String(a.Key, u.Redacted())
		}
		return slog.String(a.Key, "removed")
	case slices.Contains(numbers, name) && a.Value.Kind() == slog.KindString:
		return slog.String(a.Key, r.number(a.Value.String()))
	}
	return a
}

func (r *redactor) number(n string) string {
	switch {
	case n == "":
		return n
	case r.numbers == Masked:
		return mask(n)
	case r.numbers == Hashed:
		h := hmac.New(sha256.New, r.key[:])
		h.Write([]byte(n))
		return "number-" + hex.EncodeToString(h.Sum(nil)[:6])
	}
	return n
}

// mask hides the last digits of a number, and all of one that has no more.
func mask(n string) string {
	b, left := []byte(n), hidden
	for i := len(b) - 1; i >= 0 && left > 0; i-- {
		b[i] = '*'
		left--
	}
	return string(b)
}
