package api

import "strowger/sip/ledger"

// Person asks for what a node has of a number.
type Person struct {
	Number string `json:"number"`
	Reason string `json:"reason,omitempty"` // of erase
}

// Holdings are what a node has of a number, or had before it was erased.
type Holdings struct {
	Node string `json:"node"`
	ledger.Mentions
	Messages   int      `json:"messages"`
	Recordings int      `json:"recordings"`
	Active     int      `json:"active_recordings,omitempty"` // under way, which are not erased
	Word       string   `json:"word,omitempty"`              // that stands in the place of the number now
	Others     []string `json:"other_nodes,omitempty"`       // each has its own: ask there
}
