package api

import (
	"strowger/media/recording"
	"strowger/sip/exchange"
)

// TapeActions are those of TapeOrder.
var TapeActions = []string{"start", "pause", "resume", "mask", "unmask", "stop"}

// TapeOrder asks that something be done about the recording of a call; an
// exchange.Tape answers it.
type TapeOrder struct {
	Action exchange.TapeAction `json:"action"`
}

// Recordings are those of all nodes, the newest first.
type Recordings struct {
	Recordings []recording.Info `json:"recordings"`
	More       bool             `json:"more,omitempty"` // there are more than were asked for
	Missing    []Missing        `json:"missing,omitempty"`
}
