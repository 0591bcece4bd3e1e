package state

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Sizes of List's requests. The keys of a spread table are looked for among all
// keys of the server, as for an operator's question or a backup, not for a call.
const (
	scanCount = 1000 // keys that one step of a scan looks at
	readChunk = 500  // records read in one round trip
)

// List implements Store. A tenant's grouped records are one snapshot; in a spread
// table each record is as it was when it was read.
func (s *Redis) List(ctx context.Context, t Table, tenant string, fn func(string, Record) bool) error {
	if t.Placement == Spread {
		return s.listSpread(ctx, t, tenant, fn)
	}
	tenants := []string{tenant}
	if tenant == "" {
		keys, err := s.scan(ctx, redisPrefix+"{*}:"+escapeGlob(t.Name))
		if err != nil {
			return err
		}
		tenants = tenants[:0]
		for _, key := range keys {
			name, _, _ := strings.Cut(strings.TrimPrefix(key, redisPrefix+"{"), "}")
			tenants = append(tenants, name)
		}
	}
	for _, name := range tenants {
		more, err := s.listGrouped(ctx, t, name, fn)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// listGrouped tells whether fn wants more.
func (s *Redis) listGrouped(ctx context.Context, t Table, tenant string, fn func(string, Record) bool) (bool, error) {
	fields, err := s.client.HGetAll(ctx, groupedKey(t.Name, tenant)).Result()
	if err != nil {
		return false, s.failed(ctx, err)
	}
	ids := make([]string, 0, len(fields))
	for id := range fields {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		p, err := unpack([]byte(fields[id]))
		if err != nil {
			s.counters.Corrupt.Add(1)
			return false, fmt.Errorf("%s/%s/%s: %w", t.Name, tenant, id, err)
		}
		if !fn(tenant, p.record(id)) {
			return false, nil
		}
	}
	return true, nil
}

func (s *Redis) listSpread(ctx context.Context, t Table, tenant string, fn func(string, Record) bool) error {
	prefix := redisPrefix + t.Name + ":{"
	pattern := escapeGlob(prefix) + "*}"
	if tenant != "" {
		pattern = escapeGlob(prefix+tenant+":") + "*}"
	}
	keys, err := s.scan(ctx, pattern)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(keys, readChunk) {
		cmds, err := s.getAll(ctx, chunk)
		if err != nil {
			return err
		}
		for i, key := range chunk {
			b, err := cmds[i].Bytes()
			if isNothing(err) {
				continue // it expired since the scan
			}
			if err != nil {
				return s.failed(ctx, err)
			}
			owner, id, _ := strings.Cut(strings.TrimSuffix(key[len(prefix):], "}"), ":")
			p, err := unpack(b)
			if err != nil {
				s.counters.Corrupt.Add(1)
				return fmt.Errorf("%s/%s/%s: %w", t.Name, owner, id, err)
			}
			if !fn(owner, p.record(id)) {
				return nil
			}
		}
	}
	return nil
}

// getAll asks for the keys in one round trip.
func (s *Redis) getAll(ctx context.Context, keys []string) ([]*redis.StringCmd, error) {
	cmds := make([]*redis.StringCmd, len(keys))
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, key := range keys {
			cmds[i] = p.Get(ctx, key)
		}
		return nil
	})
	if err != nil && !isNothing(err) {
		return nil, s.failed(ctx, err)
	}
	return cmds, nil
}

// scan returns the keys that match, of all masters, each once and in order.
func (s *Redis) scan(ctx context.Context, pattern string) ([]string, error) {
	var mu sync.Mutex
	var keys []string
	one := func(ctx context.Context, c *redis.Client) error {
		it := c.Scan(ctx, 0, pattern, scanCount).Iterator()
		for it.Next(ctx) {
			mu.Lock()
			keys = append(keys, it.Val())
			mu.Unlock()
		}
		return it.Err()
	}
	var err error
	switch c := s.client.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(ctx, one)
	case *redis.Client:
		err = one(ctx, c)
	}
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// escapeGlob makes a text stand for itself in a pattern of SCAN.
func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(s)
}
