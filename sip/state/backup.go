package state

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// A backup is lines of JSON: a header, the records, and an end that counts them,
// without which it is known to be cut off. It moves between both kinds of store.
type backupLine struct {
	Backup *backupHeader `json:"backup,omitempty"` // the first line
	Table  string        `json:"table,omitempty"`
	Tenant string        `json:"tenant,omitempty"`
	ID     string        `json:"id,omitempty"`
	Value  []byte        `json:"value,omitempty"` // base64
	// Expires is absolute: what expired between backup and restore is left out.
	Expires *time.Time `json:"expires,omitempty"`
	End     *int       `json:"end,omitempty"` // the last line
}

type backupHeader struct {
	Schema int       `json:"schema"`
	At     time.Time `json:"at"`
	Tables []string  `json:"tables"`
}

// Limits of Restore.
const (
	maxBackupLine    = 2 * MaxValue
	maxBackupRecords = 2_000_000
)

// ErrNotEmpty means that a restore would mix with what is there.
var ErrNotEmpty = errors.New("the store is not empty")

// Backup writes the records of the tables to w. Each grouped table of a tenant is
// one snapshot; writes to others may fall between.
func Backup(ctx context.Context, s Store, w io.Writer, tables []Table) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	header := backupHeader{Schema: Schema, At: time.Now().UTC(), Tables: tableNames(tables)}
	if err := enc.Encode(backupLine{Backup: &header}); err != nil {
		return err
	}
	n := 0
	for _, t := range tables {
		var bad error
		err := s.List(ctx, t, "", func(tenant string, r Record) bool {
			line := backupLine{Table: t.Name, Tenant: tenant, ID: r.ID, Value: r.Value}
			if !r.Expires.IsZero() {
				line.Expires = &r.Expires
			}
			n++
			bad = enc.Encode(line)
			return bad == nil
		})
		if err := errors.Join(err, bad); err != nil {
			return fmt.Errorf("backup of table %s: %w", t.Name, err)
		}
	}
	if err := enc.Encode(backupLine{End: &n}); err != nil {
		return err
	}
	return out.Flush()
}

// RestoreOptions say how to restore.
type RestoreOptions struct {
	// Replace makes the tables equal to the backup whatever they hold. Without it
	// a store with any record in them is ErrNotEmpty.
	Replace bool
}

// Restore reads a backup of these tables and writes it to the store. The whole
// backup is checked before the first write; a tenant's grouped table is written as
// one. If the store fails on the way, restore again with Replace.
func Restore(ctx context.Context, s Store, r io.Reader, tables []Table, o RestoreOptions) error {
	wanted, err := readBackup(r, tables)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for _, t := range tables {
		empty := true
		err := s.List(ctx, t, "", func(tenant string, r Record) bool {
			empty = false
			wanted.remove(t.Name, tenant, r.ID)
			return o.Replace
		})
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		if !empty && !o.Replace {
			return fmt.Errorf("restore: %w: table %s has records; ask for replacement if they shall go", ErrNotEmpty, t.Name)
		}
	}
	for _, t := range tables {
		for tenant, changes := range wanted[t.Name] {
			if err := restoreTenant(ctx, s, t, tenant, changes); err != nil {
				return fmt.Errorf("restore of table %s of tenant %s: %w", t.Name, tenant, err)
			}
		}
	}
	return nil
}

func restoreTenant(ctx context.Context, s Store, t Table, tenant string, byID map[string]Change) error {
	changes := make([]Change, 0, len(byID))
	for _, c := range byID {
		changes = append(changes, c)
	}
	if t.Placement == Grouped {
		changes[0].Durable = true
		return s.Apply(ctx, t, tenant, changes)
	}
	for i, c := range changes {
		c.Durable = i == len(changes)-1 // it waits for those before it
		if _, err := s.Put(ctx, t, tenant, c); err != nil {
			return err
		}
	}
	return nil
}

// restorePlan is the writes of a restore, by table, tenant and id.
type restorePlan map[string]map[string]map[string]Change

func (p restorePlan) add(table, tenant string, c Change) {
	if p[table] == nil {
		p[table] = make(map[string]map[string]Change)
	}
	if p[table][tenant] == nil {
		p[table][tenant] = make(map[string]Change)
	}
	p[table][tenant][c.ID] = c
}

// remove plans to delete what is stored and is not in the backup.
func (p restorePlan) remove(table, tenant, id string) {
	if _, ok := p[table][tenant][id]; !ok {
		p.add(table, tenant, Change{ID: id, Expect: Any})
	}
}

// readBackup reads and checks a whole backup.
func readBackup(r io.Reader, tables []Table) (restorePlan, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxBackupLine)
	if err := readHeader(lines, tables); err != nil {
		return nil, err
	}
	plan := make(restorePlan)
	now := time.Now()
	for n := 0; lines.Scan(); n++ {
		var line backupLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("line %d is damaged: %w", n+2, err)
		}
		if line.End != nil {
			if *line.End != n {
				return nil, fmt.Errorf("the backup is damaged: %d records of %d", n, *line.End)
			}
			return plan, nil
		}
		if n >= maxBackupRecords {
			return nil, fmt.Errorf("the backup has more than %d records", maxBackupRecords)
		}
		t, c, err := line.change(tables)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+2, err)
		}
		if c.Expires.IsZero() || c.Expires.After(now) {
			plan.add(t.Name, line.Tenant, c)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return nil, errors.New("the backup is cut off: its last line is missing")
}

func readHeader(lines *bufio.Scanner, tables []Table) error {
	var line backupLine
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &line) != nil || line.Backup == nil {
		return errors.Join(errors.New("this is no backup: its first line is not a header"), lines.Err())
	}
	if line.Backup.Schema != Schema {
		return fmt.Errorf("the backup has schema %d, this program has schema %d: restore it with the program that wrote it", line.Backup.Schema, Schema)
	}
	for _, name := range line.Backup.Tables {
		if !slices.Contains(tableNames(tables), name) {
			return fmt.Errorf("the backup has a table %q that this program does not know", name)
		}
	}
	return nil
}

// change returns the write of a record's line.
func (l backupLine) change(tables []Table) (Table, Change, error) {
	i := slices.IndexFunc(tables, func(t Table) bool { return t.Name == l.Table })
	if i < 0 {
		return Table{}, Change{}, fmt.Errorf("unknown table %q", l.Table)
	}
	c := Change{ID: l.ID, Value: l.Value, Expect: Any}
	if c.Value == nil {
		c.Value = []byte{}
	}
	if l.Expires != nil {
		c.Expires = *l.Expires
	}
	return tables[i], c, checkChange(tables[i], l.Tenant, c)
}

func tableNames(tables []Table) []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name
	}
	return names
}
