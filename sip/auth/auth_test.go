package auth

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"strowger/sip/seat"
	"strowger/sip/state"
)

const testRealm = "demo.strowger"

var start = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func ha1(tb testing.TB, algorithm, user, realm, password string) seat.Credential {
	tb.Helper()
	text := user + ":" + realm + ":" + password
	sum := md5.Sum([]byte(text))
	hash := hex.EncodeToString(sum[:])
	if algorithm == sha256Name {
		sum := sha256.Sum256([]byte(text))
		hash = hex.EncodeToString(sum[:])
	}
	return seat.Credential{Algorithm: algorithm, Realm: realm, HA1: hash}
}

// seat1001 knows 1001 with the password demo-1001, in both algorithms.
func seat1001(tb testing.TB) Lookup {
	tb.Helper()
	creds := []seat.Credential{
		ha1(tb, md5Name, "1001", testRealm, "demo-1001"),
		ha1(tb, sha256Name, "1001", testRealm, "demo-1001"),
	}
	return func(user string) ([]seat.Credential, error) {
		if user != "1001" {
			return nil, state.ErrNotFound
		}
		return creds, nil
	}
}

func newAuth(tb testing.TB, keys ...Key) *Authenticator {
	tb.Helper()
	a, err := New(start, keys...)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func register(headers ...string) Request {
	return Request{
		Method: "REGISTER", URI: "sip:127.0.0.1:5060", Realm: testRealm,
		Algorithms: []string{"sha-256", "md5"}, Headers: headers,
	}
}

func answer(tb testing.TB, challenges []string, user, password string, nc int) string {
	tb.Helper()
	h, err := Answer(challenges, "REGISTER", "sip:127.0.0.1:5060", user, password, nc)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func TestVerdicts(t *testing.T) {
	md5Only := []string{"md5"}
	both := []string{"sha-256", "md5"}
	tests := []struct {
		name     string
		offer    []string
		user     string
		password string
		after    time.Duration
		edit     func(string) string
		want     Result
	}{
		{"md5", md5Only, "1001", "demo-1001", 0, nil, Result{Verdict: OK, User: "1001", Algorithm: "md5", Known: true}},
		{"sha-256 preferred", both, "1001", "demo-1001", 0, nil, Result{Verdict: OK, User: "1001", Algorithm: "sha-256", Known: true}},
		{"at the end of its life", md5Only, "1001", "demo-1001", NonceLife, nil, Result{Verdict: OK, User: "1001", Algorithm: "md5", Known: true}},
		{"stale", md5Only, "1001", "demo-1001", NonceLife + time.Millisecond, nil, Result{Verdict: Stale, User: "1001", Algorithm: "md5", Known: true}},
		{"stale and wrong is wrong", md5Only, "1001", "x", NonceLife + time.Millisecond, nil, Result{Verdict: Wrong, User: "1001", Algorithm: "md5", Known: true}},
		{"wrong password", md5Only, "1001", "x", 0, nil, Result{Verdict: Wrong, User: "1001", Algorithm: "md5", Known: true}},
		{"unknown user", md5Only, "1999", "demo-1999", 0, nil, Result{Verdict: Wrong, User: "1999", Algorithm: "md5"}},
		{"forged nonce", md5Only, "1001", "demo-1001", 0, func(h string) string {
			forged := strings.Replace(testChallenge, "NONCE", strings.Repeat("A", nonceChars), 1)
			return answer(t, []string{forged}, "1001", "demo-1001", 1)
		}, Result{Verdict: Stale, User: "1001", Algorithm: "md5", Known: true}},
		{"other realm", md5Only, "1001", "demo-1001", 0, func(h string) string {
			return strings.Replace(h, testRealm, "elsewhere", 1)
		}, Result{Verdict: NoCredentials}},
		{"other scheme", md5Only, "1001", "demo-1001", 0, func(string) string { return "Basic MTAwMTp4" }, Result{Verdict: NoCredentials}},
		{"upper-case response", md5Only, "1001", "demo-1001", 0, func(h string) string {
			before, response, _ := strings.Cut(h, `response="`)
			return before + `response="` + strings.ToUpper(response[:32]) + response[32:]
		}, Result{Verdict: OK, User: "1001", Algorithm: "md5", Known: true}},
		{"unknown algorithm", md5Only, "1001", "demo-1001", 0, func(h string) string {
			return strings.Replace(h, "algorithm=MD5", "algorithm=MD5-sess", 1)
		}, Result{Verdict: Wrong, User: "1001"}},
		{"user with domain", md5Only, "1001@" + testRealm, "demo-1001", 0, nil, Result{Verdict: Wrong, User: "1001", Algorithm: "md5", Known: true}},
		{"user with another domain", md5Only, "1001@elsewhere", "demo-1001", 0, nil, Result{Verdict: Wrong, User: "1001@elsewhere", Algorithm: "md5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAuth(t)
			h := answer(t, a.Challenges(start, testRealm, tt.offer, false), tt.user, tt.password, 1)
			if tt.edit != nil {
				h = tt.edit(h)
			}
			got := a.Verify(start.Add(tt.after), register(h), seat1001(t))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("header %s\n%s", h, diff)
			}
		})
	}
}

const testChallenge = `Digest realm="` + testRealm + `", nonce="NONCE", algorithm=MD5, qop="auth"`

func TestAlgorithmNotOffered(t *testing.T) {
	a := newAuth(t)
	h := answer(t, a.Challenges(start, testRealm, []string{"sha-256"}, false), "1001", "demo-1001", 1)
	req := register(h)
	req.Algorithms = []string{"md5"}
	if r := a.Verify(start, req, seat1001(t)); r.Verdict != Wrong {
		t.Errorf("an algorithm that is not offered: %v", r.Verdict)
	}
}

// TestNonceLife: a nonce lives from its own issue, however old its node is.
func TestNonceLife(t *testing.T) {
	a := newAuth(t)
	issued := start.Add(time.Hour)
	for after, want := range map[time.Duration]Verdict{0: OK, NonceLife: OK, NonceLife + time.Millisecond: Stale} {
		h := answer(t, a.Challenges(issued, testRealm, []string{"md5"}, false), "1001", "demo-1001", 1)
		if r := a.Verify(issued.Add(after), register(h), seat1001(t)); r.Verdict != want {
			t.Errorf("%v after its issue: %v, want %v", after, r.Verdict, want)
		}
	}
}

// Neither a secret of another realm opens the door, nor the HA1 that stands in for
// an unknown user, should anyone hit on it.
func TestOtherSecrets(t *testing.T) {
	a := newAuth(t)
	h := answer(t, a.Challenges(start, testRealm, []string{"md5"}, false), "1001", "demo-1001", 1)
	foreign := ha1(t, md5Name, "1001", testRealm, "demo-1001")
	foreign.Realm = "elsewhere"
	r := a.Verify(start, register(h), func(string) ([]seat.Credential, error) { return []seat.Credential{foreign}, nil })
	if r.Verdict != Wrong || r.Known {
		t.Errorf("a secret of another realm: %v, known %v", r.Verdict, r.Known)
	}
	c, err := parse(h)
	if err != nil {
		t.Fatal(err)
	}
	h = strings.Replace(h, c.response, string(expected(c, a.nobody[md5Name], "REGISTER")), 1)
	r = a.Verify(start, register(h), func(string) ([]seat.Credential, error) { return nil, state.ErrNotFound })
	if r.Verdict != Wrong {
		t.Errorf("the stand-in for an unknown user: %v", r.Verdict)
	}
	for algorithm, standIn := range a.nobody {
		if len(standIn) != len(ha1(t, algorithm, "", "", "").HA1) {
			t.Errorf("%s: the stand-in is no HA1: %q", algorithm, standIn)
		}
	}
}

func TestWithoutQop(t *testing.T) {
	a := newAuth(t)
	for algorithm, want := range map[string]Verdict{"MD5": OK, "SHA-256": Wrong} {
		c := a.Challenges(start, testRealm, []string{algorithm}, false)[0]
		h := answer(t, []string{strings.Replace(c, `, qop="auth"`, "", 1)}, "1001", "demo-1001", 1)
		if strings.Contains(h, "qop") {
			t.Fatalf("the test is to answer without qop: %s", h)
		}
		if r := a.Verify(start, register(h), seat1001(t)); r.Verdict != want {
			t.Errorf("%s without qop: %v, want %v", algorithm, r.Verdict, want)
		}
		if r := a.Verify(start, register(h), seat1001(t)); want == OK && r.Verdict != Replay {
			t.Errorf("%s without qop, twice: %v", algorithm, r.Verdict)
		}
	}
}

func TestReplay(t *testing.T) {
	a := newAuth(t)
	challenges := a.Challenges(start, testRealm, []string{"md5"}, false)
	steps := []struct {
		nc   int
		want Verdict
	}{{1, OK}, {1, Replay}, {3, OK}, {2, OK}, {2, Replay}, {100, OK}, {36, Replay}, {37, OK}, {37, Replay}, {3, Replay}}
	for _, s := range steps {
		r := a.Verify(start, register(answer(t, challenges, "1001", "demo-1001", s.nc)), seat1001(t))
		if r.Verdict != s.want {
			t.Errorf("nc %d: %v, want %v", s.nc, r.Verdict, s.want)
		}
		if (r.Verdict == Replay) != r.Stale() {
			t.Errorf("nc %d: stale is %v", s.nc, r.Stale())
		}
	}
	if got := a.Counters().Replays.Load(); got != 5 {
		t.Errorf("%d replays counted, want 5", got)
	}
}

func TestWrongPasswordUsesNothing(t *testing.T) {
	a := newAuth(t)
	challenges := a.Challenges(start, testRealm, []string{"md5"}, false)
	a.Verify(start, register(answer(t, challenges, "1001", "x", 1)), seat1001(t))
	if a.used.count != 0 {
		t.Error("a wrong password left state behind")
	}
	if r := a.Verify(start, register(answer(t, challenges, "1001", "demo-1001", 1)), seat1001(t)); r.Verdict != OK {
		t.Errorf("right password after a wrong one: %v", r.Verdict)
	}
}

func TestKeyRotation(t *testing.T) {
	first := Key{ID: 1, Secret: []byte("0123456789abcdef")}
	second := Key{ID: 2, Secret: []byte("fedcba9876543210")}
	a := newAuth(t, first)
	before := answer(t, a.Challenges(start, testRealm, []string{"md5"}, false), "1001", "demo-1001", 1)
	late := answer(t, a.Challenges(start, testRealm, []string{"md5"}, false), "1001", "demo-1001", 1)
	if err := a.SetKeys(second, first); err != nil {
		t.Fatal(err)
	}
	after := answer(t, a.Challenges(start, testRealm, []string{"md5"}, false), "1001", "demo-1001", 1)
	for name, h := range map[string]string{"by the previous key": before, "by the current key": after} {
		if r := a.Verify(start, register(h), seat1001(t)); r.Verdict != OK {
			t.Errorf("%s: %v", name, r.Verdict)
		}
	}
	if err := a.SetKeys(second); err != nil {
		t.Fatal(err)
	}
	if r := a.Verify(start, register(late), seat1001(t)); r.Verdict != Stale {
		t.Errorf("by a dropped key: %v", r.Verdict)
	}
}

func TestBadKeys(t *testing.T) {
	good := Key{ID: 1, Secret: []byte("0123456789abcdef")}
	for _, keys := range [][]Key{{{ID: 1, Secret: []byte("short")}}, {good, good}} {
		if _, err := New(start, keys...); err == nil {
			t.Errorf("keys %v were taken", keys)
		}
	}
	if err := newAuth(t).SetKeys(); err == nil {
		t.Error("no keys were taken")
	}
}

func TestTwoNodes(t *testing.T) {
	key := Key{ID: 1, Secret: []byte("0123456789abcdef")}
	one, two := newAuth(t, key), newAuth(t, key)
	h := answer(t, one.Challenges(start, testRealm, []string{"md5"}, false), "1001", "demo-1001", 1)
	r := two.Verify(start, register(h), seat1001(t))
	if r.Verdict != Stale || !r.Stale() {
		t.Fatalf("a nonce of the other node: %v", r.Verdict)
	}
	h = answer(t, two.Challenges(start, testRealm, []string{"md5"}, r.Stale()), "1001", "demo-1001", 1)
	if r := two.Verify(start, register(h), seat1001(t)); r.Verdict != OK {
		t.Errorf("its own: %v", r.Verdict)
	}
}

func TestUnavailable(t *testing.T) {
	a := newAuth(t)
	h := answer(t, a.Challenges(start, testRealm, []string{"md5"}, false), "1001", "demo-1001", 1)
	r := a.Verify(start, register(h), func(string) ([]seat.Credential, error) {
		return nil, fmt.Errorf("redis: %w", state.ErrUnavailable)
	})
	if r.Verdict != Unavailable || !errors.Is(r.Err, state.ErrUnavailable) {
		t.Errorf("got %v, %v", r.Verdict, r.Err)
	}
}

func TestChallenges(t *testing.T) {
	a := newAuth(t)
	got := a.Challenges(start, testRealm, []string{"sha-256", "md5"}, true)
	if len(got) != 2 || !strings.Contains(got[0], "algorithm=SHA-256") || !strings.Contains(got[1], "algorithm=MD5") {
		t.Fatalf("order of preference: %q", got)
	}
	for _, h := range got {
		if !strings.HasPrefix(h, `Digest realm="`+testRealm+`", nonce="`) || !strings.HasSuffix(h, `qop="auth", stale=true`) {
			t.Errorf("challenge %s", h)
		}
	}
	if strings.Contains(a.Challenges(start, testRealm, []string{"md5"}, false)[0], "stale") {
		t.Error("stale in a first challenge")
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, algorithm := range []string{"md5", "sha-256"} {
		b.Run(algorithm, func(b *testing.B) {
			a := newAuth(b)
			lookup := seat1001(b)
			h := answer(b, a.Challenges(start, testRealm, []string{algorithm}, false), "1001", "demo-1001", 1)
			req := register(h)
			b.ReportAllocs()
			for b.Loop() {
				a.used = newWindows(MaxNonces)
				if r := a.Verify(start, req, lookup); r.Verdict != OK {
					b.Fatal(r.Verdict)
				}
			}
		})
	}
}

func BenchmarkChallenge(b *testing.B) {
	a := newAuth(b)
	b.ReportAllocs()
	for b.Loop() {
		a.Challenges(start, testRealm, []string{"md5"}, false)
	}
}
