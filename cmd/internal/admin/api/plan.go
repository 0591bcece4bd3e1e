package api

import (
	"path/filepath"
	"time"

	"strowger/sip/edition"
)

// Plan is a version of a dialplan.
type Plan struct {
	Version string    `json:"version"` // its id
	Parent  string    `json:"parent,omitempty"`
	Hash    string    `json:"hash"` // of its meaning
	Author  string    `json:"author"`
	At      time.Time `json:"at"`
	Message string    `json:"message,omitempty"`
	Forced  string    `json:"forced,omitempty"` // why failing tests did not matter
	File    string    `json:"file"`             // its name, for messages
	Text    string    `json:"text"`
}

// Versioned is a version as it was first published.
func Versioned(v edition.Version) Plan {
	return Plan{
		Version: v.ID, Parent: v.Parent, Hash: v.Meaning, Author: v.Author, At: v.At, Message: v.Message, Forced: v.Forced,
		File: v.Files[0].Name, Text: v.Files[0].Text,
	}
}

// Published is the published version, as it was published last.
func Published(h edition.Head, v edition.Version) Plan {
	p := Versioned(v)
	p.Author, p.Message, p.At = h.Author, h.Message, h.At
	return p
}

// PlanText is a plan that somebody wrote. To publish it, further fields say how; they
// are those of edition.Draft.
type PlanText struct {
	File    string `json:"file"`
	Text    string `json:"text"`
	Message string `json:"message,omitempty"`
	// Force publishes a plan whose tests fail, and says why; it is recorded.
	Force  string        `json:"force,omitempty"`
	Base   string        `json:"base,omitempty"` // version by id, its first digits, or a tag
	Within time.Duration `json:"within,omitempty"`
	At     time.Time     `json:"at,omitzero"`
}

// Files are those of the version that the text becomes: its name without folders, so
// that a plan is the same version from wherever it comes.
func (t PlanText) Files() []edition.File {
	return []edition.File{{Name: filepath.Base(t.File), Text: t.Text}}
}

// PlanDiff is what a text changes.
type PlanDiff struct {
	Changes []string `json:"changes"` // a line each: + new, - gone, ~ changed
	Forced  string   `json:"forced,omitempty"`
	// Head is what was published, if the text was; else nil.
	Head *edition.Head `json:"head,omitempty"`
}

// PlanSide is one of two plans to compare: a version, or a text.
type PlanSide struct {
	Version string `json:"version,omitempty"` // as in PlanText.Base; "" with no file means the published one
	File    string `json:"file,omitempty"`
	Text    string `json:"text,omitempty"`
}

// PlanPair are two plans to compare.
type PlanPair struct {
	Before PlanSide `json:"before"`
	After  PlanSide `json:"after"`
}

// Editions are the versions of a tenant's plan.
type Editions struct {
	Head    edition.Head         `json:"head"`
	History []edition.Publishing `json:"history"` // the newest first
	Tags    map[string]string    `json:"tags"`    // name to version
}

// Rollback is a version to go back to.
type Rollback struct {
	Version string `json:"version,omitempty"` // as in PlanText.Base; "" is the one before
	Message string `json:"message,omitempty"`
}

// Tag is a name for a version.
type Tag struct {
	Name    string `json:"name"`
	Version string `json:"version"` // as in PlanText.Base; "" is the published one
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

// PlanCheck is what is told of a plan that is right.
type PlanCheck struct {
	Hash    string   `json:"hash"`
	Numbers int      `json:"numbers"`
	Dials   int      `json:"dials"`
	Out     []WayOut `json:"out"` // the ways out by trunk
}

// WayOut is a way out by trunk.
type WayOut struct {
	Where    string   `json:"where"`    // dial "9.", or flow "claims" step "partner"
	From     []string `json:"from"`     // the entries that lead there
	Trunks   []string `json:"trunks"`   // in order of trying
	Open     bool     `json:"open"`     // a call from a trunk may come there
	Channels int      `json:"channels"` // the most calls at a time; 0 is any number
	Line     string   `json:"line"`     // file:line
}

// Override sets a switch or hours of the plan aside for a time.
type Override struct {
	Value string `json:"value"`           // "true" of a switch; "open" or "closed" of hours
	Until string `json:"until,omitempty"` // 14:00, "2026-12-24 14:00" or 2h; "" is what the plan says
	Why   string `json:"why,omitempty"`
}

// Overridable is a switch or hours, with what is set aside of it.
type Overridable struct {
	Kind     string    `json:"kind"` // "switch" or "hours"; the key of one that is gone
	Name     string    `json:"name"`
	ThrownBy string    `json:"thrown_by"`         // the role that may
	Open     bool      `json:"open,omitempty"`    // of hours: by the plan, now
	Because  string    `json:"because,omitempty"` // of hours: why
	Value    string    `json:"value,omitempty"`   // "" if it is as the plan says
	Until    time.Time `json:"until,omitzero"`    // zero is without end
	Why      string    `json:"why,omitempty"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Gone     bool      `json:"gone,omitempty"` // the plan does not have it any more
}
