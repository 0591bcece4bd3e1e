package phone

import (
	"time"

	"strowger/media"
)

// Report is what a phone knows of a call.
type Report struct {
	Phone    string        `json:"phone"`
	Number   string        `json:"number"` // of the other side
	Outgoing bool          `json:"outgoing"`
	Rang     bool          `json:"rang"`
	Answered bool          `json:"answered"`
	ByUs     bool          `json:"by_us"`            // we ended it
	Status   int           `json:"status,omitempty"` // SIP, of a call that failed
	Reason   string        `json:"reason,omitempty"`
	Setup    time.Duration `json:"setup_ns"`    // until it rang
	Duration time.Duration `json:"duration_ns"` // since the answer
	Codec    string        `json:"codec,omitempty"`
	Digits   string        `json:"digits,omitempty"` // that the other side pressed
	Media
}

// Media are the figures of the sound, by RFC 3550.
type Media struct {
	Sent      uint64        `json:"sent"`     // RTP packets
	Received  uint64        `json:"received"` // RTP packets
	Lost      int64         `json:"lost"`     // packets that did not come
	Jitter    time.Duration `json:"jitter_ns"`
	MaxGap    time.Duration `json:"max_gap_ns"` // longest time between two packets
	MOS       float64       `json:"mos"`        // 1.0 to 4.5; 0 if nothing came
	RoundTrip time.Duration `json:"round_trip_ns"`
	FarLoss   float64       `json:"far_loss"` // share of our packets that the other side missed
}

func figures(s media.Stats) Media {
	return Media{
		Sent: s.Sent, Received: s.Received, Lost: s.Lost, Jitter: s.Jitter, MaxGap: s.MaxGap, MOS: s.MOS,
		RoundTrip: s.RoundTrip, FarLoss: s.FarLoss,
	}
}

// Report is the state of the call, and its summary once it has ended.
func (c *Call) Report() Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.report
	if c.port != nil {
		r.Media = figures(c.port.Stats())
		if !c.answerAt.IsZero() {
			r.Duration = time.Since(c.answerAt)
		}
	}
	return r
}
