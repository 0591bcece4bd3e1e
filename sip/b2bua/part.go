package b2bua

import "fmt"

// Mode is how a supervisor takes part in a call.
type Mode uint8

// The modes. A supervisor hears both parties in all of them.
const (
	NoMode  Mode = iota
	Listen       // nobody hears the supervisor
	Whisper      // the supervised party alone does
	Barge        // both do
)

var modeNames = []string{"", "listen", "whisper", "barge"}

// String is "listen", "whisper" or "barge".
func (m Mode) String() string { return modeNames[m] }

// ParseMode reads a mode.
func ParseMode(name string) (Mode, error) {
	for m, n := range modeNames {
		if n == name && n != "" {
			return Mode(m), nil
		}
	}
	return NoMode, fmt.Errorf("%q is no way to supervise: listen, whisper or barge", name)
}

// Part is what a leg wants in the call of a dialog, if not the place of that. The zero
// value is the place.
type Part struct {
	Supervise Mode   // it supervises the party of the dialog
	Room      string // it joins the conference of that name
}
