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
	// Force publishes a plan whose tests fail, and says why; it is recorded.
	Force string `json:"force,omitempty"`
	// Base is the hash of the plan that the text was made from: it is published only
	// in place of that one. "" is whichever there is.
	Base string `json:"base,omitempty"`
}

// PlanDiff is what a text would change.
type PlanDiff struct {
	Changes []string `json:"changes"` // a line each: + new, - gone, ~ changed
	Forced  string   `json:"forced,omitempty"`
}

// Question is a call that is not made.
type Question struct {
	To    string `json:"to"`
	Seat  string `json:"seat,omitempty"`  // the caller: a seat,
	Trunk string `json:"trunk,omitempty"` // or a trunk
	From  string `json:"from,omitempty"`  // the number that a trunk's caller shows

	// At is the time, "2026-11-23 10:00" where the plan is; "" is now.
	At string `json:"at,omitempty"`
	// Keys are what the caller presses, one for each time that digits are asked.
	Keys []string `json:"keys,omitempty"`
	// Given are inputs by their keys (queue.claims.waiting); the rest is as on an ordinary day.
	Given map[string]string `json:"given,omitempty"`
	// Outcomes are what becomes of steps, by their names.
	Outcomes map[string]string `json:"outcomes,omitempty"`
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
	Path         []Taken  `json:"path,omitempty"` // the steps of a flow
	Last         string   `json:"last,omitempty"` // how the flow ended: "hangup", or after a conversation ""
}

// Taken is a step of a flow that was looked at.
type Taken struct {
	Flow    string   `json:"flow"`
	Step    string   `json:"step"`
	Kind    string   `json:"kind"`
	Line    string   `json:"line"`  // file:line
	Depth   int      `json:"depth"` // of flows that run each other
	Skipped bool     `json:"skipped,omitempty"`
	Act     string   `json:"act,omitempty"` // what was done
	Outcome string   `json:"outcome,omitempty"`
	To      string   `json:"to,omitempty"` // where it went on, if not to the step below
	Why     []string `json:"why,omitempty"`
}

// TestReport is what came of a plan's tests.
type TestReport struct {
	Passed int          `json:"passed"`
	Failed int          `json:"failed"`
	Cases  []TestResult `json:"cases"`
}

// TestResult is what came of one test.
type TestResult struct {
	Name   string   `json:"name"`
	Line   string   `json:"line"`
	Fault  string   `json:"fault,omitempty"` // "" if it passed
	Expect []string `json:"expect"`
	Path   []Taken  `json:"path,omitempty"` // of one that failed
	Entry  string   `json:"entry"`
	Step   string   `json:"step"` // what the entry does
}

// Service is whether a seat may call a number.
type Service struct {
	Destination string `json:"destination"` // that the number belongs to
	Class       string `json:"class"`       // the seat's, or that of seats without one
	Allowed     bool   `json:"allowed"`
}
