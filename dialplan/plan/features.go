package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/source"
)

// cases are those of a forward.
var cases = []string{"always", "busy", "no-answer", "unregistered"}

func readForward(b *source.Body) dialplan.Step {
	f := dialplan.Forward{When: b.String("when", "")}
	switch {
	case !b.Has("when"):
		b.Fault(b.At, "forward needs when; write: when = \"always\"")
	case !slices.Contains(cases, f.When):
		b.Fault(b.Pos("when"), "%q is no case of a forward; %s", f.When, source.Suggest(f.When, cases))
	}
	return f
}

func readQuiet(b *source.Body) dialplan.Step {
	set := b.String("set", "")
	switch {
	case !b.Has("set"):
		b.Fault(b.At, "dnd needs set; write: set = \"on\" or set = \"off\"")
	case set != "on" && set != "off":
		b.Fault(b.Pos("set"), "%q is neither on nor off", set)
	}
	return dialplan.DoNotDisturb{On: set == "on"}
}

func readPickup(*source.Body) dialplan.Step { return dialplan.Pickup{} }

func readRetrieve(*source.Body) dialplan.Step { return dialplan.Retrieve{} }

// Limits of a park step.
const (
	maxPlaces   = 100
	defaultPark = 2 * time.Minute
	longestPark = time.Hour
)

func readPark(b *source.Body) dialplan.Step {
	text := b.String("places", "")
	p := dialplan.Park{Timeout: b.Duration("timeout", defaultPark, 10*time.Second, longestPark)}
	first, last, _ := strings.Cut(text, "-")
	if last == "" {
		last = first
	}
	var err error
	if p.First, err = strconv.Atoi(first); err == nil {
		p.Last, err = strconv.Atoi(last)
	}
	switch {
	case !b.Has("places"):
		b.Fault(b.At, "park needs places; write: places = \"701-709\"")
	case err != nil || !digits(first) || len(first) != len(last) || first[0] == '0' || p.Last < p.First:
		b.Fault(b.Pos("places"), "%q are no places; write two numbers of the same length, such as 701-709", text)
	case p.Last-p.First >= maxPlaces:
		b.Fault(b.Pos("places"), "%q are %d places; at most %d", text, p.Last-p.First+1, maxPlaces)
	}
	return p
}

// completeFeature puts what was dialled into a step; it is the same step if nothing is
// to be put there.
func (e *Entry) completeFeature(step dialplan.Step, called string) dialplan.Step {
	switch s := step.(type) {
	case dialplan.Forward:
		s.Number = e.behind(called)
		return s
	case dialplan.Pickup:
		s.Seat = e.behind(called)
		return s
	case dialplan.Park:
		return parkAt(s, e.behind(called))
	case dialplan.Retrieve:
		s.Place = called
		return s
	}
	return e.completeMix(step, called)
}

// parkAt is a park at a place that was dialled, "" for any.
func parkAt(p dialplan.Park, place string) dialplan.Step {
	p.Place = place
	if n, err := strconv.Atoi(place); place != "" && (err != nil || n < p.First || n > p.Last) {
		return dialplan.Reject{Status: 404, Reason: "There is no place " + place}
	}
	return p
}

// describeFeature is a step in one line, "" if it is none of a desk phone's.
func describeFeature(step dialplan.Step) string {
	switch s := step.(type) {
	case dialplan.Forward:
		return describeForward(s)
	case dialplan.DoNotDisturb:
		return describeQuiet(s)
	case dialplan.Pickup:
		return strings.TrimSpace("pickup " + s.Seat)
	case dialplan.Park:
		text := fmt.Sprintf("park at %d-%d for %v", s.First, s.Last, s.Timeout)
		if s.Place != "" {
			text = fmt.Sprintf("park at %s for %v", s.Place, s.Timeout)
		}
		return text
	case dialplan.Retrieve:
		return strings.TrimSpace("retrieve " + s.Place)
	}
	return describeMix(step)
}

// behind is what was dialled where the pattern of a feature code has its ".", without
// the "#" that ends it; "" for a pattern without one.
func (e *Entry) behind(called string) string {
	fixed, open := strings.CutSuffix(e.Pattern, ".")
	if !open || len(called) < len(fixed) {
		return ""
	}
	return strings.TrimSuffix(called[len(fixed):], "#")
}

// describeForward is a forward in one line.
func describeForward(f dialplan.Forward) string {
	text := "forward " + f.When
	if f.Number != "" {
		text += " to " + f.Number
	}
	return text
}

func describeQuiet(d dialplan.DoNotDisturb) string {
	if d.On {
		return "dnd on"
	}
	return "dnd off"
}
