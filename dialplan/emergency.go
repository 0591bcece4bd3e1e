package dialplan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// AlwaysEmergency are the numbers that every tenant reaches: the British and the
// European one, and the British relay service for text phones.
var AlwaysEmergency = [...]string{"999", "112", "18000"}

// maxEmergency bounds a tenant's list, and so the cost of Match.
const maxEmergency = 32

// Emergency recognises the calls to emergency services, before and outside of
// every plan. Its zero value recognises nothing; make one with NewEmergency. Safe
// for concurrent use.
type Emergency struct {
	forms map[string]string // every way to dial -> the number
	list  []string
}

// NewEmergency returns the emergency numbers of a tenant: those of AlwaysEmergency
// if numbers is empty, else the list, which may add to them and leave none out.
func NewEmergency(n Numbering, numbers []string) (Emergency, error) {
	if len(numbers) == 0 {
		numbers = AlwaysEmergency[:]
	}
	if len(numbers) > maxEmergency {
		return Emergency{}, fmt.Errorf("%d emergency numbers; at most %d", len(numbers), maxEmergency)
	}
	var faults []error
	for _, always := range AlwaysEmergency {
		if !slices.Contains(numbers, always) {
			faults = append(faults, fmt.Errorf("the list of emergency numbers may be extended, never shortened; add %q", always))
		}
	}
	e := Emergency{forms: map[string]string{}, list: slices.Clone(numbers)}
	for _, number := range numbers {
		if len(number) < 3 || len(number) > 6 || strings.Trim(number, "0123456789") != "" {
			faults = append(faults, fmt.Errorf("%q is no emergency number; it has 3 to 6 digits", number))
			continue
		}
		for _, form := range forms(n, number) {
			if _, taken := e.forms[form]; !taken {
				e.forms[form] = number
			}
		}
	}
	return e, errors.Join(faults...)
}

// forms are the ways to dial an emergency number: as it is, behind the country
// code (phones that rewrite what is dialled do that; no real number is as short),
// and each of them behind the outside prefix.
func forms(n Numbering, number string) []string {
	out := []string{number}
	if n.Country != "" {
		out = append(out, "+"+n.Country+number)
		if n.International != "" {
			out = append(out, n.International+n.Country+number)
		}
	}
	if n.Outside != "" {
		for _, form := range slices.Clone(out) {
			out = append(out, n.Outside+form)
		}
	}
	return out
}

// Numbers are the emergency numbers of the tenant.
func (e Emergency) Numbers() []string { return slices.Clone(e.list) }

// Match tells whether what was dialled is an emergency number, and which. It takes
// the user part of a request URI, with or without what people write for the eye
// (9-999), and the service URNs of RFC 5031 (urn:service:sos), which mean the first
// number of the list.
func (e Emergency) Match(called string) (number string, ok bool) {
	called, _, _ = strings.Cut(called, ";")
	if sos(called) && len(e.list) > 0 {
		return e.list[0], true
	}
	called = strings.TrimRight(called, "#") // some phones send the key that ends dialling
	if number, ok = e.forms[called]; ok {
		return number, true
	}
	// Long enough for every form with a separator after each digit.
	const longest = 40
	if len(called) > longest {
		return "", false
	}
	number, ok = e.forms[strings.Map(dialledOnly, called)]
	return number, ok
}

// sos tells whether s is the service URN of RFC 5031 for emergencies, or one below it.
func sos(s string) bool {
	const urn = "urn:service:sos"
	return len(s) >= len(urn) && strings.EqualFold(s[:len(urn)], urn) && (len(s) == len(urn) || s[len(urn)] == '.')
}

// dialledOnly drops the characters that are written for the eye.
func dialledOnly(r rune) rune {
	if strings.ContainsRune(" -./()", r) {
		return -1
	}
	return r
}

// Place is where a seat is, as far as emergency services can ring it back.
type Place struct {
	Seat       string
	SiteNumber string // E.164 with "+"; "" is a fault
}

// Faults lists, a line each, what keeps a tenant's seats from calling for help:
// seats without a site number, no trunk, a seat whose number cannot be dialled
// because it is a way to dial an emergency number.
func (e Emergency) Faults(tenant string, places []Place, trunks []string) []string {
	var out []string
	if len(trunks) == 0 {
		out = append(out, fmt.Sprintf("tenant %q has no emergency trunk; write in its block: emergency { trunks = [\"NAME\"] }", tenant))
	}
	for _, p := range places {
		if p.SiteNumber == "" {
			out = append(out, fmt.Sprintf("seat %s of tenant %q has no site number, emergency services could not ring back; set site_number", p.Seat, tenant))
		}
		if number, ok := e.Match(p.Seat); ok {
			out = append(out, fmt.Sprintf("seat %s of tenant %q can never be called, its number reaches %s; give it another", p.Seat, tenant, number))
		}
	}
	return out
}
