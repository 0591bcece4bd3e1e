package ledger

import (
	"math"
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
	// What came from the caller, and from who answered: loss in percent, jitter by RFC
	// 3550 and the score of the E-model (ITU-T G.107), 0 if nothing came.
	CallerLoss     float64 `json:"caller_loss_pct"`
	CallerJitter   float64 `json:"caller_jitter_ms"`
	CallerMOS      float64 `json:"caller_mos"`
	AnswererLoss   float64 `json:"answerer_loss_pct"`
	AnswererJitter float64 `json:"answerer_jitter_ms"`
	AnswererMOS    float64 `json:"answerer_mos"`
	Version        string  `json:"plan_version"` // of the plan that decided; "" if it was not asked
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
func summary(c *call) CDR {
	last := c.last
	r := CDR{
		Call: last.Call, Node: last.Node, Tenant: c.Tenant, From: c.From, To: c.To,
		Caller: c.Caller.Party, Answerer: c.Answerer, Entry: c.Entry,
		Start: c.Arrived.At.Format(timeLayout), End: last.At.Format(timeLayout),
		Duration: seconds(c.Arrived.Mono, last.Mono), Status: last.Status, Q850: last.Q850, Reason: last.Reason,
		By: last.By, Emergency: c.Emergency, SIPCallID: c.Caller.SIPCallID,
		Network: c.Network, Presentation: c.Shown, Withheld: c.Withheld, SessionID: c.Caller.SessionID,
		Segments: c.Talks, Version: c.Version,
	}
	if !c.Answered.At.IsZero() {
		r.Answer, r.Billable = c.Answered.At.Format(timeLayout), seconds(c.Answered.Mono, last.Mono)
	}
	r.Disposition = disposition(r)
	r.CallerLoss, r.CallerJitter, r.CallerMOS = c.quality(func(l *endedLeg) bool { return l.ID == 1 })
	r.AnswererLoss, r.AnswererJitter, r.AnswererMOS = c.quality(func(l *endedLeg) bool {
		return l.ID != 1 && l.Answered && l.Party == c.Answerer
	})
	return r
}

// quality is how the sound was of the first leg that is meant.
func (c *call) quality(meant func(*endedLeg) bool) (loss, jitter, mos float64) {
	for i := range c.Ended {
		if m := c.Ended[i].Media; m != nil && meant(&c.Ended[i]) {
			return math.Round(10000*m.Loss()) / 100, m.JitterMs, math.Round(100*m.MOS) / 100
		}
	}
	return 0, 0, 0
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
func legs(c *call) []LegRecord {
	var rows []LegRecord
	for _, l := range c.Ended {
		rows = append(rows, c.record(&l))
	}
	for _, open := range c.Legs { // left open by a lost node
		l := open.ended(c.last)
		rows = append(rows, c.record(&l))
	}
	return rows
}

func (c *call) record(l *endedLeg) LegRecord {
	r := LegRecord{
		Call: c.last.Call, Leg: l.ID, Node: c.last.Node, Tenant: c.Tenant, Party: l.Party, SIPCallID: l.SIPCallID, SessionID: l.SessionID,
		Start: l.Began.At.Format(timeLayout), End: l.End.At.Format(timeLayout), Duration: seconds(l.Began.Mono, l.End.Mono),
		Answered: l.Answered, Status: l.Status, Q850: l.Q850,
	}
	if l.Media != nil {
		r.Media = *l.Media
	}
	return r
}

// seconds between two readings of the monotonic clock; 0 if they are not of one
// process.
func seconds(from, to int64) float64 {
	return max(time.Duration(to-from).Round(time.Millisecond).Seconds(), 0)
}
