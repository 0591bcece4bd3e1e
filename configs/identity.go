package configs

import (
	"strings"

	"strowger/dialplan/number"
	"strowger/dialplan/source"
)

// maxPresents bounds the patterns of a tenant, which each call out is held against.
const maxPresents = 256

// presents reads which numbers a tenant's seats may present.
func presents(b *source.Body, t *Tenant) {
	for _, v := range b.List("presents", false) {
		if !isPattern(v.Text) {
			b.Fault(v.At, "%q is no range of numbers; write them with country code, X for any last digit: presents = [\"+4416329600XX\"]", v.Text)
		}
		t.Presents = append(t.Presents, v.Text)
	}
	if len(t.Presents) > maxPresents {
		b.Fault(b.Pos("presents"), "presents has %d ranges; at most %d", len(t.Presents), maxPresents)
	}
	t.Presentation = b.String("presentation", "")
	switch {
	case t.Presentation == "":
	case !number.Valid(t.Presentation):
		b.Fault(b.Pos("presentation"), "%q is no number; write it with country code: presentation = \"+441632960000\"", t.Presentation)
	case len(t.Presents) > 0 && !number.InRange(t.Presents, t.Presentation):
		b.Fault(b.Pos("presentation"), "presentation %s is none of the numbers in presents", t.Presentation)
	}
}

// isPattern tells whether s is E.164 whose last digits may be X.
func isPattern(s string) bool {
	digits := strings.TrimRight(s, "X")
	return len(digits) > 2 && number.Valid(digits+strings.Repeat("0", len(s)-len(digits)))
}

// trust reads how far a trunk is believed, and what it may do.
func trust(b *source.Body, t *Trunk) {
	t.Trusted = choice(b, "trusted", "false", "false", "true") == "true"
	t.RemotePartyID = choice(b, "remote_party_id", "false", "false", "true") == "true"
	t.Transfers = choice(b, "transfers", "false", "false", "true") == "true"
	if t.RemotePartyID && !t.Trusted {
		b.Fault(b.Pos("remote_party_id"), "%s: remote_party_id is for trunks that are believed; write also: trusted = true", b.Name())
	}
}
