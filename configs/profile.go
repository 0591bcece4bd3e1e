package configs

import (
	"slices"
	"strings"

	"strowger/dialplan/source"
)

// codecs are those that a profile may name.
var codecs = []string{"PCMA", "PCMU", "G722", "G729", "opus", "telephone-event"}

// added are the headers that a profile may add, besides those of X- and P-: none of
// them is of the dialog or the message itself.
var added = []string{"subject", "organization", "priority"}

// maxAdded bounds the headers of a profile.
const maxAdded = 16

// profile reads what a trunk wants in calls.
func profile(b *source.Body, t *Trunk) {
	t.Profile.Number = "plus"
	c := b.Block("profile")
	if c == nil {
		return
	}
	p := &t.Profile
	if c.Has("codecs") {
		p.Codecs = choices(c, "codecs", nil, codecs)
	}
	p.Number = choice(c, "number", "plus", "plus", "bare", "national")
	p.UserPhone = choice(c, "user_phone", "false", "true", "false") == "true"
	p.Strip = texts(c.List("strip", false))
	for _, v := range c.List("add", false) {
		if !isAdded(v.Text) {
			c.Fault(v.At, "add: %q is no header that may be added; write \"X-NAME: VALUE\", a P- header, Subject, Organization or Priority", v.Text)
			continue
		}
		p.Add = append(p.Add, v.Text)
	}
	if len(p.Add)+len(p.Strip) > maxAdded {
		c.Fault(c.At, "a profile has at most %d headers", maxAdded)
	}
	c.Done()
}

// isAdded tells whether a line is a header that a profile may add.
func isAdded(line string) bool {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !isName(name) || strings.TrimSpace(value) == "" || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	lower := strings.ToLower(name)
	if lower == "p-asserted-identity" || lower == "p-preferred-identity" { // who calls is not a profile's to say
		return false
	}
	return slices.Contains(added, lower) || strings.HasPrefix(lower, "x-") || strings.HasPrefix(lower, "p-")
}
