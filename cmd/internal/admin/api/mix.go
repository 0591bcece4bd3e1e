package api

// Supervise has a seat supervise a call: its phones are rung, or its mode changes if it
// supervises already.
type Supervise struct {
	Seat string `json:"seat"`
	Mode string `json:"mode"`          // listen, whisper or barge
	Leg  int    `json:"leg,omitempty"` // that is supervised; 0 is the seat that talks
}

// Join has the party that a seat talks to in another call join the call.
type Join struct {
	Other string `json:"other"` // the call of the same seat that ends by that
}

// Member is a change to a member of a conference.
type Member struct {
	Leg int  `json:"leg"`
	On  bool `json:"on,omitempty"` // of mute: it is not heard any more
}
