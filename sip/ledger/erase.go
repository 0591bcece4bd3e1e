package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"strowger/sip/privacy"
	"strowger/sip/segment"
)

// Mentions says how often a number is in the ledger.
type Mentions struct {
	Events int `json:"events"`
	CDRs   int `json:"cdrs"`
	Legs   int `json:"legs"`
	// Open are calls that are not over: theirs is left until they are.
	Open int `json:"open_calls"`
}

// Person are the records of a tenant that have a number.
type Person struct {
	Tenant string
	privacy.Subject
}

// Find shows what the ledger has of a person: the events and, as JSON, the call and leg
// records. show may be nil.
func (l *Ledger) Find(ctx context.Context, p Person, show func(kind string, text []byte) error) (Mentions, error) {
	if show == nil {
		show = func(string, []byte) error { return nil }
	}
	if err := l.Flush(); err != nil {
		return Mentions{}, err
	}
	m := Mentions{Open: l.openOf(p)}
	names, err := segment.Files(filepath.Join(l.files.dir, "events"))
	if err != nil {
		return m, err
	}
	for _, name := range names {
		err := segment.Read(name, func(frame []byte, snapshot bool) error {
			if snapshot || !p.event(frame) {
				return ctx.Err()
			}
			m.Events++
			return show("events", frame)
		})
		if err != nil {
			return m, err
		}
	}
	return m, l.findRecords(ctx, p, &m, show)
}

func (l *Ledger) findRecords(ctx context.Context, p Person, m *Mentions, show func(kind string, text []byte) error) error {
	names, err := l.projections()
	for _, name := range names {
		if err != nil {
			break
		}
		if filepath.Ext(name) != ".jsonl" {
			continue
		}
		kind, n := "cdrs", &m.CDRs
		if strings.HasPrefix(filepath.Base(name), "legs-") {
			kind, n = "legs", &m.Legs
		}
		err = lines(name, func(line []byte) error {
			if !p.event(line) {
				return ctx.Err()
			}
			*n++
			return show(kind, line)
		})
	}
	return err
}

// event tells whether an event, or a record, is the tenant's and has the number.
func (p Person) event(text []byte) bool {
	if !p.In(text) {
		return false
	}
	if _, is := p.ReplaceJSON(text, ""); !is {
		return false
	}
	var of struct {
		Tenant string `json:"tenant"`
	}
	return json.Unmarshal(text, &of) == nil && of.Tenant == p.Tenant
}

// openOf counts the calls that are not over and have the number.
func (l *Ledger) openOf(p Person) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, c := range l.open {
		if c.Tenant == p.Tenant && (p.Is(c.From) || p.Is(c.To) || p.Is(c.Network) || p.Is(c.Shown)) {
			n++
		}
	}
	return n
}

// Erase puts a word in the place of a person's number, in all that the ledger has of
// calls that are over. Each file is replaced whole, by rename; an error leaves the
// others for another try. Nothing else is tidied up meanwhile.
func (l *Ledger) Erase(ctx context.Context, p Person, word string) (Mentions, error) {
	l.tidy.Lock()
	defer l.tidy.Unlock()
	m := Mentions{Open: l.openOf(p)}
	if err := l.Flush(); err != nil {
		return m, err
	}
	names, err := l.sealed()
	if err != nil {
		return m, err
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		_, err := segment.Rewrite(name, func(frame []byte, snapshot bool) []byte {
			if !snapshot && !p.event(frame) {
				return frame
			}
			changed, is := p.ReplaceJSON(frame, word)
			if is && !snapshot {
				m.Events++
			}
			return changed
		})
		if err != nil {
			return m, err
		}
	}
	return m, l.eraseRecords(ctx, p, word, &m)
}

// sealed closes the newest segment for another, and returns those that are not written
// any more.
func (l *Ledger) sealed() ([]string, error) {
	dir := filepath.Join(l.files.dir, "events")
	before, err := segment.Files(dir)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.rotate()
	l.mu.Unlock()
	after, err := segment.Files(dir)
	if err == nil && len(after) <= len(before) {
		err = errors.New("the ledger cannot begin a new file; its log says why")
	}
	return before, err
}

func (l *Ledger) eraseRecords(ctx context.Context, p Person, word string, m *Mentions) error {
	names, err := l.projections()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := l.eraseFile(name, p, word)
		if err != nil {
			return err
		}
		switch base := filepath.Base(name); {
		case filepath.Ext(base) != ".jsonl":
		case strings.HasPrefix(base, "cdr-"):
			m.CDRs += n
		default:
			m.Legs += n
		}
	}
	return nil
}

// eraseFile replaces a file of records. That of today grows meanwhile: what came behind
// is done while the ledger waits.
func (l *Ledger) eraseFile(name string, p Person, word string) (changed int, err error) {
	in, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640) //nolint:gosec // G302: as the file that it replaces
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.Remove(name + ".new") }() // it is gone if all went well
	rows := bufio.NewReaderSize(in, 1<<16)
	var torn []byte // a row that was not written whole when it was read
	part := func() (err error) {
		var n int
		n, torn, err = p.rewrite(out, rows, torn, filepath.Ext(name) == ".jsonl", word)
		changed += n
		return err
	}
	if err := part(); err != nil {
		return changed, errors.Join(err, out.Close())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err = errors.Join(l.flushFiles(), part())
	if err == nil {
		_, err = out.Write(torn)
	}
	err = errors.Join(err, out.Sync(), out.Close())
	if err != nil || changed == 0 {
		return changed, err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return changed, err
	}
	return changed, l.files.close() // they are opened again by the next record
}

// rewrite copies lines, the first of which begins with torn, with a word in the place of
// the number. It returns what follows the last whole line.
func (p Person) rewrite(out io.Writer, in *bufio.Reader, torn []byte, isJSON bool, word string) (changed int, rest []byte, err error) {
	for {
		line, err := in.ReadBytes('\n')
		line, torn = append(torn, line...), nil
		if errors.Is(err, io.EOF) {
			return changed, line, nil
		}
		if err != nil {
			return changed, nil, err
		}
		is := false
		switch {
		case isJSON && p.event(line):
			line, is = p.ReplaceJSON(line, word)
		case !isJSON && bytes.Contains(line, []byte(","+p.Tenant+",")):
			line, is = p.Replace(line, word)
		}
		if is {
			changed++
		}
		if _, err := out.Write(line); err != nil {
			return changed, nil, err
		}
	}
}

// lines shows the lines of a file.
func lines(name string, show func(line []byte) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	rows := bufio.NewScanner(f)
	rows.Buffer(nil, maxRows)
	for rows.Scan() {
		if err := show(rows.Bytes()); err != nil {
			return err
		}
	}
	return rows.Err()
}
