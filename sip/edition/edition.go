// Package edition keeps the versions of each tenant's dialplan and says which of
// them is published. It knows nothing of the language that they are written in.
//
// # Contract
//
//   - A version does not change. Its id is the hash of its files: what is published
//     again is the version that it was.
//   - The head of a tenant names the published version. Whoever changes it compares:
//     of two at once one wins, and the other gets an *OvertakenError that says who
//     did what. Head, journal and version change as one, so that no node sees a head
//     without its version.
//   - One thing at a time: while a version waits to be confirmed, or for its time,
//     nothing else is published (*BusyError). Rollback always can, and drops what waits.
//   - What is due, a return to the version before or a version whose time has come,
//     is done by whichever node sees it first, once.
//   - The journal has the last MaxHistory changes of the head. A version that is
//     neither in it, nor tagged, nor the head's is deleted.
//   - No clock is read here: now is the caller's.
//
// # Records
//
// All are of the grouped table plan, together for each tenant: "head", "journal" (the
// changes and the tags) and "version/ID", which is compressed. A record "current", of a
// store that knew one plan and no versions, becomes the first version and stays as it is
// for nodes that know no other; those do not see what is published later.
package edition

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"strowger/sip/state"
)

// Limits of what a tenant may have.
const (
	MaxHistory = 500      // changes of the head that are remembered
	MaxKept    = 64 << 20 // bytes of the versions among them, as they are stored; the oldest go first
	MaxTags    = 100
	MaxTagName = 64          // bytes
	MaxMessage = 300         // bytes of a message, and of the reason of a force
	MaxText    = 8 << 20     // bytes of a version's files
	MinPrefix  = 6           // hex digits by which a version may be called
	MinConfirm = time.Second // that a version can wait to be confirmed
	MaxConfirm = 24 * time.Hour
	MaxAhead   = 366 * 24 * time.Hour // that a version can wait for its time
)

var table = state.Table{Name: "plan", Placement: state.Grouped}

// Tables are what a backup has to have.
func Tables() []state.Table { return []state.Table{table} }

// File is one file of a version.
type File struct {
	Name string `json:"name"` // for messages
	Text string `json:"text"`
}

// Version is a plan as somebody first published it. It does not change.
type Version struct {
	ID      string    `json:"id"`               // 64 hex digits
	Parent  string    `json:"parent,omitempty"` // that was published before; "" is none
	Author  string    `json:"author"`
	At      time.Time `json:"at"`
	Message string    `json:"message,omitempty"`
	Forced  string    `json:"forced,omitempty"` // why failing tests did not matter; "" if none failed
	Meaning string    `json:"meaning"`          // the same for two versions that decide alike
	Files   []File    `json:"files"`            // at least one
}

// ID is the name of a version with these files, in whatever order.
func ID(files []File) string {
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%d %s %d %s\n", len(f.Name), f.Name, len(f.Text), f.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Head is which version of a tenant is published, and what it waits for.
type Head struct {
	Version string `json:"version"` // "" if none is published
	Serial  uint64 `json:"serial"`  // of the last change, from 1
	By
	At time.Time `json:"at"` // since when the version is published
	// Unconfirmed is set while the version goes back by itself.
	Unconfirmed *Unconfirmed `json:"unconfirmed,omitempty"`
	// Planned is set while another version waits for its time.
	Planned *Planned `json:"planned,omitempty"`
}

// By is who changes something, and why.
type By struct {
	Author  string `json:"author"`            // authenticated
	Message string `json:"message,omitempty"` // one line
}

// Unconfirmed says what happens to a version that nobody confirms.
type Unconfirmed struct {
	Until time.Time `json:"until"`
	Back  string    `json:"back"` // the version that comes back
}

// Planned is a version that waits for its time.
type Planned struct {
	Version string        `json:"version"`
	At      time.Time     `json:"at"`
	Within  time.Duration `json:"within,omitempty"` // see Draft
	By
}

// Due is when something has to be done, and the version that is published then; zero
// and "" if nothing has.
func (h Head) Due() (at time.Time, version string) {
	switch {
	case h.Planned != nil:
		return h.Planned.At, h.Planned.Version
	case h.Unconfirmed != nil:
		return h.Unconfirmed.Until, h.Unconfirmed.Back
	}
	return time.Time{}, ""
}

// Kind is how the head changed.
type Kind string

// The kinds.
const (
	Applied    Kind = "apply"
	RolledBack Kind = "rollback"
	Confirmed  Kind = "confirm"
	Returned   Kind = "return"   // nobody confirmed the version
	Scheduled  Kind = "schedule" // the version waits for its time
	Canceled   Kind = "cancel"   // the version's time will not come
)

// Publishing is one change of the head.
type Publishing struct {
	Serial  uint64 `json:"serial"`
	Kind    Kind   `json:"kind"`
	Version string `json:"version"` // that it is about
	By
	At     time.Time `json:"at"`
	Forced string    `json:"forced,omitempty"` // see Version
	Bytes  int       `json:"bytes,omitempty"`  // of the version as it is stored
}

// OvertakenError means that another version was published meanwhile.
type OvertakenError struct{ Head Head }

// Error names the version, its author and what to do.
func (e *OvertakenError) Error() string {
	text := fmt.Sprintf("version %s was published meanwhile by %s at %s", Short(e.Head.Version), e.Head.Author, clock(e.Head.At))
	if e.Head.Message != "" {
		text += fmt.Sprintf(" (%s)", e.Head.Message)
	}
	return text + "; compare with it, then publish again: strowger dialplan diff FILE"
}

// Unwrap makes it a state.ErrConflict.
func (e *OvertakenError) Unwrap() error { return state.ErrConflict }

// BusyError means that a version waits, to be confirmed or for its time.
type BusyError struct{ Head Head }

// Error says what the version waits for, and how to end that.
func (e *BusyError) Error() string {
	if p := e.Head.Planned; p != nil {
		return fmt.Sprintf("version %s of %s waits for %s; drop it with: strowger dialplan cancel", Short(p.Version), p.Author, clock(p.At))
	}
	return fmt.Sprintf("version %s of %s waits until %s to be confirmed; do it with: strowger dialplan confirm, or go back with: strowger dialplan rollback",
		Short(e.Head.Version), e.Head.Author, clock(e.Head.Unconfirmed.Until))
}

// RequestError is a request that cannot be met, in words for who made it.
type RequestError struct{ text string }

// Error is the reason.
func (e *RequestError) Error() string { return e.text }

func refuse(format string, args ...any) error { return &RequestError{fmt.Sprintf(format, args...)} }

// Short is a version's name as people say it.
func Short(id string) string { return id[:min(len(id), 12)] }

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }
