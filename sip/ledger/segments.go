package ledger

import (
	"strconv"
	"strings"
)

// talk is two parties that hear each other.
type talk struct {
	leg, peer int
	from      int64 // Mono
}

// segments tells who spoke to whom when: "3-8.5 trunk:carrier seat:1002; 12-60 ...",
// in seconds since the call arrived. "" if nobody spoke to anybody.
func segments(c *calls) string {
	var text strings.Builder
	parties := map[int]string{}
	var open talk
	end := func(at int64) {
		if open.peer == 0 {
			return
		}
		if text.Len() > 0 {
			text.WriteString("; ")
		}
		first := c.Events[0].Mono
		text.WriteString(offset(first, open.from) + "-" + offset(first, at) + " " + parties[open.leg] + " " + parties[open.peer])
		open = talk{}
	}
	for _, e := range c.Events {
		switch e.Kind {
		case Arrived, Rang, Joined, Placed:
			parties[e.Leg] = e.Party
		case Segment:
			end(e.Mono)
			open = talk{leg: e.Leg, peer: e.Peer, from: e.Mono}
		case LegEnded, Moved:
			if e.Leg == open.leg || e.Leg == open.peer {
				end(e.Mono)
			}
		case Ended:
			end(e.Mono)
		case Decided, Answered, Transferred, Alarm:
		}
	}
	return text.String()
}

func offset(from, to int64) string {
	return strconv.FormatFloat(seconds(from, to), 'f', -1, 64)
}
