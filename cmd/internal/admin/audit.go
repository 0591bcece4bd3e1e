package admin

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// entry is a line of the audit file.
type entry struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"`            // unix:ada, token:ci
	From   string    `json:"from,omitempty"` // remote address; "" is the unix socket
	Action string    `json:"action"`         // seat.add
	Tenant string    `json:"tenant,omitempty"`
	Object string    `json:"object,omitempty"` // 1001
	Before any       `json:"before,omitempty"`
	After  any       `json:"after,omitempty"`
	Failed string    `json:"failed,omitempty"` // the change announced before was not made: why
}

// auditFile appends to audit-DATE.jsonl, a file for each UTC day. A line is on disk
// when write returns. Safe for concurrent use.
type auditFile struct {
	dir string

	mu   sync.Mutex
	day  string
	file *os.File
}

func (a *auditFile) write(e entry) error {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if day := e.At.Format("2006-01-02"); a.file == nil || day != a.day {
		f, err := os.OpenFile(filepath.Join(a.dir, "audit-"+day+".jsonl"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return err
		}
		if a.file != nil {
			_ = a.file.Close() // every line of it is on disk
		}
		a.day, a.file = day, f
	}
	if _, err := a.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return a.file.Sync()
}

func (a *auditFile) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return nil
	}
	err := a.file.Close()
	a.file = nil
	return err
}
