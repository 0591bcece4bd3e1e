package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"strowger/sip/seat"
	"strowger/sip/state"
)

// Limits.
const (
	NonceLife  = 60 * time.Second // how long a nonce is good
	MaxNonces  = 1 << 17          // used nonces that are remembered, about 8 MiB
	MaxHeader  = 2048             // bytes of a header that is read
	MaxHeaders = 8                // headers of one request that are read
	MinSecret  = 16               // bytes of a Key's secret

	windowSize = 64 // nonce counts below the highest that may still come
	maxParams  = 32 // parameters of one header
)

// The algorithms, as seat.Credential names them.
const (
	md5Name    = "md5"
	sha256Name = "sha-256"
)

// Verdict is what Verify found.
type Verdict uint8

// The verdicts.
const (
	NoCredentials Verdict = iota // none for this realm: challenge
	OK
	Stale       // right password, but a nonce that is old or another node's: challenge, stale
	Replay      // right password, but a nonce count used before: challenge, stale
	Wrong       // wrong password, unknown user, or an algorithm not offered: challenge
	Malformed   // answer 400
	Unavailable // the lookup failed: answer 503
	Blocked     // the lookup failed by ErrBlocked: answer 403
)

var verdictNames = [...]string{
	"no credentials", "ok", "stale nonce", "replayed nonce", "wrong password", "malformed credentials", "store unavailable", "blocked",
}

// String is the verdict in words, for the operator.
func (v Verdict) String() string { return verdictNames[v] }

// Result is the verdict on one request.
type Result struct {
	Verdict   Verdict
	User      string // claimed, without "@realm"; proven only if OK
	Algorithm string // "md5" or "sha-256"; "" if NoCredentials or Malformed
	Known     bool   // the user has a secret of this realm and algorithm. Never to be told on the wire
	Err       error  // why Malformed, Unavailable or Blocked
}

// Stale tells whether the challenge that answers is to say stale=true.
func (r Result) Stale() bool { return r.Verdict == Stale || r.Verdict == Replay }

// Request is what Verify looks at.
type Request struct {
	Method     string
	URI        string   // Request-URI
	Realm      string   // of the tenant
	Algorithms []string // that the listener offers: "md5", "sha-256"
	Headers    []string // values of Authorization, or of Proxy-Authorization
}

// ErrBlocked means that the secrets of a user are not to be looked at.
var ErrBlocked = errors.New("blocked after too many wrong passwords")

// Lookup returns the secrets of a user, state.ErrNotFound or ErrBlocked.
type Lookup func(user string) ([]seat.Credential, error)

// Counters count what an Authenticator did.
type Counters struct {
	Challenges    atomic.Uint64 // challenge headers written
	Passed        atomic.Uint64 // right credentials
	Stale         atomic.Uint64 // right password with an old or foreign nonce
	Replays       atomic.Uint64 // right password with a used nonce count
	WrongPassword atomic.Uint64 // a wrong response for a known user
	UnknownUser   atomic.Uint64 // users without a secret for the realm and algorithm
	Malformed     atomic.Uint64 // headers that could not be read, or for another URI
	Unavailable   atomic.Uint64 // lookups that failed
	Blocked       atomic.Uint64 // users that were not looked up because of ErrBlocked
	NoncesDropped atomic.Uint64 // used nonces forgotten early because of MaxNonces
}

// Authenticator challenges and verifies. Safe for concurrent use.
type Authenticator struct {
	keys     atomic.Pointer[[]Key]
	born     time.Time
	life     uint64
	serial   atomic.Uint64
	used     *windows
	nobody   map[string]string // by algorithm: HA1 of no one
	counters Counters
}

// New returns an Authenticator that signs nonces by the first key and accepts all.
// Without any it draws one, which is enough for a single node. The times given to
// New, Challenges and Verify are compared with each other alone: with the monotonic
// reading of time.Now a stepped clock does no harm.
func New(now time.Time, keys ...Key) (*Authenticator, error) {
	var seed [8 + 16 + 32 + 32]byte
	_, _ = rand.Read(seed[:]) // never fails
	if len(keys) == 0 {
		keys = []Key{{Secret: slices.Clone(seed[8:40])}}
	}
	a := &Authenticator{
		born: now,
		life: binary.BigEndian.Uint64(seed[:]),
		used: newWindows(MaxNonces),
		nobody: map[string]string{
			md5Name:    hex.EncodeToString(seed[40:56]),
			sha256Name: hex.EncodeToString(seed[56:]),
		},
	}
	return a, a.SetKeys(keys...)
}

// SetKeys changes the keys: the first signs, all verify. To rotate, put the new
// key before the old one; drop the old one after NonceLife.
func (a *Authenticator) SetKeys(keys ...Key) error {
	if len(keys) == 0 {
		return errors.New("no key to sign nonces with: give at least one")
	}
	own := slices.Clone(keys)
	for i, k := range own {
		if len(k.Secret) < MinSecret {
			return fmt.Errorf("nonce key %d has %d bytes: give at least %d", k.ID, len(k.Secret), MinSecret)
		}
		if slices.ContainsFunc(own[:i], func(o Key) bool { return o.ID == k.ID }) {
			return fmt.Errorf("nonce key %d is given twice: number the keys differently", k.ID)
		}
		own[i].Secret = slices.Clone(k.Secret)
	}
	a.keys.Store(&own)
	return nil
}

// Counters returns the authenticator's counters.
func (a *Authenticator) Counters() *Counters { return &a.counters }

// Challenges returns the values of WWW-Authenticate (401) or Proxy-Authenticate
// (407), one header an algorithm, in the order of preference given (RFC 8760
// section 2.1). Realm must hold no quote or backslash.
func (a *Authenticator) Challenges(now time.Time, realm string, algorithms []string, stale bool) []string {
	n := nonce{issued: now.Sub(a.born), life: a.life, serial: a.serial.Add(1)}
	text := n.encode((*a.keys.Load())[0])
	headers := make([]string, 0, len(algorithms))
	for _, algorithm := range algorithms {
		h := `Digest realm="` + realm + `", nonce="` + text + `", algorithm=` + strings.ToUpper(algorithm) + `, qop="auth"`
		if stale {
			h += ", stale=true"
		}
		headers = append(headers, h)
	}
	a.counters.Challenges.Add(uint64(len(headers)))
	return headers
}

// Verify judges the credentials of a request.
func (a *Authenticator) Verify(now time.Time, req Request, lookup Lookup) Result {
	c, found, err := choose(req)
	switch {
	case err != nil:
		a.counters.Malformed.Add(1)
		return Result{Verdict: Malformed, Err: err}
	case !found:
		return Result{Verdict: NoCredentials}
	}
	r := a.verifyPassword(req, c, lookup)
	if r.Verdict == OK {
		r.Verdict = a.verifyNonce(now, c)
	}
	a.count(r)
	return r
}

// choose returns the credentials for the request's realm.
func choose(req Request) (c credentials, found bool, err error) {
	for _, header := range req.Headers[:min(len(req.Headers), MaxHeaders)] {
		c, err := parse(header)
		if errors.Is(err, errScheme) || err == nil && c.realm != req.Realm {
			continue
		}
		if err != nil {
			return c, false, err
		}
		if !sameTarget(c.uri, req.URI) {
			return c, false, errTarget
		}
		return c, true, nil
	}
	return c, false, nil
}

// verifyPassword does the same work whether the user exists or not.
func (a *Authenticator) verifyPassword(req Request, c credentials, lookup Lookup) Result {
	user, domain, qualified := strings.Cut(c.username, "@")
	if qualified && !strings.EqualFold(domain, req.Realm) {
		user = c.username
	}
	r := Result{Verdict: Wrong, User: strings.Clone(user)}
	secrets, err := lookup(user)
	if errors.Is(err, ErrBlocked) {
		return Result{Verdict: Blocked, User: r.User, Err: err}
	}
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return Result{Verdict: Unavailable, User: r.User, Err: err}
	}
	offered := slices.Contains(req.Algorithms, c.algorithm)
	ha1, supported := a.nobody[c.algorithm]
	if !supported {
		return r
	}
	r.Algorithm = strings.Clone(c.algorithm)
	for _, s := range secrets {
		if s.Algorithm == c.algorithm && s.Realm == req.Realm {
			ha1, r.Known = s.HA1, true
		}
	}
	want := expected(c, ha1, req.Method)
	right := subtle.ConstantTimeCompare(want, []byte(c.response)) == 1
	if right && r.Known && offered && (c.qop || c.algorithm == md5Name) {
		r.Verdict = OK
	}
	return r
}

func (a *Authenticator) verifyNonce(now time.Time, c credentials) Verdict {
	n, genuine := decode(c.nonce, *a.keys.Load())
	alive := now.Sub(a.born)
	if !genuine || n.life != a.life || alive-n.issued > NonceLife {
		return Stale
	}
	fresh, dropped := a.used.use(alive, n, c.nc)
	a.counters.NoncesDropped.Add(uint64(dropped))
	if !fresh {
		return Replay
	}
	return OK
}

func (a *Authenticator) count(r Result) {
	switch {
	case r.Verdict == OK:
		a.counters.Passed.Add(1)
	case r.Verdict == Stale:
		a.counters.Stale.Add(1)
	case r.Verdict == Replay:
		a.counters.Replays.Add(1)
	case r.Verdict == Blocked:
		a.counters.Blocked.Add(1)
	case r.Verdict == Unavailable:
		a.counters.Unavailable.Add(1)
	case r.Known:
		a.counters.WrongPassword.Add(1)
	default:
		a.counters.UnknownUser.Add(1)
	}
}
