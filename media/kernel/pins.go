package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// schema is the version of what is pinned: of the layout of keys, entries and figures,
// and of what they mean.
const schema = "v2"

// linkPrefix begins the name of an attachment's pin.
const linkPrefix = "link-"

// pins are the files in a bpffs.
type pins struct {
	root string
	log  *slog.Logger
}

func (p *pins) dir() string { return filepath.Join(p.root, schema) }

func (p *pins) path(name string) string { return filepath.Join(p.dir(), name) }

// open makes the directory, and removes those of other versions.
func (p *pins) open() error {
	if err := p.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(p.dir(), 0o700); err != nil {
		return fmt.Errorf("make the directory of pins: %w", err)
	}
	others, err := os.ReadDir(p.root)
	if err != nil {
		return fmt.Errorf("list the pins: %w", err)
	}
	for _, o := range others {
		if o.Name() == schema {
			continue
		}
		p.log.Warn("entries of another version of the kernel plane are removed", "pins", filepath.Join(p.root, o.Name()))
		if err := os.RemoveAll(filepath.Join(p.root, o.Name())); err != nil {
			return fmt.Errorf("remove pins of another version: %w", err)
		}
	}
	return nil
}

// check wants a bpffs at the root or, where that does not exist, above it.
func (p *pins) check() error {
	at := p.root
	for {
		var s unix.Statfs_t
		err := unix.Statfs(at, &s)
		if err == nil && s.Type == unix.BPF_FS_MAGIC {
			return nil
		}
		if err == nil {
			return fmt.Errorf("%s is no bpffs: mount one with: mount -t bpf bpf %s", at, at)
		}
		if !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			return fmt.Errorf("look at %s: %w", at, err)
		}
		at = filepath.Dir(at)
	}
}

// maps returns the pinned maps, if all are there and hold as many entries. Otherwise
// whatever there is goes.
func (p *pins) maps(limit int) map[string]*ebpf.Map {
	found, err := p.load(limit)
	if err == nil {
		return found
	}
	if !errors.Is(err, fs.ErrNotExist) {
		p.log.Warn("surviving entries of the kernel plane cannot be used and are removed", "error", err)
	}
	if err := p.clear(""); err != nil {
		p.log.Warn("pins of the kernel plane cannot be removed", "error", err)
	}
	return nil
}

func (p *pins) load(limit int) (map[string]*ebpf.Map, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	found := map[string]*ebpf.Map{}
	for _, name := range pinned {
		s := spec.Maps[name]
		m, err := ebpf.LoadPinnedMap(p.path(name), nil)
		if err == nil {
			found[name] = m
			s.MaxEntries = m.MaxEntries()
			if err = s.Compatible(m); err == nil && int(m.MaxEntries()) < limit {
				err = fmt.Errorf("%s holds %d entries, %d are wanted", name, m.MaxEntries(), limit)
			}
		}
		if err != nil {
			for _, m := range found {
				_ = m.Close() // a descriptor
			}
			return nil, err
		}
	}
	return found, nil
}

// keep pins the maps, unless they are.
func (p *pins) keep(o *objects) error {
	for name, m := range map[string]*ebpf.Map{"entries": o.Entries, "figures": o.Figures} {
		if _, err := os.Stat(p.path(name)); err == nil {
			continue
		}
		if err := m.Pin(p.path(name)); err != nil {
			return fmt.Errorf("pin %s: %w", name, err)
		}
	}
	return nil
}

// clear removes the pins whose names begin with prefix, but for keep.
func (p *pins) clear(prefix string, keep ...string) error {
	files, err := os.ReadDir(p.dir())
	if err != nil {
		return fmt.Errorf("list the pins: %w", err)
	}
	var errs []error
files:
	for _, f := range files {
		for _, k := range keep {
			if f.Name() == k {
				continue files
			}
		}
		if strings.HasPrefix(f.Name(), prefix) {
			errs = append(errs, os.Remove(p.path(f.Name())))
		}
	}
	return errors.Join(errs...)
}

// remove removes everything.
func (p *pins) remove() error { return Forget(p.root) }

// Forget ends what a former process left in its directory of pins, for one that does
// without a kernel plane. A clsact filter stays, and carries nothing past the deadlines.
func Forget(root string) error {
	if err := os.RemoveAll(root); err != nil {
		return fmt.Errorf("remove pins: %w", err)
	}
	return nil
}
