package seat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"

	"strowger/sip/state"
)

// ErrImport means that a seat file has faults and nothing of it was taken.
var ErrImport = errors.New("nothing was imported")

// ImportOptions say how to import.
type ImportOptions struct {
	// Algorithms are those for which a plain password is stored; nil means MD5
	// and SHA-256.
	Algorithms []string
	// DryRun checks everything and writes nothing.
	DryRun bool
}

// ImportReport says what an import did, or would do.
type ImportReport struct {
	Created   int        `json:"created"`
	Updated   int        `json:"updated"`
	Unchanged int        `json:"unchanged"`
	Faults    []RowError `json:"faults,omitempty"` // every bad line, in order
}

// Import creates and updates a tenant's seats from CSV: all of them or, if there
// is one fault (ErrImport, with a report) or a seat changes meanwhile
// (state.ErrConflict), none. Seats that are not in the file stay. It is durable
// when the call returns.
func (d *Directory) Import(ctx context.Context, tenant string, r io.Reader, o ImportOptions) (ImportReport, error) {
	report, err := d.importRows(ctx, tenant, r, o)
	if err != nil {
		d.counters.RefusedImports.Add(1)
	}
	return report, err
}

func (d *Directory) importRows(ctx context.Context, tenant string, r io.Reader, o ImportOptions) (ImportReport, error) {
	t, err := d.Tenant(ctx, tenant)
	if err != nil {
		return ImportReport{}, err
	}
	algorithms := o.Algorithms
	if algorithms == nil {
		algorithms = []string{MD5, SHA256}
	}
	rows, faults := readRows(r, t, algorithms)
	if len(faults) > 0 {
		return ImportReport{Faults: faults}, fmt.Errorf("%w: %d lines have faults, the first: %w", ErrImport, len(faults), faults[0])
	}
	changes, report, err := d.compare(ctx, t, rows)
	if err != nil || o.DryRun || len(changes) == 0 {
		return report, err
	}
	err = d.store.Apply(ctx, seatTable, tenant, changes)
	if err := d.counted(&d.counters.ImportedRows, err); err != nil {
		return ImportReport{}, err
	}
	d.counters.ImportedRows.Add(uint64(len(changes)) - 1)
	return report, nil
}

// compare returns the writes that make the stored seats equal to the rows.
func (d *Directory) compare(ctx context.Context, t Tenant, rows []row) ([]state.Change, ImportReport, error) {
	type stored struct {
		seat Seat
		rev  state.Rev
	}
	have := make(map[string]stored)
	err := d.each(ctx, t.Name, func(s Seat, rev state.Rev) { have[s.Number] = stored{s, rev} })
	if err != nil {
		return nil, ImportReport{}, err
	}
	var report ImportReport
	changes := make([]state.Change, 0, len(rows))
	for _, r := range rows {
		old, there := have[r.seat.Number]
		if len(r.seat.Credentials) == 0 {
			r.seat.Credentials = old.seat.Credentials
		}
		if _, ok := r.has[colClass]; !ok {
			r.seat.Class = old.seat.Class
		}
		if _, ok := r.has[colCalls]; !ok {
			r.seat.Calls = old.seat.Calls
		}
		if _, ok := r.has[colMusic]; !ok {
			r.seat.Music = old.seat.Music
		}
		if _, ok := r.has[colSRTP]; !ok {
			r.seat.SRTP = old.seat.SRTP
		}
		if _, ok := r.has[colLatch]; !ok {
			r.seat.Latch = old.seat.Latch
		}
		r.seat.Features = old.seat.Features // a file says nothing of them
		switch {
		case !there:
			report.Created++
		case reflect.DeepEqual(old.seat, r.seat):
			report.Unchanged++
			continue
		default:
			report.Updated++
		}
		c, err := seatChange(r.seat, t, old.rev)
		if err != nil {
			return nil, ImportReport{}, fmt.Errorf("%w: %w", ErrImport, RowError{r.line, err.Error()})
		}
		changes = append(changes, c)
	}
	return changes, report, nil
}

// Export writes a tenant's seats as CSV that Import takes, in order of number.
// HA1 values are in it only with secrets.
func (d *Directory) Export(ctx context.Context, tenant string, w io.Writer, secrets bool) error {
	seats, err := d.List(ctx, tenant)
	if err != nil {
		return err
	}
	return writeRows(w, seats, secrets)
}
