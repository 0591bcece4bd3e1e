package api

import (
	"time"
)

// Plan is a dialplan as it was published.
type Plan struct {
	Hash   string    `json:"hash"`
	Author string    `json:"author"`
	At     time.Time `json:"at"`
	File   string    `json:"file"` // its name, for messages
	Text   string    `json:"text"`
}

// PlanText is a plan that somebody wrote.
type PlanText struct {
	File string `json:"file"`
	Text string `json:"text"`
}

// PlanDiff is what a text would change.
type PlanDiff struct {
	Changes []string `json:"changes"` // a line each: + new, - gone, ~ changed
}

// Question is a call that is not made.
type Question struct {
	To    string `json:"to"`
	Seat  string `json:"seat,omitempty"`  // the caller: a seat,
	Trunk string `json:"trunk,omitempty"` // or a trunk
	From  string `json:"from,omitempty"`  // the number that a trunk's caller shows
}

// Simulation is what would happen to it.
type Simulation struct {
	To           string   `json:"to"` // in its canonical form
	Entry        string   `json:"entry"`
	Step         string   `json:"step"`
	Emergency    bool     `json:"emergency"`
	Trunks       []string `json:"trunks,omitempty"`       // in order of trying
	Presentation string   `json:"presentation,omitempty"` // number shown to the trunk
	Address      string   `json:"address,omitempty"`      // emergency: reference of the place
	Desk         string   `json:"desk,omitempty"`         // emergency: who is rung back after the seat
	Service      *Service `json:"service,omitempty"`      // of a seat's call by a trunk
	Why          []string `json:"why"`
}

// Service is whether a seat may call a number.
type Service struct {
	Destination string `json:"destination"` // that the number belongs to
	Class       string `json:"class"`       // the seat's, or that of seats without one
	Allowed     bool   `json:"allowed"`
}
