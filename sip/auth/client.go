package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/icholy/digest"
)

// ErrNoChallenge means that none of the challenges can be answered.
var ErrNoChallenge = errors.New("no challenge with a known algorithm and qop auth")

// strength orders the algorithms that Answer may use, the best last.
var strength = []string{"", "MD5", "SHA-256"}

// Answer returns the value of Authorization (to a 401) or Proxy-Authorization (to
// a 407) for the strongest of the challenges, the values of WWW-Authenticate or
// Proxy-Authenticate; of equals the first (RFC 8760 section 2.5). Uri is the
// Request-URI; nc counts the requests sent with this nonce, from 1. Whether the
// peer is trusted with an answer is the caller's to know. The error is
// ErrNoChallenge or wraps it.
func Answer(challenges []string, method, uri, user, password string, nc int) (string, error) {
	var best *digest.Challenge
	bestRank := -1
	for _, text := range challenges[:min(len(challenges), MaxHeaders)] {
		c, rank := parseChallenge(text)
		if rank > bestRank {
			best, bestRank = c, rank
		}
	}
	if best == nil {
		return "", ErrNoChallenge
	}
	answer, err := digest.Digest(best, digest.Options{
		Method: method, URI: uri, Username: user, Password: password, Count: nc,
	})
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoChallenge, err)
	}
	return answer.String(), nil
}

// parseChallenge returns a challenge and its rank in strength, below 0 if it
// cannot be answered.
func parseChallenge(text string) (*digest.Challenge, int) {
	if len(text) > MaxHeader {
		return nil, -1
	}
	c, err := digest.ParseChallenge(strings.TrimSpace(text))
	if err != nil || c.Nonce == "" {
		return nil, -1
	}
	for i := range c.QOP {
		c.QOP[i] = strings.TrimSpace(c.QOP[i])
	}
	if len(c.QOP) > 0 && !c.SupportsQOP("auth") {
		return nil, -1
	}
	return c, slices.Index(strength, strings.ToUpper(c.Algorithm))
}
