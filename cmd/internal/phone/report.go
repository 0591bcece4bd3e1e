package phone

import (
	"time"

	"strowger/media"
)

// Report is what a phone knows of a call.
type Report struct {
	Phone    string  `json:"phone"`
	Number   string  `json:"number"` // of the other side
	Outgoing bool    `json:"outgoing"`
	Rang     bool    `json:"rang"`
	Answered bool    `json:"answered"`
	ByUs     bool    `json:"by_us"`            // we ended it
	Status   int     `json:"status,omitempty"` // SIP, of a call that failed
	Reason   string  `json:"reason,omitempty"`
	SetupMs  float64 `json:"setup_ms"` // until it rang
	Duration float64 `json:"duration"` // seconds since the answer
	Codec    string  `json:"codec,omitempty"`
	SRTP     string  `json:"srtp,omitempty"`   // suite of the sound; "" if it was plain
	Digits   string  `json:"digits,omitempty"` // that the other side pressed
	Media
}

// Media are the figures of the sound, by RFC 3550.
type Media struct {
	Sent        uint64  `json:"sent"`     // RTP packets
	Received    uint64  `json:"received"` // RTP packets
	Lost        int64   `json:"lost"`     // packets that did not come
	JitterMs    float64 `json:"jitter_ms"`
	MaxGapMs    float64 `json:"max_gap_ms"`    // longest time between two packets
	MOS         float64 `json:"mos"`           // 1.0 to 4.5; 0 if nothing came
	RoundTripMs float64 `json:"round_trip_ms"` // 0 if the other side sent no report
	FarLoss     float64 `json:"far_loss"`      // share of our packets that the other side missed
}

func figures(s media.Stats) Media {
	return Media{
		Sent: s.Sent, Received: s.Received, Lost: s.Lost, JitterMs: milliseconds(s.Jitter),
		MaxGapMs: milliseconds(s.MaxGap), MOS: s.MOS, RoundTripMs: milliseconds(s.RoundTrip), FarLoss: s.FarLoss,
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Report is the state of the call, and its summary once it has ended.
func (c *Call) Report() Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.report
	if c.port != nil {
		r.Media = figures(c.port.Stats())
		if !c.answerAt.IsZero() {
			r.Duration = time.Since(c.answerAt).Seconds()
		}
	}
	return r
}
