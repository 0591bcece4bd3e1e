package auth

import "strings"

// Realm is that of a challenge, "" if it cannot be read.
func Realm(challenge string) string {
	c, rank := parseChallenge(challenge)
	if rank < 0 {
		return ""
	}
	return c.Realm
}

// SaysStale tells whether challenges say that only our nonce was too old.
func SaysStale(challenges []string) bool {
	for _, c := range challenges {
		lower := strings.ToLower(strings.ReplaceAll(c, " ", ""))
		if strings.Contains(lower, "stale=true") || strings.Contains(lower, `stale="true"`) {
			return true
		}
	}
	return false
}
