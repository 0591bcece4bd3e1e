package recording

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// MaxFound bounds what List returns.
const MaxFound = 10_000

// Query says which recordings are looked for. Zero fields say nothing.
type Query struct {
	Tenant string
	Call   string
	Seat   string
	Number string    // of either side, as the record of the call has it
	From   time.Time // begun then or later
	To     time.Time // begun before
	Limit  int       // 0 means MaxFound
	// Match tells whether one is wanted, besides; nil: it is.
	Match func(*Info) bool `json:"-"`
}

func (q *Query) wants(i *Info) bool {
	return (q.Tenant == "" || i.Tenant == q.Tenant) &&
		(q.Call == "" || i.Call == q.Call) &&
		(q.Seat == "" || slices.Contains(i.Seats, q.Seat)) &&
		(q.Number == "" || i.From == q.Number || i.To == q.Number) &&
		(q.From.IsZero() || !i.Began.Before(q.From)) &&
		(q.To.IsZero() || i.Began.Before(q.To)) &&
		(q.Match == nil || q.Match(i))
}

// List returns the recordings that a query is about, the newest first, and whether
// there are more. It reads the folders of the query's days.
func (r *Recorder) List(ctx context.Context, q Query) (found []Info, more bool, err error) {
	limit := q.Limit
	if limit <= 0 || limit > MaxFound {
		limit = MaxFound
	}
	days, err := r.days()
	if err != nil {
		return nil, false, err
	}
	for _, day := range slices.Backward(days) {
		if !q.From.IsZero() && day.AddDate(0, 0, 1).Before(q.From) || !q.To.IsZero() && !day.Before(q.To) {
			continue
		}
		of, err := r.ofDay(ctx, day, &q)
		if err != nil {
			return nil, false, err
		}
		if found = append(found, of...); len(found) > limit {
			return found[:limit], true, nil
		}
	}
	return found, false, nil
}

// ofDay lists one folder.
func (r *Recorder) ofDay(ctx context.Context, day time.Time, q *Query) ([]Info, error) {
	names, err := filepath.Glob(filepath.Join(r.folder(day), "*"+infoExt))
	var found []Info
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if q.Call != "" && !strings.HasPrefix(filepath.Base(name), q.Call) {
			continue
		}
		i, err := readInfo(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // erased meanwhile
		}
		if err != nil {
			r.cfg.Log.Warn("what is known of a recording cannot be read", "file", name, "error", err)
			continue
		}
		if q.wants(&i) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b Info) int { return b.Began.Compare(a.Began) })
	return found, err
}

// days are those that have a folder, in order.
func (r *Recorder) days() ([]time.Time, error) {
	entries, err := os.ReadDir(r.cfg.Dir)
	var days []time.Time
	for _, e := range entries {
		if day, err := time.Parse(dayFormat, e.Name()); err == nil {
			days = append(days, day)
		}
	}
	return days, err
}

func (r *Recorder) folder(day time.Time) string {
	return filepath.Join(r.cfg.Dir, day.Format(dayFormat))
}

// Find returns one recording of a tenant, or ErrUnknown.
func (r *Recorder) Find(tenant, id string) (Info, error) {
	i, _, err := r.find(tenant, id)
	return i, err
}

// find returns it with its path, without an ending.
func (r *Recorder) find(tenant, id string) (Info, string, error) {
	if !validID.MatchString(id) {
		return Info{}, "", ErrUnknown
	}
	names, err := filepath.Glob(filepath.Join(r.cfg.Dir, "*", id+infoExt))
	if err != nil {
		return Info{}, "", err
	}
	for _, name := range names {
		i, err := readInfo(name)
		if err != nil {
			return Info{}, "", err
		}
		if i.Tenant == tenant {
			return i, strings.TrimSuffix(name, infoExt), nil
		}
	}
	return Info{}, "", ErrUnknown
}

// Sound opens the file of a recording that is complete. Who opened it closes it.
func (r *Recorder) Sound(tenant, id string) (*os.File, Info, error) {
	i, base, err := r.find(tenant, id)
	if err != nil {
		return nil, i, err
	}
	f, err := os.Open(base + soundExt)
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrActive
	}
	return f, i, err
}

// Erase removes a recording that is not under way. What it was is returned.
func (r *Recorder) Erase(tenant, id string) (Info, error) {
	i, base, err := r.find(tenant, id)
	if err != nil {
		return i, err
	}
	if r.isActive(id) {
		return i, ErrActive
	}
	if err := remove(base); err != nil {
		return i, err
	}
	r.counters.Erased.Add(1)
	r.cfg.Log.Info("recording erased", "recording", id, "call", i.Call)
	return i, syncDir(filepath.Dir(base))
}

// remove removes the files of a recording, its info last.
func remove(base string) error {
	for _, ext := range []string{soundExt, partExt, infoExt} {
		if err := os.Remove(base + ext); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Sweep removes the recordings that began on UTC days before one, unless it is zero,
// and completes those whose end could not be written.
func (r *Recorder) Sweep(before time.Time) error {
	_, err := r.repair()
	errs := []error{err}
	days, err := r.days()
	errs = append(errs, err)
	for _, day := range days {
		if !before.IsZero() && day.Before(before) {
			errs = append(errs, r.sweepDay(day))
		}
	}
	return errors.Join(errs...)
}

func (r *Recorder) sweepDay(day time.Time) error {
	names, err := filepath.Glob(filepath.Join(r.folder(day), "*"+infoExt))
	errs := []error{err}
	left := false
	for _, name := range names {
		base := strings.TrimSuffix(name, infoExt)
		if r.isActive(filepath.Base(base)) {
			left = true
			continue
		}
		err := remove(base)
		errs = append(errs, err)
		if err == nil {
			r.counters.Removed.Add(1)
		}
	}
	if !left {
		errs = append(errs, os.Remove(r.folder(day)))
	}
	return errors.Join(errs...)
}
