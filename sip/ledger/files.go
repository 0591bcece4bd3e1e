package ledger

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// files are the projections of a ledger: a set for each UTC day.
type files struct {
	dir  string
	day  string
	cdr  pair
	legs pair
}

// pair is one projection as JSON lines and as CSV.
type pair struct{ json, csv *os.File }

func newFiles(dir string) *files { return &files{dir: dir} }

// write adds the records of an ended call to the files of the day on which it
// ended.
func (f *files) write(c *calls) error {
	if err := f.openDay(c.Events[len(c.Events)-1].At.UTC().Format("2006-01-02")); err != nil {
		return err
	}
	for _, r := range legs(c) {
		if err := f.legs.add(r); err != nil {
			return err
		}
	}
	return f.cdr.add(summary(c))
}

// complete writes the records of ended calls that have none yet.
func (f *files) complete(ended []*calls) error {
	written := map[string]map[string]bool{} // by day
	for _, c := range ended {
		day := c.Events[len(c.Events)-1].At.UTC().Format("2006-01-02")
		if written[day] == nil {
			known, err := recorded(filepath.Join(f.dir, "cdr-"+day+".jsonl"))
			if err != nil {
				return err
			}
			written[day] = known
		}
		if written[day][c.Events[0].Call] {
			continue
		}
		if err := f.write(c); err != nil {
			return err
		}
	}
	return nil
}

// recorded reads which calls a file of CDRs has. A torn last line counts as none.
func recorded(name string) (map[string]bool, error) {
	known := map[string]bool{}
	f, err := os.Open(name) //nolint:gosec // G304: our own folder
	if errors.Is(err, fs.ErrNotExist) {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct {
			Call string `json:"call"`
		}
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			known[r.Call] = true
		}
	}
	return known, lines.Err()
}

func (f *files) openDay(day string) error {
	if f.day == day {
		return nil
	}
	if err := f.close(); err != nil {
		return err
	}
	var err error
	if f.cdr, err = openPair(filepath.Join(f.dir, "cdr-"+day), CDR{}); err != nil {
		return err
	}
	if f.legs, err = openPair(filepath.Join(f.dir, "legs-"+day), LegRecord{}); err != nil {
		return err
	}
	f.day = day
	return nil
}

func (f *files) close() error {
	err := errors.Join(f.cdr.close(), f.legs.close())
	f.day = ""
	return err
}

func openPair(base string, row any) (pair, error) {
	var p pair
	var err error
	if p.json, err = appendTo(base + ".jsonl"); err != nil {
		return p, err
	}
	if p.csv, err = appendTo(base + ".csv"); err != nil {
		return p, errors.Join(err, p.close())
	}
	if st, err := p.csv.Stat(); err == nil && st.Size() == 0 {
		names, _ := columns(row)
		return p, writeCSV(p.csv, names)
	}
	return p, nil
}

func appendTo(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640) //nolint:gosec // G302, G304: readable by the group, our own folder
}

func (p pair) add(row any) error {
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	_, cells := columns(row)
	if err := writeCSV(p.csv, cells); err != nil {
		return err
	}
	_, err = p.json.Write(append(line, '\n'))
	return err
}

func writeCSV(f *os.File, cells []string) error {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write(cells); err != nil {
		return err
	}
	w.Flush()
	_, err := f.WriteString(b.String())
	return err
}

func (p pair) close() error {
	var errs []error
	for _, f := range []*os.File{p.json, p.csv} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// columns are the names and cells of a record: its JSON names, embedded structs
// included.
func columns(row any) (names, cells []string) {
	v := reflect.ValueOf(row)
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Anonymous {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
		cells = append(cells, cell(v.FieldByIndex(f.Index).Interface()))
	}
	return names, cells
}
