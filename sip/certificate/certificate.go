// Package certificate keeps the certificates of TLS listeners and trunks: it reads
// their files, reads them again when they change, and warns before one expires.
//
// # Contract
//
//   - A configuration that a Keeper gave out is never changed: who begins a handshake
//     gets the youngest whole one, and connections that stand are left alone.
//   - Files are looked at each Interval, by their content: whatever renews them needs
//     to tell nobody. Files that are faulty, as when a certificate is there and its key
//     is not yet, change nothing; they are counted, logged once and looked at again.
//   - TLS 1.2 is the lowest version.
//
// # Ownership
//
// A Keeper owns what it has read. Its one goroutine is the caller's, in Run.
package certificate

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// Limits of a Keeper.
const (
	Interval = 30 * time.Second // between two looks at the files
	Notice   = 30 * day         // an alarm is raised so long before a certificate expires
	maxFile  = 1 << 20          // bytes of a file
	day      = 24 * time.Hour
)

// Pair names the PEM files of a certificate, with its intermediates, and its key.
type Pair struct{ CertFile, KeyFile string }

// Server is what a listener shows, and whom it lets in.
type Server struct {
	// Pairs are chosen from by the name that the client asks for (SNI). The first is
	// for who names none, or one that no pair has. At least one.
	Pairs []Pair
	// ClientCAFile holds the authorities of clients, who then must show a certificate.
	// "" lets everybody in.
	ClientCAFile string
}

// Client is what is shown to a server, and how the server is verified.
type Client struct {
	// Name is what the server's certificate must be for: a DNS name or an IP address.
	Name string
	// CAFile holds the authorities of servers. "" means the system's.
	CAFile string
	// Pair is shown to a server that asks for it. The zero value shows none.
	Pair Pair
}

// Counters counts since NewKeeper.
type Counters struct {
	Reloads      atomic.Uint64 // configurations whose files changed
	ReloadFailed atomic.Uint64 // changes that were faulty and not taken
	DaysLeft     atomic.Int64  // whole days until the first certificate expires; 0 or less when one has
}

// Keeper keeps the files of a node. Fill it, then Run it.
type Keeper struct {
	log      *slog.Logger
	sources  []*source
	warned   map[string]time.Time // of each file that expires soon
	counters Counters
}

// source is one configuration and the files that it is made of.
type source struct {
	paths  []string
	build  func(files map[string][]byte) (made, error)
	sum    [sha256.Size]byte // of the files when they were looked at last
	made   made
	config atomic.Pointer[tls.Config] // that of made, for handshakes
}

// made is what files give.
type made struct {
	config *tls.Config
	own    map[string]time.Time // when what is shown expires, by its file
}

// NewKeeper returns a keeper of nothing. A nil logger means slog.Default().
func NewKeeper(log *slog.Logger) *Keeper {
	if log == nil {
		log = slog.Default()
	}
	return &Keeper{log: log, warned: map[string]time.Time{}}
}

// Counters counts since NewKeeper.
func (k *Keeper) Counters() *Counters { return &k.counters }

// Empty tells whether there is nothing to keep.
func (k *Keeper) Empty() bool { return len(k.sources) == 0 }

// Server returns the configuration of a listener, which follows its files.
func (k *Keeper) Server(s Server) (*tls.Config, error) {
	src, err := k.add(s.paths(), s.build)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return src.config.Load(), nil },
	}, nil
}

// Client returns a function that gives the configuration for the next connection.
func (k *Keeper) Client(c Client) (func() *tls.Config, error) {
	src, err := k.add(c.paths(), c.build)
	if err != nil {
		return nil, err
	}
	return src.config.Load, nil
}

func (k *Keeper) add(paths []string, build func(map[string][]byte) (made, error)) (*source, error) {
	src := &source{paths: paths, build: build}
	files, err := src.read()
	if err == nil {
		err = src.take(files)
	}
	if err != nil {
		return nil, err
	}
	k.sources = append(k.sources, src)
	k.measure(time.Now())
	return src, nil
}

// read reads the files of a source.
func (s *source) read() (map[string][]byte, error) {
	files := make(map[string][]byte, len(s.paths))
	for _, path := range s.paths {
		content, err := readFile(path)
		if err != nil {
			return nil, err
		}
		files[path] = content
	}
	return files, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return content, err
}

// take makes the configuration of files.
func (s *source) take(files map[string][]byte) error {
	s.sum = s.sumOf(files)
	m, err := s.build(files)
	if err != nil {
		return err
	}
	s.made = m
	s.config.Store(m.config)
	return nil
}

func (s *source) sumOf(files map[string][]byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, path := range s.paths {
		content := sha256.Sum256(files[path])
		_, _ = h.Write(content[:])
	}
	h.Sum(sum[:0])
	return sum
}

// Run looks at the files until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(Interval)
	defer tick.Stop()
	for {
		k.look(time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look reads the files again and raises the alarms that are due.
func (k *Keeper) look(now time.Time) {
	for _, s := range k.sources {
		files, err := s.read() // without one of them the sum is another
		if sum := s.sumOf(files); sum != s.sum {
			if s.sum = sum; err == nil {
				err = s.take(files)
			}
			k.tell(s, err)
		}
		for path, line := range s.alarms(now, Notice) {
			if now.Sub(k.warned[path]) >= day {
				k.warned[path] = now
				k.log.Warn(line)
			}
		}
	}
	k.measure(now)
}

// tell counts and logs a change.
func (k *Keeper) tell(s *source, err error) {
	if err != nil {
		k.counters.ReloadFailed.Add(1)
		k.log.Error("changed certificate files are faulty; those read before stay in use", "error", err)
		return
	}
	k.counters.Reloads.Add(1)
	k.log.Info("changed certificate files are in use", "files", s.paths)
}

// measure tells how long the first certificate to expire has left.
func (k *Keeper) measure(now time.Time) {
	var first time.Time
	for _, s := range k.sources {
		for _, end := range s.made.own {
			if first.IsZero() || end.Before(first) {
				first = end
			}
		}
	}
	if !first.IsZero() {
		k.counters.DaysLeft.Store(int64(first.Sub(now) / day))
	}
}

// Expired returns a line for each certificate that is of no use at the time. It is
// for a Keeper that does not Run.
func (k *Keeper) Expired(now time.Time) []string {
	lines := map[string]string{}
	for _, s := range k.sources {
		maps.Copy(lines, s.alarms(now, 0))
	}
	return slices.Sorted(maps.Values(lines))
}

// alarms are a line for each file whose certificate expires within the notice.
func (s *source) alarms(now time.Time, notice time.Duration) map[string]string {
	lines := map[string]string{}
	for path, end := range s.made.own {
		switch left := end.Sub(now); {
		case left > notice:
		case left <= 0:
			lines[path] = fmt.Sprintf("the certificate %s expired on %s: renew it", path, end.UTC().Format(time.DateTime))
		default:
			lines[path] = fmt.Sprintf("the certificate %s expires in %d days, on %s: renew it", path, left/day, end.UTC().Format(time.DateTime))
		}
	}
	return lines
}
