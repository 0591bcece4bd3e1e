package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Schema is the version of what both stores and backups write. A store written
// with another one is refused.
const Schema = 1

// Limits of what a store takes.
const (
	MaxKey     = 200     // bytes of a tenant or an id
	MaxValue   = 1 << 20 // bytes of a value
	MaxChanges = 200_000 // changes of one Apply
)

// ErrInvalid means that a call broke the contract; no store took anything of it.
var ErrInvalid = errors.New("invalid request to the store")

// headerLen is the length of what stands before a value: revision and expiry,
// 8 bytes each, big-endian. The expiry is in Unix milliseconds, 0 for never.
const headerLen = 16

// packed is a value behind its header: the form in which both stores keep it.
type packed []byte

func pack(value []byte, rev Rev, expires time.Time) packed {
	p := make(packed, headerLen, headerLen+len(value))
	binary.BigEndian.PutUint64(p, uint64(rev))
	binary.BigEndian.PutUint64(p[8:], uint64(expiryMillis(expires)))
	return append(p, value...)
}

func (p packed) rev() Rev { return Rev(binary.BigEndian.Uint64(p)) }

func (p packed) expiry() int64 { return int64(binary.BigEndian.Uint64(p[8:])) }

// expired tells whether the record is gone at now, in Unix milliseconds.
func (p packed) expired(now int64) bool { return p.expiry() != 0 && p.expiry() <= now }

func (p packed) record(id string) Record {
	r := Record{ID: id, Value: p[headerLen:len(p):len(p)], Rev: p.rev()}
	if ms := p.expiry(); ms != 0 {
		r.Expires = time.UnixMilli(ms).UTC()
	}
	return r
}

// unpack checks bytes that came from a disk or a server.
func unpack(b []byte) (packed, error) {
	if len(b) < headerLen {
		return nil, fmt.Errorf("stored record of %d bytes has no header", len(b))
	}
	return packed(b), nil
}

// expiryMillis rounds up, so that a record lives at least as long as was asked.
func expiryMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Add(time.Millisecond - 1).UnixMilli()
}

// allows tells whether a change that expects e may be made to a record whose
// revision is rev (None if there is none).
func (e Rev) allows(rev Rev) bool { return e == Any || e == rev }

// checkChange refuses what cannot be a key in every store: the separators of
// their keys are a colon, braces and a zero byte.
func checkChange(t Table, tenant string, c Change) error {
	if err := checkTenant(t, tenant); err != nil {
		return err
	}
	switch {
	case c.ID == "" || len(c.ID) > MaxKey || strings.ContainsAny(c.ID, "{}\x00"):
		return fmt.Errorf("%w: id %q in table %s: give 1 to %d bytes without { } and zero bytes", ErrInvalid, c.ID, t.Name, MaxKey)
	case len(c.Value) > MaxValue:
		return fmt.Errorf("%w: value of %s/%s/%s has %d bytes, at most %d are stored", ErrInvalid, t.Name, tenant, c.ID, len(c.Value), MaxValue)
	case t.Placement == Grouped && !c.Expires.IsZero():
		return fmt.Errorf("%w: records of the grouped table %s cannot expire", ErrInvalid, t.Name)
	}
	return nil
}

func checkTenant(t Table, tenant string) error {
	if tenant == "" || len(tenant) > MaxKey || strings.ContainsAny(tenant, ":{}\x00") {
		return fmt.Errorf("%w: tenant %q in table %s: give 1 to %d bytes without : { } and zero bytes", ErrInvalid, tenant, t.Name, MaxKey)
	}
	return nil
}

// checkApply refuses changes that no store could make as one.
func checkApply(t Table, tenant string, changes []Change) error {
	if t.Placement != Grouped {
		return fmt.Errorf("%w: table %s is spread, its records change one by one", ErrInvalid, t.Name)
	}
	if len(changes) > MaxChanges {
		return fmt.Errorf("%w: %d changes to table %s at once, at most %d", ErrInvalid, len(changes), t.Name, MaxChanges)
	}
	seen := make(map[string]struct{}, len(changes))
	for _, c := range changes {
		if err := checkChange(t, tenant, c); err != nil {
			return err
		}
		if _, twice := seen[c.ID]; twice {
			return fmt.Errorf("%w: two changes to %s/%s/%s at once", ErrInvalid, t.Name, tenant, c.ID)
		}
		seen[c.ID] = struct{}{}
	}
	return nil
}
