package carrier

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"

	"strowger/sip/auth"
	"strowger/sip/leg"
	"strowger/sip/trunk"
)

// errForeign: who asks is not whom the credentials are for.
var errForeign = errors.New("the challenge is of another realm than the trunk's; write the realm in its credentials if it is right")

// errNoAccount: a challenge, and nothing to answer it by.
var errNoAccount = errors.New("the trunk asks for credentials and has none; write: credentials { user = \"...\" }")

// account answers the challenges of one trunk, and of nobody behind it: without a
// configured realm that of the first challenge is the only one.
type account struct {
	user, password string

	mu    sync.Mutex
	realm string
}

// answer returns the value of an Authorization header.
func (a *account) answer(challenges []string, method, uri string) (string, error) {
	if a == nil {
		return "", errNoAccount
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var own []string
	for _, c := range challenges[:min(len(challenges), auth.MaxHeaders)] {
		realm := auth.Realm(c)
		if a.realm == "" {
			a.realm = realm
		}
		if realm != "" && realm == a.realm {
			own = append(own, c)
		}
	}
	if own == nil {
		return "", errForeign
	}
	return auth.Answer(own, method, uri, a.user, a.password, 1)
}

// Answer answers a trunk's challenges of calls; nil if the trunk has no credentials
// (admission.Desk).
func (d *Desk) Answer(t *trunk.Trunk) leg.Answer {
	a := d.accounts[nameOf(t)]
	if a == nil {
		return nil
	}
	return func(challenges []string, method, uri string) (string, error) {
		value, err := a.answer(challenges, method, uri)
		if err != nil {
			d.counters.NotAnswered.Add(1)
			d.cfg.Log.Warn("a challenge of a trunk is not answered", "trunk", t.Name, "error", err)
		}
		return value, err
	}
}

// token is a word that nobody can guess.
func token() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}
