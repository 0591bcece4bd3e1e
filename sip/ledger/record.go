package ledger

import (
	"cmp"
	"strings"
	"time"
)

// CDR is the summary of one call.
type CDR struct {
	Call        string  `json:"call"`
	Node        string  `json:"node"`
	Tenant      string  `json:"tenant"`
	From        string  `json:"from"`
	To          string  `json:"to"`
	Caller      string  `json:"caller"`   // party of leg 1
	Answerer    string  `json:"answerer"` // party that answered; "" if none
	Entry       string  `json:"entry"`    // of the plan
	Start       string  `json:"start"`    // UTC with milliseconds
	Answer      string  `json:"answer"`   // "" if nobody answered
	End         string  `json:"end"`
	Duration    float64 `json:"duration"`    // seconds from arrival to end
	Billable    float64 `json:"billable"`    // seconds from answer to end
	Disposition string  `json:"disposition"` // answered, no answer, unreachable, busy, failed, cancelled, node lost
	Status      int     `json:"status"`      // SIP
	Q850        int     `json:"q850"`
	Reason      string  `json:"reason"`
	By          string  `json:"by"` // who ended it
	Emergency   bool    `json:"emergency"`
	SIPCallID   string  `json:"sip_call_id"`
	// The numbers by which the call came, and whether the called party saw neither.
	Network      string `json:"network_number"`
	Presentation string `json:"presentation_number"`
	Withheld     bool   `json:"withheld"`
	SessionID    string `json:"session_id"` // the caller's (RFC 7989)
	Segments     string `json:"segments"`   // who spoke to whom when: see segments
}

// LegRecord is one leg of a call.
type LegRecord struct {
	Call      string  `json:"call"`
	Leg       int     `json:"leg"`
	Node      string  `json:"node"`
	Tenant    string  `json:"tenant"`
	Party     string  `json:"party"`
	Start     string  `json:"start"`
	End       string  `json:"end"`
	Duration  float64 `json:"duration"` // seconds
	Answered  bool    `json:"answered"`
	Status    int     `json:"status"`
	Q850      int     `json:"q850"`
	SIPCallID string  `json:"sip_call_id"`
	SessionID string  `json:"session_id"` // the party's (RFC 7989)
	Media
}

const timeLayout = "2006-01-02T15:04:05.000Z"

// summary makes the CDR of an ended call.
func summary(c *calls) CDR {
	first, last := c.Events[0], c.Events[len(c.Events)-1]
	r := CDR{
		Call: first.Call, Node: first.Node, Tenant: first.Tenant, From: first.From, To: first.To,
		Caller: first.Party, Start: first.At.Format(timeLayout), End: last.At.Format(timeLayout),
		Duration: seconds(first.Mono, last.Mono), Status: last.Status, Q850: last.Q850, Reason: last.Reason,
		By: last.By, Emergency: first.Emergency, SIPCallID: first.SIPCallID,
		Network: first.Network, Presentation: first.Presentation, Withheld: first.Withheld, SessionID: first.SessionID,
	}
	parties := map[int]string{}
	for _, e := range c.Events {
		switch e.Kind {
		case Decided:
			if r.Entry == "" { // later ones are transfers
				r.Entry, _, _ = strings.Cut(e.Detail, "; ")
			}
		case Rang, Joined, Placed:
			parties[e.Leg] = e.Party
		case Answered:
			if r.Answer == "" {
				r.Answer, r.Billable = e.At.Format(timeLayout), seconds(e.Mono, last.Mono)
				r.Answerer = e.Party
				if r.Answerer == "" {
					r.Answerer = parties[e.Leg]
				}
			}
		case Arrived, Segment, LegEnded, Transferred, Moved, Ended, Alarm:
		}
	}
	r.Disposition, r.Segments = disposition(r), segments(c)
	return r
}

func disposition(r CDR) string {
	switch {
	case r.By == "node lost":
		return "node lost"
	case r.Answer != "":
		return "answered"
	case r.Status == 487:
		return "cancelled"
	case r.Status == 486 || r.Status == 600:
		return "busy"
	case r.Status == 480 && r.Q850 == 20: // subscriber absent
		return "unreachable"
	case r.Status == 480 || r.Status == 408:
		return "no answer"
	default:
		return "failed"
	}
}

// legs makes the leg records of an ended call.
func legs(c *calls) []LegRecord {
	last := c.Events[len(c.Events)-1]
	var rows []LegRecord
	began := map[int]Event{}
	answered := map[int]bool{}
	for _, e := range c.Events {
		switch e.Kind {
		case Arrived, Rang, Joined:
			began[e.Leg] = e
			answered[e.Leg] = e.Kind == Joined
		case Answered:
			answered[e.Leg], answered[1] = true, true
		case LegEnded, Moved:
			rows = append(rows, legRecord(began[e.Leg], e, answered[e.Leg]))
			delete(began, e.Leg)
		case Decided, Segment, Transferred, Placed, Ended, Alarm:
		}
	}
	for id := 1; len(began) > 0 && id <= len(c.Events); id++ { // left open by a lost node
		if b, ok := began[id]; ok {
			e := last
			e.Leg = id
			rows = append(rows, legRecord(b, e, answered[id]))
			delete(began, id)
		}
	}
	return rows
}

func legRecord(b, e Event, answered bool) LegRecord {
	r := LegRecord{
		Call: e.Call, Leg: e.Leg, Node: e.Node, Tenant: e.Tenant, Party: b.Party, SIPCallID: b.SIPCallID,
		Start: b.At.Format(timeLayout), End: e.At.Format(timeLayout), Duration: seconds(b.Mono, e.Mono),
		Answered: answered, Status: e.Status, Q850: e.Q850,
	}
	r.SessionID = cmp.Or(b.SessionID, e.SessionID)
	if e.Media != nil {
		r.Media = *e.Media
	}
	return r
}

// seconds between two readings of the monotonic clock; 0 if they are not of one
// process.
func seconds(from, to int64) float64 {
	return max(time.Duration(to-from).Round(time.Millisecond).Seconds(), 0)
}
