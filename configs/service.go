package configs

import (
	"regexp"

	"strowger/dialplan/service"
	"strowger/dialplan/source"
)

// maxSeatCalls bounds the calls at once of a seat.
const maxSeatCalls = 10_000

var prefixSyntax = regexp.MustCompile(`^\+[1-9][0-9]{0,14}$`)

// service reads the block service of a tenant, whose numbering is known.
func (r *reader) service(b *source.Body, t *Tenant) {
	fallback, at := "", b.At
	var supervisors []string
	var destinations []service.Destination
	var classes []service.Class
	if s := b.Block("service"); s != nil {
		at = s.At
		fallback = s.String("default_class", "")
		supervisors = texts(s.List("supervisors", false))
		t.SeatCalls = s.Int("seat_calls", 0, 0, maxSeatCalls)
		for _, d := range s.Blocks("destination", 1, 1) {
			destinations = append(destinations, destination(d))
		}
		for _, c := range s.Blocks("class", 1, 1) {
			classes = append(classes, service.Class{Name: named(c), Destinations: texts(c.List("destinations", false))})
			c.Done()
		}
		if len(destinations) > service.MaxDestinations || len(classes) > service.MaxClasses {
			s.Fault(at, "service has %d destinations and %d classes; give at most %d and %d", len(destinations), len(classes), service.MaxDestinations, service.MaxClasses)
		}
		s.Done()
	}
	var err error
	if t.Service, err = service.New(t.Numbering.Country, fallback, destinations, classes); err != nil {
		b.Fault(at, "tenant %q: %v", t.Name, err)
		return
	}
	if err = t.Service.LetSupervise(supervisors); err != nil {
		b.Fault(at, "tenant %q: %v", t.Name, err)
	}
}

func destination(b *source.Body) service.Destination {
	const most = 1_000_000
	d := service.Destination{Name: named(b), Alarm: service.Alarm{
		SeatCalls: b.Int("seat_calls", 0, 0, most), SeatMinutes: b.Int("seat_minutes", 0, 0, most),
		TrunkCalls: b.Int("trunk_calls", 0, 0, most), TrunkMinutes: b.Int("trunk_minutes", 0, 0, most),
	}}
	for _, v := range b.List("prefixes", false) {
		if !prefixSyntax.MatchString(v.Text) {
			b.Fault(v.At, "%q is no beginning of a number; write it with country code: prefixes = [\"+449\"]", v.Text)
		}
		d.Prefixes = append(d.Prefixes, v.Text)
	}
	if len(d.Prefixes) > service.MaxPrefixes {
		b.Fault(b.Pos("prefixes"), "%s has %d prefixes; give at most %d", b.Name(), len(d.Prefixes), service.MaxPrefixes)
	}
	b.Done()
	return d
}

// named is the label of a block, which is a name.
func named(b *source.Body) string {
	if !isName(b.Labels[0]) {
		b.Fault(b.At, "%s: a name has letters, digits and -, at most 63", b.Name())
	}
	return b.Labels[0]
}
