package edition

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"strowger/sip/state"
)

// Names of the records.
const (
	headID    = "head"
	journalID = "journal"
	versionID = "version/" // and its id
	formerID  = "current"  // of a store without versions
)

// Archive has the versions of every tenant. Safe for concurrent use.
type Archive struct{ store state.Store }

// New returns the archive of a store.
func New(store state.Store) *Archive { return &Archive{store} }

// Watch calls fn with a tenant whose head may have changed, on whichever node; "" is any.
// fn must not block.
func (a *Archive) Watch(fn func(tenant string)) (stop func()) {
	return a.store.Watch(table, func(tenant, id string) {
		if id == headID || id == "" {
			fn(tenant)
		}
	})
}

// journal are the last changes of a tenant's head, the oldest first, and its tags.
type journal struct {
	Publishings []Publishing      `json:"publishings"`
	Tags        map[string]string `json:"tags,omitempty"` // name to version
}

// Head returns what a tenant has published, or state.ErrNotFound.
func (a *Archive) Head(ctx context.Context, tenant string) (Head, error) {
	var h Head
	_, err := a.get(ctx, tenant, headID, &h)
	if !errors.Is(err, state.ErrNotFound) {
		return h, err
	}
	if err := a.adopt(ctx, tenant); err != nil {
		return h, err
	}
	_, err = a.get(ctx, tenant, headID, &h)
	return h, err
}

// former is a plan of a store without versions.
type former struct {
	Hash   string    `json:"hash"`
	Author string    `json:"author"`
	At     time.Time `json:"at"`
	File   string    `json:"file"`
	Text   string    `json:"text"`
}

// adopt makes the plan of a store without versions the first version, or returns
// state.ErrNotFound.
func (a *Archive) adopt(ctx context.Context, tenant string) error {
	var f former
	if _, err := a.get(ctx, tenant, formerID, &f); err != nil {
		return err
	}
	d := Draft{Files: []File{{f.File, f.Text}}, Meaning: f.Hash, By: By{Author: f.Author}}
	_, err := a.change(ctx, tenant, f.At, func(s *shelf) error {
		if s.headRev != state.None {
			return nil // another node was first
		}
		return s.publish(d)
	})
	return err
}

// Version returns a version by its id, or state.ErrNotFound.
func (a *Archive) Version(ctx context.Context, tenant, id string) (Version, error) {
	r, err := a.store.Get(ctx, table, tenant, versionID+id)
	if err != nil {
		return Version{}, err
	}
	v, err := expand(r.Value)
	if err != nil {
		return v, fmt.Errorf("version %s of tenant %s cannot be read: %w", id, tenant, err)
	}
	if have := ID(v.Files); have != id {
		return v, fmt.Errorf("version %s of tenant %s is not what was published: its files have the hash %s", id, tenant, have)
	}
	return v, nil
}

// Current returns the published version, or state.ErrNotFound.
func (a *Archive) Current(ctx context.Context, tenant string) (Head, Version, error) {
	h, err := a.Head(ctx, tenant)
	if err != nil {
		return h, Version{}, err
	}
	v, err := a.Version(ctx, tenant, h.Version)
	return h, v, err
}

// History returns the last changes of a tenant's head, the newest first, and its tags:
// name to version.
func (a *Archive) History(ctx context.Context, tenant string) ([]Publishing, map[string]string, error) {
	j, err := a.journal(ctx, tenant)
	slices.Reverse(j.Publishings)
	return j.Publishings, j.Tags, err
}

// Resolve returns the id of the version that people call by a tag, or by the first
// MinPrefix digits of its id or more.
func (a *Archive) Resolve(ctx context.Context, tenant, name string) (string, error) {
	j, err := a.journal(ctx, tenant)
	if err != nil {
		return "", err
	}
	if id := j.Tags[name]; id != "" {
		return id, nil
	}
	if !isID(name) {
		return "", refuse("there is no tag %q; a version is called by a tag or by the first %d digits of its id or more; see: strowger dialplan history", cut(name), MinPrefix)
	}
	found := ""
	for id := range j.versions() {
		switch {
		case !strings.HasPrefix(id, name):
		case found != "":
			return "", refuse("more than one version begins with %s; give more digits; see: strowger dialplan history", name)
		default:
			found = id
		}
	}
	if found == "" {
		return "", refuse("there is no version %s; see: strowger dialplan history", name)
	}
	return found, nil
}

// isID tells whether a name is that of a version and not of a tag.
func isID(name string) bool {
	return len(name) >= MinPrefix && len(name) <= 64 && strings.Trim(name, "0123456789abcdef") == ""
}

func cut(name string) string { return name[:min(len(name), 100)] }

// versions are those of a journal that are not deleted.
func (j *journal) versions() map[string]bool {
	all := map[string]bool{}
	for _, p := range j.Publishings {
		all[p.Version] = true
	}
	for id := range maps.Values(j.Tags) {
		all[id] = true
	}
	return all
}

// journal of a tenant that has published something; else an empty one.
func (a *Archive) journal(ctx context.Context, tenant string) (journal, error) {
	if _, err := a.Head(ctx, tenant); err != nil && !errors.Is(err, state.ErrNotFound) {
		return journal{}, err
	}
	var j journal
	_, err := a.get(ctx, tenant, journalID, &j)
	if errors.Is(err, state.ErrNotFound) {
		err = nil
	}
	return j, err
}

func (a *Archive) get(ctx context.Context, tenant, id string, v any) (state.Rev, error) {
	r, err := a.store.Get(ctx, table, tenant, id)
	if err != nil {
		return state.None, err
	}
	if err := json.Unmarshal(r.Value, v); err != nil {
		return state.None, fmt.Errorf("record %s of tenant %s cannot be read: %w", id, tenant, err)
	}
	return r.Rev, nil
}
