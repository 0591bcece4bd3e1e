package configs

import (
	"time"

	"strowger/dialplan/source"
)

// logs reads how the node speaks of what happens.
func (r *reader) logs(file *source.Body) {
	if b := file.Block("log"); b != nil {
		r.Log.Level = level(b)
		b.Done()
	}
}

// trace reads what is kept of the messages.
func (r *reader) trace(file *source.Body) {
	r.Trace = Trace{MiB: 64, Keep: 24 * time.Hour}
	b := file.Block("trace")
	if b == nil {
		return
	}
	r.Trace.MiB = b.Int("mib", r.Trace.MiB, 4, 65536)
	r.Trace.Keep = b.Duration("keep", r.Trace.Keep, time.Minute, 365*24*time.Hour)
	r.Trace.Digits = choice(b, "digits", "masked", "masked", "shown") == "shown"
	b.Done()
}
