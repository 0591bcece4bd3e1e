package recording

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Info is what is known of a recording, in the file beside its sound.
type Info struct {
	ID      string    `json:"id"` // the call's and a number
	Call    string    `json:"call"`
	Tenant  string    `json:"tenant"`
	Node    string    `json:"node"`
	From    string    `json:"from,omitempty"` // numbers of the call, as its record has them
	To      string    `json:"to,omitempty"`
	Seats   []string  `json:"seats,omitempty"` // all that took part
	Why     string    `json:"why"`             // the rule, or who asked for it
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended,omitzero"`    // zero while it is under way
	Seconds float64   `json:"seconds,omitempty"` // of sound, silence included
	Mixed   bool      `json:"mixed,omitempty"`   // one channel; else left and right
	Bytes   int64     `json:"bytes,omitempty"`   // of the file
	SHA256  string    `json:"sha256,omitempty"`  // of the file
	// Lost is how many seconds of sound of one channel could not be written: there
	// is silence in its place.
	Lost     float64 `json:"lost_seconds,omitempty"`
	Repaired bool    `json:"repaired,omitempty"` // completed after a crash
	Marks    []Mark  `json:"marks,omitempty"`
}

// Mark is something that happened while a recording was under way.
type Mark struct {
	At   float64 `json:"at"` // seconds from the beginning of the file
	What string  `json:"what"`
	Who  string  `json:"who,omitempty"` // party or person
}

// What a mark is about. Of Left, Right and Gone, Who is a party.
const (
	MarkLeft     = "left"     // it has the left channel from now on
	MarkRight    = "right"    // it has the right channel from now on
	MarkJoins    = "joins"    // its sound goes into the right channel too from now on
	MarkGone     = "gone"     // it has its channel no more
	MarkHold     = "hold"     // it holds the other
	MarkResume   = "resume"   // it holds the other no more; or somebody ended a pause
	MarkTransfer = "transfer" // it asked that the other be connected to somebody else
	MarkPause    = "pause"
	MarkMask     = "mask"
	MarkUnmask   = "unmask"
	MarkWindow   = "window"     // its payment window opens: silence in its channel
	MarkClosed   = "window end" // and closes
	MarkCut      = "cut"        // it was as long as a recording may be
)

var validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

const (
	dayFormat = "2006-01-02"
	soundExt  = ".wav"
	partExt   = ".wav.part"
	infoExt   = ".json"
)

// base is the path of a recording without an ending.
func (r *Recorder) base(i *Info) string {
	return filepath.Join(r.cfg.Dir, i.Began.UTC().Format(dayFormat), i.ID)
}

func readInfo(name string) (Info, error) {
	var i Info
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, &i)
	}
	if err == nil && !validID.MatchString(i.ID) {
		err = fmt.Errorf("%s: it names no recording", name)
	}
	return i, err
}

// writeInfo puts the file in the place of the one before, at once.
func writeInfo(base string, i *Info) error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	name := base + infoExt
	if err := os.WriteFile(name+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
