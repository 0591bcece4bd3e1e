package seat

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"strowger/media"
	"strowger/media/sdp"
)

// Limits of a seat's texts, in bytes.
const (
	maxText  = 128 // name, address, network
	maxRealm = 64

	maxCalls = 10_000 // at once, of a seat that says how many
)

var (
	tenantSyntax = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	numberSyntax = regexp.MustCompile(`^[0-9]{2,15}$`)
	e164Syntax   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	realmSyntax  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	wordSyntax   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)
	trunkSyntax  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// Validate returns every fault of the seat, joined; each says what to write.
func (s Seat) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !tenantSyntax.MatchString(s.Tenant) {
		bad("tenant %q: give 1 to 63 lower-case letters, digits, - or _", s.Tenant)
	}
	if !numberSyntax.MatchString(s.Number) {
		bad("number %q: give 2 to 15 digits", s.Number)
	}
	if s.Network == "" && s.Reached == "" {
		bad("network is missing: name the network where the phone sits")
	}
	for _, f := range []struct{ name, value string }{
		{"name", s.Name}, {"network", s.Network}, {"address", s.Address},
	} {
		if err := checkText(f.name, f.value); err != nil {
			errs = append(errs, err)
		}
	}
	for _, f := range []struct{ name, value string }{
		{"presentation", s.Presentation}, {"site_number", s.SiteNumber},
	} {
		if f.value != "" && !e164Syntax.MatchString(f.value) {
			bad("%s %q: give the number as +441632960123", f.name, f.value)
		}
	}
	if s.Desk != "" && !isNumber(s.Desk) {
		bad("desk %q: give a seat as 1001 or a number as +441632960123", s.Desk)
	}
	if trunk, number, ok := strings.Cut(s.Reached, ":"); s.Reached != "" &&
		(!ok || !trunkSyntax.MatchString(trunk) || !isNumber(number)) {
		bad("reached %q: give a number behind any trunk as trunk:+441632960123, or behind one as carrier:+441632960123", s.Reached)
	}
	for _, f := range []struct{ name, value string }{{"pickup", s.Pickup}, {"ring", s.Ring}} {
		if f.value != "" && !wordSyntax.MatchString(f.value) {
			bad("%s %q: give a word of at most 32 letters, digits, -, . or _", f.name, f.value)
		}
	}
	errs = append(errs, checkWord("srtp", s.SRTP, sdp.Securities()), checkWord("latch", s.Latch, media.Latches()), s.checkService(), s.Set().Validate(s.Number), checkCredentials(s.Credentials))
	return errors.Join(errs...)
}

// checkWord checks a setting that its network has too.
func checkWord(name, value string, words []string) error {
	if value != "" && !slices.Contains(words, value) {
		return fmt.Errorf("%s %q: give %s, or nothing for what the network says", name, value, strings.Join(words, ", "))
	}
	return nil
}

// checkService checks what the seat may call, how, and the music.
func (s Seat) checkService() error {
	switch {
	case !slices.Contains([]string{"", "auto", "rfc4733", "info", "inband"}, s.DTMF):
		return fmt.Errorf("dtmf %q: give auto, rfc4733, info or inband", s.DTMF)
	case s.Class != "" && !trunkSyntax.MatchString(s.Class):
		return fmt.Errorf("class %q: give the name of a class of service, such as national", s.Class)
	case s.Music != "" && !trunkSyntax.MatchString(s.Music):
		return fmt.Errorf("music %q: give the name of a class of music on hold, such as default", s.Music)
	case s.Calls < 0 || s.Calls > maxCalls:
		return fmt.Errorf("calls %d: give 1 to %d, or 0 for what the tenant says", s.Calls, maxCalls)
	}
	return nil
}

// isNumber tells whether a text is an extension or a number in E.164.
func isNumber(s string) bool { return numberSyntax.MatchString(s) || e164Syntax.MatchString(s) }

// checkText refuses what breaks a line, a SIP header or a spreadsheet.
func checkText(name, value string) error {
	switch {
	case len(value) > maxText:
		return fmt.Errorf("%s has %d bytes: give at most %d", name, len(value), maxText)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }):
		return fmt.Errorf("%s %q: control characters and broken UTF-8 are not allowed", name, value)
	case value != strings.TrimSpace(value):
		return fmt.Errorf("%s %q: remove the space at its ends", name, value)
	case value != "" && strings.ContainsRune("=+-@", rune(value[0])):
		return fmt.Errorf("%s %q: it cannot begin with = + - or @, which spreadsheets take for a formula", name, value)
	}
	return nil
}

func checkCredentials(credentials []Credential) error {
	seen := make(map[string]bool)
	for _, c := range credentials {
		switch length := hashLength(c.Algorithm); {
		case length == 0:
			return fmt.Errorf("algorithm %q: give %s or %s", c.Algorithm, MD5, SHA256)
		case seen[c.Algorithm]:
			return fmt.Errorf("two secrets for %s: give one", c.Algorithm)
		case len(c.HA1) != length || strings.Trim(c.HA1, "0123456789abcdef") != "":
			return fmt.Errorf("HA1 for %s: give %d lower-case hex digits", c.Algorithm, length)
		case c.Realm != credentials[0].Realm:
			return fmt.Errorf("realms %q and %q: a seat has one", credentials[0].Realm, c.Realm)
		}
		if err := checkRealm(c.Realm); err != nil {
			return err
		}
		seen[c.Algorithm] = true
	}
	return nil
}

func checkRealm(realm string) error {
	if len(realm) > maxRealm || !realmSyntax.MatchString(realm) {
		return fmt.Errorf("realm %q: give a name like demo.example, at most %d letters, digits, . - or _", realm, maxRealm)
	}
	return nil
}
