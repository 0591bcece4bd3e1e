package plan

import (
	"fmt"
	"slices"
	"strings"

	"strowger/dialplan"
	"strowger/dialplan/source"
)

// modes are the ways to supervise.
var modes = []string{"listen", "whisper", "barge"}

func readSupervise(b *source.Body) dialplan.Step {
	s := dialplan.Supervise{Mode: b.String("mode", "")}
	switch {
	case !b.Has("mode"):
		b.Fault(b.At, "supervise needs mode; write: mode = \"listen\"")
	case !slices.Contains(modes, s.Mode):
		b.Fault(b.Pos("mode"), "%q is no way to supervise; %s", s.Mode, source.Suggest(s.Mode, modes))
	}
	return s
}

// Limits of a conference step.
const (
	maxMembers = 30
	maxRoom    = 32 // bytes of its name
	minPIN     = 4  // digits
	maxPIN     = 12
)

func readConference(b *source.Body) dialplan.Step {
	c := dialplan.Conference{
		Room: b.String("room", ""), Limit: b.Int("limit", maxMembers, 2, maxMembers),
		PIN: b.String("pin", ""), Music: b.String("alone", aloneSilence) == aloneMusic,
	}
	if b.Has("room") && (c.Room == "" || len(c.Room) > maxRoom || strings.Trim(c.Room, roomBytes) != "") {
		b.Fault(b.Pos("room"), "%q is no name of a conference; write digits, small letters and -, at most %d", c.Room, maxRoom)
	}
	if b.Has("pin") && (len(c.PIN) < minPIN || len(c.PIN) > maxPIN || strings.Trim(c.PIN, "0123456789") != "") {
		b.Fault(b.Pos("pin"), "the PIN of a conference has %d to %d digits", minPIN, maxPIN) // and is not shown
	}
	if a := b.String("alone", aloneSilence); a != aloneSilence && a != aloneMusic {
		b.Fault(b.Pos("alone"), "%q is nothing to hear; %s", a, source.Suggest(a, []string{aloneSilence, aloneMusic}))
	}
	return c
}

// What who is alone in a conference hears.
const (
	aloneSilence = "silence"
	aloneMusic   = "music"
)

const roomBytes = "0123456789abcdefghijklmnopqrstuvwxyz-"

// completeMix puts what was dialled into a step of more than two parties.
func (e *Entry) completeMix(step dialplan.Step, called string) dialplan.Step {
	switch s := step.(type) {
	case dialplan.Supervise:
		if s.Seat = e.behind(called); s.Seat == "" {
			return dialplan.Reject{Status: 484, Reason: "Dial the seat behind " + called}
		}
		return s
	case dialplan.Conference:
		if s.Room == "" {
			s.Room = e.behind(called)
		}
		if s.Room == "" {
			s.Room = called
		}
		if len(s.Room) > maxRoom {
			return dialplan.Reject{Status: 484, Reason: "The conference has too long a number"}
		}
		return s
	}
	return step
}

// describeMix is such a step in one line, "" for any other.
func describeMix(step dialplan.Step) string {
	switch s := step.(type) {
	case dialplan.Supervise:
		return strings.TrimSpace(s.Mode + " " + s.Seat)
	case dialplan.Conference:
		text := fmt.Sprintf("%s of %d at the most", strings.TrimSpace("conference "+s.Room), s.Limit)
		if s.PIN != "" {
			text += ", by PIN"
		}
		return text
	}
	return ""
}
