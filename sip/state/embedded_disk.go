package state

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Names in the data folder and in its file: a bucket for the schema and one a
// table, with keys of tenant, zero byte and id.
const (
	fileName = "state.db"
	pidName  = "state.pid"
)

var (
	metaBucket  = []byte("\x00meta")
	schemaKey   = []byte("schema")
	revisionKey = []byte("revision")
)

// openFile opens the data folder's file and takes its lock.
func openFile(dir string) (*bbolt.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder %s: %w", dir, err)
	}
	path, pidPath := filepath.Join(dir, fileName), filepath.Join(dir, pidName)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:        lockTimeout,
		NoFreelistSync: true,
		FreelistType:   bbolt.FreelistMapType,
		NoStatistics:   true,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("data folder %s is in use by pid %s: stop that process or name another folder", dir, readPID(pidPath))
	}
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", dir, err)
	}
	pid := strconv.Itoa(os.Getpid()) + "\n"
	if err := os.WriteFile(pidPath, []byte(pid), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder %s: %w", dir, err), db.Close())
	}
	return db, nil
}

// readPID returns who wrote the pid file, for people. The lock itself is bbolt's.
func readPID(path string) string {
	b, err := os.ReadFile(path)
	if pid := strings.TrimSpace(string(b)); err == nil && pid != "" {
		return pid
	}
	return "unknown"
}

// load checks the schema and reads every living record into the maps.
func (s *Embedded) load() error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucketIfNotExists(metaBucket)
		if err != nil {
			return err
		}
		want := strconv.Itoa(Schema)
		switch have := meta.Get(schemaKey); {
		case have == nil:
			if err := meta.Put(schemaKey, []byte(want)); err != nil {
				return err
			}
		case string(have) != want:
			return fmt.Errorf("it was written with schema %s, this program has schema %s: run the program that wrote it, or restore a backup into an empty folder", have, want)
		}
		if b := meta.Get(revisionKey); len(b) == 8 {
			s.rev = Rev(binary.BigEndian.Uint64(b))
		}
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if bytes.Equal(name, metaBucket) {
				return nil
			}
			return s.loadTable(string(name), b)
		})
	})
}

func (s *Embedded) loadTable(table string, b *bbolt.Bucket) error {
	now := time.Now().UnixMilli()
	return b.ForEach(func(k, v []byte) error {
		tenant, id, ok := strings.Cut(string(k), "\x00")
		p, err := unpack(bytes.Clone(v))
		if err != nil || !ok {
			s.counters.Corrupt.Add(1)
			s.log.Error("stored record cannot be read, it is left out", "table", table, "tenant", tenant, "id", id, "error", err)
			return nil
		}
		s.rev = max(s.rev, p.rev())
		key := recordKey{table, tenant, id}
		s.place(key, p)
		if p.expired(now) {
			s.counters.Expired.Add(1)
			s.remove(key)
		}
		return nil
	})
}

// commitLoop writes groups until Close, and sweeps what expired.
func (s *Embedded) commitLoop() {
	defer close(s.done)
	sweep := time.NewTicker(sweepInterval)
	defer sweep.Stop()
	for {
		select {
		case <-s.wake:
			s.gather()
			s.commit()
		case <-sweep.C:
			s.sweep()
		case <-s.quit:
			s.commit()
			return
		}
	}
}

// gather lets a group grow until it is due, somebody waits for it or the store closes.
func (s *Embedded) gather() {
	late := time.NewTimer(lateDelay)
	defer late.Stop()
	select {
	case <-s.prompt:
	case <-late.C:
		return
	case <-s.hurry:
		return
	case <-s.quit:
		return
	}
	due := time.NewTimer(commitDelay)
	defer due.Stop()
	select {
	case <-due.C:
	case <-s.hurry:
	case <-s.quit:
	}
}

// commit takes the pending group and writes it, again and again while the disk
// refuses and the store is open.
func (s *Embedded) commit() {
	s.mu.Lock()
	g := s.pending
	g.rev = s.rev
	s.pending = newGroup()
	s.mu.Unlock()
	if len(g.records) == 0 {
		close(g.done) // for who waits for the deletion of what was not there
		return
	}
	err := s.writeGroup(g)
	g.err = err
	s.setDiskErr(err)
	close(g.done)
	for err != nil {
		select {
		case <-s.quit:
			return
		case <-time.After(retryDelay):
		}
		err = s.writeGroup(g)
		s.setDiskErr(err)
	}
}

func (s *Embedded) setDiskErr(err error) {
	s.mu.Lock()
	before := s.diskErr
	s.diskErr = err
	s.mu.Unlock()
	switch {
	case err != nil && before == nil:
		s.log.Error("the state file cannot be written; reads go on, writes are refused", "file", s.db.Path(), "err", err)
	case err == nil && before != nil:
		s.log.Info("the state file is written again", "file", s.db.Path())
	}
}

func (s *Embedded) writeGroup(g *group) error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for key, p := range g.records {
			b, err := tx.CreateBucketIfNotExists([]byte(key.table))
			if err != nil {
				return err
			}
			k := []byte(key.tenant + "\x00" + key.id)
			if p == nil {
				err = b.Delete(k)
			} else {
				err = b.Put(k, p)
			}
			if err != nil {
				return err
			}
		}
		// Kept so that a revision is never given twice, even after a delete.
		return tx.Bucket(metaBucket).Put(revisionKey, binary.BigEndian.AppendUint64(nil, uint64(g.rev)))
	})
	if err != nil {
		s.counters.CommitFails.Add(1)
		return fmt.Errorf("writing %s: %w", s.db.Path(), err)
	}
	s.counters.Commits.Add(1)
	return nil
}

// await returns when the group is on disk.
func (s *Embedded) await(ctx context.Context, g *group) error {
	signal(s.hurry)
	select {
	case <-g.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if g.err != nil {
		s.counters.Unavailable.Add(1)
		return fmt.Errorf("%w: %w", ErrUnavailable, g.err)
	}
	return nil
}

// sweep removes expired records from the maps and, with the next group, from disk.
func (s *Embedded) sweep() {
	now := time.Now().UnixMilli()
	var gone []recordKey
	s.mu.RLock()
	for table, tenants := range s.tables {
		for tenant, records := range tenants {
			for id, p := range records {
				if p.expired(now) {
					gone = append(gone, recordKey{table, tenant, id})
				}
			}
		}
	}
	s.mu.RUnlock()
	if len(gone) == 0 {
		return
	}
	s.mu.Lock()
	for _, key := range gone {
		// It may have been written anew between the locks.
		if p, ok := s.tables[key.table][key.tenant][key.id]; ok && p.expired(now) {
			s.remove(key)
			s.counters.Expired.Add(1)
		}
	}
	s.mu.Unlock()
	signal(s.wake)
}
