package state

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Names in Redis. A tenant's grouped records are the fields of one hash, so that
// a script can change them together; the braces put each spread record into a
// cluster's slot by itself.
//
//	strowger:schema                 the schema version
//	strowger:1:{TENANT}:TABLE       hash of id to record: a grouped table
//	strowger:1:TABLE:{TENANT:ID}    record, with its expiry: a spread table
//	strowger:1:watch:TABLE          channel; a message is TENANT, zero byte, ID
//
// A record is what pack makes of it. Its revision is a random number of the
// writer, so that a write needs no counter and one that is sent twice is
// recognised.
const (
	redisPrefix = "strowger:1:"
	schemaName  = "strowger:schema"
)

func groupedKey(table, tenant string) string { return redisPrefix + "{" + tenant + "}:" + table }

func spreadKey(table, tenant, id string) string {
	return redisPrefix + table + ":{" + tenant + ":" + id + "}"
}

func watchChannel(table string) string { return redisPrefix + "watch:" + table }

func watchedTable(channel string) string { return strings.TrimPrefix(channel, watchChannel("")) }

// In the scripts a revision is its 8 bytes; an empty record deletes. The answer
// is the index of the first change in conflict, from 1, or 0.
const scriptAllows = `
local none, any = string.rep('\0', 8), string.rep('\255', 8)
local function allows(expect, have, new)
  if have == '' then have = none end
  return expect == any or expect == have or (new ~= '' and new == have)
end
`

// KEYS: record. ARGV: channel, tenant, id, expected revision, record, life in ms or 0.
var putSpread = redis.NewScript(scriptAllows + `
local key, record, life = KEYS[1], ARGV[5], ARGV[6]
if not allows(ARGV[4], redis.call('GETRANGE', key, 0, 7), string.sub(record, 1, 8)) then return 1 end
if record == '' then redis.call('DEL', key)
elseif life == '0' then redis.call('SET', key, record)
else redis.call('SET', key, record, 'PX', life) end
redis.call('PUBLISH', ARGV[1], ARGV[2] .. '\0' .. ARGV[3])
return 0
`)

// KEYS: hash. ARGV: channel, tenant, then for each change id, expected revision, record.
var applyGrouped = redis.NewScript(scriptAllows + `
local key = KEYS[1]
for i = 3, #ARGV, 3 do
  local have = string.sub(redis.call('HGET', key, ARGV[i]) or '', 1, 8)
  if not allows(ARGV[i+1], have, string.sub(ARGV[i+2], 1, 8)) then return i / 3 end
end
for i = 3, #ARGV, 3 do
  if ARGV[i+2] == '' then redis.call('HDEL', key, ARGV[i])
  else redis.call('HSET', key, ARGV[i], ARGV[i+2]) end
  redis.call('PUBLISH', ARGV[1], ARGV[2] .. '\0' .. ARGV[i])
end
return 0
`)

// Redis is the Store of a cluster. It owns its client's connections and the
// goroutine that receives what Watch asked for.
//
// A Get or a Put is one round trip. Durable has no meaning here: Redis keeps what
// it is configured to keep. A write is never sent again by the store itself.
type Redis struct {
	client   redis.UniversalClient
	url      string // without password
	master   string // the name by which sentinels know it; "" without sentinels
	log      *slog.Logger
	counters Counters
	watchers watchers

	life    context.Context // ends with Close
	end     context.CancelFunc
	closing sync.Once

	mu        sync.Mutex
	pubsub    *redis.PubSub            // nil until the first Watch
	listening map[string]chan struct{} // by channel; closed when the server listens or nobody waits for it
	done      chan struct{}            // the receiver has ended; nil until the first Watch
}

// OpenRedis opens the store in the Redis that url names:
//
//	redis://USER:PASSWORD@HOST:PORT/DB        one server; rediss:// with TLS
//	redis://HOST:PORT,HOST:PORT?cluster=true  a cluster, by some of its nodes
//	redis://HOST:PORT,HOST:PORT?sentinel=NAME the master NAME, by its sentinels
//
// User, password, port (6379) and DB (0) may be left out. Further parameters are
// password_file=FILE; sentinel_password_file=FILE, where the sentinels want one of
// their own; and for rediss PEM files: ca_file=FILE, without which the system's
// certificates are trusted, and cert_file=FILE with key_file=FILE to show a
// certificate of one's own. Sentinels are reached as their master is, by TLS or not.
// A server that does not answer is an error.
func OpenRedis(ctx context.Context, url string, o Options) (*Redis, error) {
	u, err := parseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redis URL: %w", err)
	}
	if o.PasswordFile != "" {
		u.passwordFile = o.PasswordFile
	}
	client, err := u.client()
	if err != nil {
		return nil, fmt.Errorf("redis %s: %w", u.shown, err)
	}
	s := &Redis{
		client: client, url: u.shown, master: u.sentinel, log: o.logger(),
		listening: make(map[string]chan struct{}),
	}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.checkSchema(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Redis) checkSchema(ctx context.Context) error {
	want := strconv.Itoa(Schema)
	if err := s.client.SetNX(ctx, schemaName, want, 0).Err(); err != nil {
		return s.failed(ctx, err)
	}
	have, err := s.client.Get(ctx, schemaName).Result()
	if err != nil {
		return s.failed(ctx, err)
	}
	if have != want {
		return fmt.Errorf("redis %s was written with schema %s, this program has schema %s: run the program that wrote it, or restore a backup into an empty database", s.url, have, want)
	}
	return nil
}

// Counters returns the store's counters.
func (s *Redis) Counters() *Counters { return &s.counters }

// Get implements Store.
func (s *Redis) Get(ctx context.Context, t Table, tenant, id string) (Record, error) {
	var cmd *redis.StringCmd
	if t.Placement == Grouped {
		cmd = s.client.HGet(ctx, groupedKey(t.Name, tenant), id)
	} else {
		cmd = s.client.Get(ctx, spreadKey(t.Name, tenant, id))
	}
	s.counters.Reads.Add(1)
	b, err := cmd.Bytes()
	if isNothing(err) {
		return Record{}, ErrNotFound
	}
	if err != nil {
		return Record{}, s.failed(ctx, err)
	}
	p, err := unpack(b)
	if err != nil {
		s.counters.Corrupt.Add(1)
		return Record{}, fmt.Errorf("%s/%s/%s: %w", t.Name, tenant, id, err)
	}
	return p.record(id), nil
}

// Put implements Store.
func (s *Redis) Put(ctx context.Context, t Table, tenant string, c Change) (Rev, error) {
	if err := checkChange(t, tenant, c); err != nil {
		return None, err
	}
	if t.Placement == Grouped {
		return s.apply(ctx, t, tenant, []Change{c})
	}
	life := "0"
	if !c.Expires.IsZero() {
		// What has expired already lives for a millisecond: Redis knows no less.
		life = strconv.FormatInt(max(1, time.Until(c.Expires).Milliseconds()), 10)
	}
	rev, record := newRecord(c)
	conflict, err := putSpread.Run(ctx, s.client, []string{spreadKey(t.Name, tenant, c.ID)},
		watchChannel(t.Name), tenant, c.ID, revBytes(c.Expect), []byte(record), life).Int()
	return rev, s.written(ctx, t, tenant, []Change{c}, conflict, err)
}

// Apply implements Store. It is one script: Redis runs it to its end or not at all.
func (s *Redis) Apply(ctx context.Context, t Table, tenant string, changes []Change) error {
	if err := checkApply(t, tenant, changes); err != nil {
		return err
	}
	if len(changes) == 0 {
		return ctx.Err()
	}
	_, err := s.apply(ctx, t, tenant, changes)
	return err
}

// apply returns the last change's revision.
func (s *Redis) apply(ctx context.Context, t Table, tenant string, changes []Change) (Rev, error) {
	args := make([]any, 0, 2+3*len(changes))
	args = append(args, watchChannel(t.Name), tenant)
	rev := None
	for _, c := range changes {
		var record packed
		rev, record = newRecord(c)
		args = append(args, c.ID, revBytes(c.Expect), []byte(record))
	}
	conflict, err := applyGrouped.Run(ctx, s.client, []string{groupedKey(t.Name, tenant)}, args...).Int()
	return rev, s.written(ctx, t, tenant, changes, conflict, err)
}

// written judges a script's answer.
func (s *Redis) written(ctx context.Context, t Table, tenant string, changes []Change, conflict int, err error) error {
	switch {
	case err != nil:
		return s.failed(ctx, err)
	case conflict > 0:
		s.counters.Conflicts.Add(1)
		id := changes[min(conflict, len(changes))-1].ID
		return fmt.Errorf("%w: %s/%s/%s", ErrConflict, t.Name, tenant, id)
	}
	s.counters.Writes.Add(uint64(len(changes)))
	return nil
}

// newRecord gives a change its revision and the bytes to store, none to delete.
func newRecord(c Change) (Rev, packed) {
	if c.Value == nil {
		return None, nil
	}
	rev := 1 + Rev(rand.Uint64N(uint64(Any)-1)) // neither None nor Any
	return rev, pack(c.Value, rev, c.Expires)
}

func revBytes(r Rev) []byte { return binary.BigEndian.AppendUint64(nil, uint64(r)) }

// Ping implements Store.
func (s *Redis) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return s.failed(ctx, err)
	}
	return nil
}

// Close implements Store.
func (s *Redis) Close() (err error) {
	s.closing.Do(func() { err = s.close() })
	return err
}

func (s *Redis) close() error {
	s.mu.Lock()
	s.end()
	pubsub := s.pubsub
	s.mu.Unlock()
	var err error
	if pubsub != nil {
		if err = pubsub.Close(); errors.Is(err, redis.ErrClosed) {
			err = nil // the receiver was about to replace it
		}
		<-s.done
	}
	return errors.Join(err, s.client.Close())
}

// splitMessage reads what the scripts publish.
func splitMessage(payload string) (tenant, id string) {
	tenant, id, _ = strings.Cut(payload, "\x00")
	return tenant, id
}
