// Package service says what a seat may call: numbers belong to destinations, by their
// prefixes, and a class of service is a set of destinations.
//
// # Destinations
//
// National, Mobile, International and Premium are always there; a tenant may give them
// other prefixes and have more of its own. The longest prefix decides; a number with no
// prefix is National in the tenant's country and International elsewhere. Prefixes of
// the United Kingdom are those of Ofcom's National Telephone Numbering Plan: 07 is
// mobile but for 070 (personal numbers) and 076 (pagers), which cost what 09, 084, 087
// (service charge) and 118 (directory enquiries) do: Premium. So do the world's
// satellite, shared-cost and premium-rate codes (ITU-T E.164 Annex D).
//
// # Classes
//
// Five classes are always there, each with all that the one before may call: internal,
// national, mobile, international, premium. Calls within the tenant are nobody's to
// forbid here, and emergency calls are recognised before any class. Who may supervise
// others is a matter of class too.
package service

import (
	"fmt"
	"slices"
	"strings"
)

// The destinations that are always there, and classes of their names, in order.
const (
	Internal      = "internal"
	National      = "national"
	Mobile        = "mobile"
	International = "international"
	Premium       = "premium"
)

// ladder are the classes that are always there.
var ladder = []string{Internal, National, Mobile, International, Premium}

// Limits.
const (
	MaxDestinations = 32
	MaxClasses      = 32
	MaxPrefixes     = 1000 // of a destination
)

// Destination is a kind of number.
type Destination struct {
	Name string
	// Prefixes are the beginnings of its numbers in E.164: "+449". Of a destination that
	// is always there none means the usual ones.
	Prefixes []string
	Alarm    Alarm
}

// Alarm is what a party may call of a destination, in any hour, before an alarm tells
// of it. A field of 0 tells of nothing.
type Alarm struct {
	SeatCalls, SeatMinutes   int // of one seat
	TrunkCalls, TrunkMinutes int // of all calls by one trunk
}

// Class is a set of destinations by its name.
type Class struct {
	Name         string
	Destinations []string
}

// Policy is what a tenant's seats may call. The zero value is not usable: see New.
type Policy struct {
	country  string   // "+44"
	usual    string   // class of seats that have none
	prefixes []prefix // longest first
	classes  map[string][]string
	alarms   map[string]Alarm
	// supervisors are the classes whose seats may supervise others.
	supervisors []string
}

type prefix struct{ digits, destination string }

// usual are the prefixes of destinations that are always there, by country.
var usual = map[string]map[string][]string{
	"+44": {
		Mobile:  {"+447", "+447624"}, // 07624 is the Isle of Man's, among the pagers
		Premium: {"+449", "+4484", "+4487", "+44118", "+4470", "+4476"},
	},
}

// costly are prefixes that cost most from everywhere: satellites, shared cost,
// networks without a country, premium rate.
var costly = []string{"+808", "+870", "+878", "+881", "+882", "+883", "+888", "+979"}

// New returns a policy of a country code ("44"), whose seats without a class have the
// class fallback; "" means Premium, which may call everything. Names are checked.
func New(country, fallback string, own []Destination, classes []Class) (*Policy, error) {
	p := &Policy{country: "+" + country, usual: fallback, classes: map[string][]string{}, alarms: map[string]Alarm{}}
	if p.usual == "" {
		p.usual = Premium
	}
	names := slices.Clone(ladder)
	given := map[string][]string{Premium: costly}
	for name, list := range usual[p.country] {
		given[name] = append(slices.Clone(list), given[name]...)
	}
	for _, d := range own {
		if !slices.Contains(names, d.Name) {
			names = append(names, d.Name)
		}
		if len(d.Prefixes) > 0 {
			given[d.Name] = d.Prefixes
		}
		p.alarms[d.Name] = d.Alarm
	}
	for name, list := range given {
		for _, digits := range list {
			p.prefixes = append(p.prefixes, prefix{digits, name})
		}
	}
	slices.SortFunc(p.prefixes, func(a, b prefix) int {
		if len(a.digits) != len(b.digits) {
			return len(b.digits) - len(a.digits)
		}
		return strings.Compare(a.digits+a.destination, b.digits+b.destination)
	})
	for i, name := range ladder {
		p.classes[name] = ladder[1 : i+1]
	}
	p.classes[Premium] = names // its own destinations too
	for _, c := range classes {
		for _, d := range c.Destinations {
			if !slices.Contains(names, d) {
				return nil, fmt.Errorf("class %q: there is no destination %q; known are %s", c.Name, d, strings.Join(names[1:], ", "))
			}
		}
		p.classes[c.Name] = c.Destinations
	}
	return p, p.unique(fallback)
}

func (p *Policy) unique(fallback string) error {
	for i, one := range p.prefixes[:max(len(p.prefixes)-1, 0)] {
		if next := p.prefixes[i+1]; next.digits == one.digits {
			return fmt.Errorf("prefix %s is of the destinations %q and %q; give it to one", one.digits, one.destination, next.destination)
		}
	}
	if fallback != "" && !p.Has(fallback) {
		return fmt.Errorf("there is no class %q; known are %s", fallback, strings.Join(p.Classes(), ", "))
	}
	return nil
}

// Has tells whether there is a class of that name.
func (p *Policy) Has(class string) bool {
	_, ok := p.classes[class]
	return ok
}

// Classes are the names of all classes.
func (p *Policy) Classes() []string {
	names := make([]string, 0, len(p.classes))
	for name := range p.classes {
		if !slices.Contains(ladder, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return append(slices.Clone(ladder), names...)
}

// Of is the destination of a number in E.164, or of a short one of the country, such as
// 101 or 118500.
func (p *Policy) Of(number string) string {
	if !strings.HasPrefix(number, "+") {
		number = p.country + number
	}
	for _, one := range p.prefixes {
		if strings.HasPrefix(number, one.digits) {
			return one.destination
		}
	}
	if strings.HasPrefix(number, p.country) {
		return National
	}
	return International
}

// Class is the class of a seat: its own, or that of seats without one.
func (p *Policy) Class(own string) string {
	if own == "" {
		return p.usual
	}
	return own
}

// May tells whether seats of a class, "" for none of their own, may call a destination.
// A class that there is not may call nothing.
func (p *Policy) May(class, destination string) bool {
	return destination == Internal || slices.Contains(p.classes[p.Class(class)], destination)
}

// LetSupervise names the classes whose seats may listen to others, whisper and barge in.
// Without it none may.
func (p *Policy) LetSupervise(classes []string) error {
	for _, c := range classes {
		if !p.Has(c) {
			return fmt.Errorf("supervisors: there is no class %q; known are %s", c, strings.Join(p.Classes(), ", "))
		}
	}
	p.supervisors = classes
	return nil
}

// MaySupervise tells whether seats of a class, "" for none of their own, may supervise
// others. No policy lets nobody.
func (p *Policy) MaySupervise(class string) bool {
	return p != nil && slices.Contains(p.supervisors, p.Class(class))
}

// Alarm is that of a destination.
func (p *Policy) Alarm(destination string) Alarm { return p.alarms[destination] }
