package demo

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"strowger/sip/ledger"
)

// width is that of a line.
const width = 80

// screen writes lines with the time since the start. Safe for concurrent use.
type screen struct {
	mu    sync.Mutex
	out   io.Writer
	began time.Time
}

func newScreen(out io.Writer) *screen { return &screen{out: out, began: time.Now()} }

// say writes one line.
func (s *screen) say(format string, args ...any) {
	s.line(fmt.Sprintf("%5.1fs  ", time.Since(s.began).Seconds()) + fmt.Sprintf(format, args...))
}

func (s *screen) line(text string) {
	if len(text) > width {
		text = text[:width]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.out, text+"\n") // whom to tell that it cannot be shown?
}

// Write takes a line of the log.
func (s *screen) Write(b []byte) (int, error) {
	s.line(strings.TrimRight(string(b), "\n"))
	return len(b), nil
}

// printRecords shows the CDRs of a ledger.
func (s *screen) printRecords(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "cdr-*.jsonl"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	s.line("")
	s.line("call records (cdr-*.jsonl)")
	s.line(fmt.Sprintf("%-15s %-14s %-10s %-12s %6s %6s", "from", "to", "answerer", "disposition", "status", "talked"))
	records := 0
	for _, name := range files {
		n, err := s.printFile(name)
		if err != nil {
			return err
		}
		records += n
	}
	if records != len(script) {
		return fmt.Errorf("the ledger has %d call records, but %d calls were made", records, len(script))
	}
	return nil
}

func (s *screen) printFile(name string) (records int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r ledger.CDR
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return records, fmt.Errorf("%s: %w", name, err)
		}
		records++
		s.line(fmt.Sprintf("%-15s %-14s %-10s %-12s %6d %5.1fs", r.From, r.To, r.Answerer, r.Disposition, r.Status, r.Billable))
	}
	return records, lines.Err()
}
