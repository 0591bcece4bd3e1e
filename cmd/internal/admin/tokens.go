package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/state"
)

// tokenTable keeps the tokens of every tenant together, under a name that is no
// tenant's, because a token is looked up before its tenant is known.
var tokenTable = state.Table{Name: "tokens", Placement: state.Grouped}

const (
	tokensOwner   = "_"
	bootstrapName = "bootstrap"
	maxTokens     = 1000
	// lastUseGrain is how exact the last use is: a write for each request would
	// be one for nothing.
	lastUseGrain = time.Minute
)

var tokenName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// Errors of tokens.
var (
	errNoToken = errors.New("no valid token")
	errExpired = errors.New("the token has expired")
)

// stored is a token's record. A revoked bootstrap token stays with an empty hash,
// so that no other is made in its place.
type stored struct {
	api.Token
	Hash string `json:"hash"`
}

type tokens struct{ store state.Store }

func newTokens(s state.Store) *tokens { return &tokens{s} }

// bootstrap makes the first token of a store and writes it to a file.
func (t *tokens) bootstrap(ctx context.Context, now time.Time, file string) error {
	_, _, err := t.get(ctx, bootstrapName)
	if !errors.Is(err, state.ErrNotFound) {
		return err
	}
	secret, err := t.add(ctx, now, api.Token{Name: bootstrapName, Role: admin.String(), By: "first start"})
	if errors.Is(err, state.ErrConflict) {
		return nil // another node of the cluster has it
	}
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		return fmt.Errorf("bootstrap token: %w", err)
	}
	return nil
}

// add stores a new token and returns its secret.
func (t *tokens) add(ctx context.Context, now time.Time, a api.Token) (string, error) {
	if !tokenName.MatchString(a.Name) {
		return "", fmt.Errorf("name %q: give 1 to 32 lower-case letters, digits or -", a.Name)
	}
	all, err := t.list(ctx)
	switch {
	case err != nil:
		return "", err
	case len(all) >= maxTokens:
		return "", fmt.Errorf("there are %d tokens, no more are kept; revoke some", len(all))
	}
	raw := make([]byte, sha256.Size)
	_, _ = rand.Read(raw) // never fails
	secret := a.Name + "_" + hex.EncodeToString(raw)
	a.Created = now.UTC().Truncate(time.Second)
	return secret, t.put(ctx, stored{a, hash(secret)}, state.None, true)
}

func (t *tokens) put(ctx context.Context, s stored, expect state.Rev, durable bool) error {
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = t.store.Put(ctx, tokenTable, tokensOwner, state.Change{ID: s.Name, Value: value, Expect: expect, Durable: durable})
	return err
}

func (t *tokens) get(ctx context.Context, name string) (stored, state.Rev, error) {
	var s stored
	r, err := t.store.Get(ctx, tokenTable, tokensOwner, name)
	if err != nil {
		return s, state.None, err
	}
	return s, r.Rev, json.Unmarshal(r.Value, &s)
}

// list returns the tokens that are not revoked, in order of name.
func (t *tokens) list(ctx context.Context) ([]api.Token, error) {
	all := []api.Token{}
	var bad error
	err := t.store.List(ctx, tokenTable, tokensOwner, func(_ string, r state.Record) bool {
		var s stored
		if bad = json.Unmarshal(r.Value, &s); bad != nil {
			return false
		}
		if s.Hash != "" {
			all = append(all, s.Token)
		}
		return true
	})
	return all, errors.Join(err, bad)
}

// revoke ends a token, or returns state.ErrNotFound.
func (t *tokens) revoke(ctx context.Context, name string) error {
	s, rev, err := t.get(ctx, name)
	if err == nil && s.Hash == "" {
		err = state.ErrNotFound
	}
	if err != nil {
		return err
	}
	if name == bootstrapName {
		s.Hash = ""
		return t.put(ctx, s, state.Any, true)
	}
	_, err = t.store.Put(ctx, tokenTable, tokensOwner, state.Change{ID: name, Expect: rev, Durable: true})
	if errors.Is(err, state.ErrConflict) { // only its last use was written meanwhile
		_, err = t.store.Put(ctx, tokenTable, tokensOwner, state.Change{ID: name, Expect: state.Any, Durable: true})
	}
	return err
}

// identify returns whom a secret belongs to.
func (t *tokens) identify(ctx context.Context, now time.Time, secret string) (identity, error) {
	name, _, ok := strings.Cut(secret, "_")
	if !ok || !tokenName.MatchString(name) {
		return identity{}, errNoToken
	}
	s, rev, err := t.get(ctx, name)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return identity{}, errNoToken
	case err != nil:
		return identity{}, err
	case subtle.ConstantTimeCompare([]byte(s.Hash), []byte(hash(secret))) != 1:
		return identity{}, errNoToken
	case !s.Expires.IsZero() && !now.Before(s.Expires):
		return identity{}, errExpired
	}
	level, err := parseRole(s.Role)
	if err != nil {
		return identity{}, err
	}
	if now.Sub(s.LastUsed) >= lastUseGrain {
		s.LastUsed = now.UTC().Truncate(time.Second)
		_ = t.put(ctx, s, rev, false) // another request may have written it
	}
	return identity{name: "token:" + name, grants: []grant{{level, s.Tenant}}}, nil
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
