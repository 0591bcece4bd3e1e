package ledger

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"strowger/sip/segment"
)

// pruneEvery is how often old files are looked for.
const pruneEvery = time.Hour

const dayFormat = "2006-01-02"

// retention is how long a ledger keeps its files.
type retention struct {
	mu   sync.Mutex
	days int // 0 keeps them
	next time.Time
	day  time.Time // when a segment was begun last
}

// Keep has files removed so many days after the UTC day that they are of, beginning
// soon; 0, which is the default, keeps them.
func (l *Ledger) Keep(days int) {
	l.retained.mu.Lock()
	defer l.retained.mu.Unlock()
	l.retained.days, l.retained.next = days, time.Time{}
}

// prune removes what is old, if it is time to. What cannot be removed is tried again.
func (l *Ledger) prune(now time.Time) {
	l.retained.mu.Lock()
	defer l.retained.mu.Unlock()
	if l.retained.days <= 0 || now.Before(l.retained.next) {
		return
	}
	l.retained.next = now.Add(pruneEvery)
	today := now.UTC().Truncate(24 * time.Hour)
	if today.After(l.retained.day) {
		l.retained.day = today
		l.mu.Lock()
		l.rotate()
		l.mu.Unlock()
	}
	oldest := today.AddDate(0, 0, -l.retained.days)
	if err := errors.Join(l.pruneEvents(oldest), l.pruneRecords(oldest)); err != nil {
		l.log.Error("old call records cannot be removed; remove them by hand", "folder", l.files.dir, "error", err)
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
	names, err := filepath.Glob(filepath.Join(l.files.dir, "*-*-*-*.*"))
	errs := []error{err}
	for _, name := range names {
		bare := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		kind, date, _ := strings.Cut(bare, "-")
		day, err := time.Parse(dayFormat, date)
		if err == nil && (kind == "cdr" || kind == "legs") && day.Before(oldest) {
			errs = append(errs, l.remove(name))
		}
	}
	return errors.Join(errs...)
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
