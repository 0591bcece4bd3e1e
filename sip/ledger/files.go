package ledger

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// files are the projections of a ledger: a set for each UTC day. Rows wait in
// memory for the next flush: what a kill takes of them is written at the next
// start (complete).
type files struct {
	dir  string
	day  string
	cdr  pair
	legs pair
}

// pair is one projection as JSON lines and as CSV.
type pair struct{ json, csv sheet }

// sheet is one file and the rows that it does not have yet.
type sheet struct {
	file *os.File
	rows []byte
}

// maxRows bounds the rows that wait for a disk that takes none, for each file;
// beyond it they are left to the next start.
const maxRows = 4 << 20

func newFiles(dir string) *files { return &files{dir: dir} }

// add puts the records of an ended call into the files of the day on which it
// ended, with the next flush.
func (f *files) add(c *call) error {
	if err := f.openDay(c.last.At.UTC().Format("2006-01-02")); err != nil {
		return err
	}
	for _, r := range legs(c) {
		if err := f.legs.add(r); err != nil {
			return err
		}
	}
	return f.cdr.add(summary(c))
}

// flush writes the rows that wait.
func (f *files) flush() error {
	return errors.Join(f.legs.flush(), f.cdr.flush())
}

// complete writes the records of ended calls that have none yet.
func (f *files) complete(ended []*call) error {
	written := map[string]map[string]bool{} // by day
	for _, c := range ended {
		day := c.last.At.UTC().Format("2006-01-02")
		if written[day] == nil {
			known, err := recorded(filepath.Join(f.dir, "cdr-"+day+".jsonl"))
			if err != nil {
				return err
			}
			written[day] = known
		}
		if written[day][c.last.Call] {
			continue
		}
		if err := f.add(c); err != nil {
			return err
		}
	}
	return f.flush()
}

// recorded reads which calls a file of CDRs has. A torn last line counts as none.
func recorded(name string) (map[string]bool, error) {
	known := map[string]bool{}
	f, err := os.Open(name)
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
	err := errors.Join(f.flush(), f.cdr.close(), f.legs.close())
	f.day = ""
	return err
}

func openPair(base string, row any) (pair, error) {
	var p pair
	var err error
	if p.json.file, err = appendTo(base + ".jsonl"); err != nil {
		return p, err
	}
	if p.csv.file, err = appendTo(base + ".csv"); err != nil {
		return p, errors.Join(err, p.close())
	}
	st, err := p.csv.file.Stat()
	if err == nil && st.Size() == 0 {
		p.csv.rows = appendCSV(nil, names(row))
	}
	return p, err
}

func appendTo(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640) //nolint:gosec // G302, G304: readable by the group, our own folder
}

func (p *pair) add(row any) error {
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if len(p.json.rows)+len(line) > maxRows {
		return errFull
	}
	p.json.rows = append(append(p.json.rows, line...), '\n')
	p.csv.rows = appendCSV(p.csv.rows, cells(row))
	return nil
}

var errFull = errors.New("too many records wait for the disk")

func (p *pair) flush() error { return errors.Join(p.json.flush(), p.csv.flush()) }

func (s *sheet) flush() error {
	if s.file == nil || len(s.rows) == 0 {
		return nil
	}
	n, err := s.file.Write(s.rows)
	s.rows = append(s.rows[:0], s.rows[n:]...)
	return err
}

func (p *pair) close() error {
	var errs []error
	for _, f := range []*os.File{p.json.file, p.csv.file} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	*p = pair{}
	return errors.Join(errs...)
}
