package ledger

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"strowger/sip/segment"
)

const dayFormat = "2006-01-02"

// Kept says how many days are kept after the UTC day that something is of; 0 keeps it.
type Kept struct {
	Events  int // the log of what happened
	Records int // its projections: those of calls and of legs
}

// Sweep removes the files whose days are over, and begins a segment of events each day.
// What cannot be removed is tried again by the next one.
func (l *Ledger) Sweep(now time.Time, k Kept) error {
	l.tidy.Lock()
	defer l.tidy.Unlock()
	today := now.UTC().Truncate(24 * time.Hour)
	var errs []error
	if k.Events > 0 {
		l.newDay(today)
		errs = append(errs, l.pruneEvents(today.AddDate(0, 0, -k.Events)))
	}
	if k.Records > 0 {
		errs = append(errs, l.pruneRecords(today.AddDate(0, 0, -k.Records)))
	}
	return errors.Join(errs...)
}

// newDay begins a segment if none was begun this day.
func (l *Ledger) newDay(today time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if today.After(l.day) {
		l.day = today
		l.rotate()
	}
}

// pruneEvents removes the segments that nobody has written to since a day. The newest
// one stays: it says which calls are open.
func (l *Ledger) pruneEvents(oldest time.Time) error {
	names, err := segment.Files(filepath.Join(l.files.dir, "events"))
	if err != nil || len(names) == 0 {
		return err
	}
	var errs []error
	for _, name := range names[:len(names)-1] {
		if st, err := os.Stat(name); err == nil && st.ModTime().Before(oldest) {
			errs = append(errs, l.remove(name))
		}
	}
	return errors.Join(errs...)
}

// pruneRecords removes the projections of days before one.
func (l *Ledger) pruneRecords(oldest time.Time) error {
	names, err := l.projections()
	errs := []error{err}
	for _, name := range names {
		if dayOf(name).Before(oldest) {
			errs = append(errs, l.remove(name))
		}
	}
	return errors.Join(errs...)
}

// projections are the files of call and leg records.
func (l *Ledger) projections() ([]string, error) {
	all, err := filepath.Glob(filepath.Join(l.files.dir, "*-*-*-*.*"))
	var names []string
	for _, name := range all {
		if !dayOf(name).IsZero() {
			names = append(names, name)
		}
	}
	return names, err
}

// dayOf is the day that a projection is of; zero if the file is none.
func dayOf(name string) time.Time {
	bare := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	kind, date, _ := strings.Cut(bare, "-")
	day, err := time.Parse(dayFormat, date)
	if err != nil || kind != "cdr" && kind != "legs" {
		return time.Time{}
	}
	return day
}

func (l *Ledger) remove(name string) error {
	err := os.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		l.counters.Removed.Add(1)
	}
	return err
}
