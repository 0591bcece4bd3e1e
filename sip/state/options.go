package state

import (
	"log/slog"
	"sync/atomic"
)

// Options of both stores.
type Options struct {
	Logger       *slog.Logger // nil means slog.Default()
	PasswordFile string       // holds the password of Redis; "" means that the URL says all
}

func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.Default()
	}
	return o.Logger
}

// Counters count what a store did. Both stores have them.
type Counters struct {
	Reads       atomic.Uint64 // records read by Get
	Writes      atomic.Uint64 // changes taken by Put and Apply
	Conflicts   atomic.Uint64 // writes refused because the revision differed
	Unavailable atomic.Uint64 // calls that failed because disk or server did
	Commits     atomic.Uint64 // groups written to disk (embedded)
	CommitFails atomic.Uint64 // groups that the disk refused; they are tried again (embedded)
	Overruns    atomic.Uint64 // writes refused because too many waited for the disk (embedded)
	Expired     atomic.Uint64 // records swept after their time (embedded)
	Corrupt     atomic.Uint64 // stored records that could not be read
}
