package state

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"strowger/sip/state/redistest"
)

// mirror is a copy of a table's tenant "demo" that is kept by Watch, as a node does.
type mirror struct {
	store  Store
	mu     sync.Mutex
	told   map[string]bool // ids; "" is all
	values map[string]string
}

// follow starts a mirror of the spread table.
func follow(t *testing.T, s Store) *mirror {
	t.Helper()
	m := &mirror{store: s, told: map[string]bool{}, values: map[string]string{}}
	t.Cleanup(s.Watch(spread, func(_, id string) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.told[id] = true
	}))
	return m
}

// refresh reads what it was told of. What cannot be read now is read the next time.
func (m *mirror) refresh(ctx context.Context) {
	m.mu.Lock()
	told := m.told
	m.told = map[string]bool{}
	m.mu.Unlock()
	for id := range told {
		err := m.read(ctx, id)
		if errors.Is(err, ErrUnavailable) {
			m.mu.Lock()
			m.told[id] = true
			m.mu.Unlock()
		}
	}
}

func (m *mirror) read(ctx context.Context, id string) error {
	if id == "" {
		return m.store.List(ctx, spread, "demo", func(_ string, r Record) bool {
			m.values[r.ID] = string(r.Value)
			return true
		})
	}
	r, err := m.store.Get(ctx, spread, "demo", id)
	if err == nil {
		m.values[id] = string(r.Value)
	}
	return err
}

// becomes waits until the mirror has these values.
func (m *mirror) becomes(t *testing.T, want map[string]string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
		m.refresh(t.Context())
		if maps.Equal(m.values, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the copy has %v, want %v", m.values, want)
		}
	}
}

// TestRedisFailover: when sentinels replace the primary, however it is lost, the
// store goes on with what the replica had, says nothing but ErrUnavailable
// meanwhile, and a copy that is kept by Watch becomes right without another write.
func TestRedisFailover(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sentinels int
		lose      func(t *testing.T, f *redistest.Sentinels)
	}{
		"it ends":  {3, func(t *testing.T, f *redistest.Sentinels) { t.Helper(); f.Primary.Kill(t) }},
		"it hangs": {3, func(t *testing.T, f *redistest.Sentinels) { t.Helper(); f.Primary.Pause(t) }},
		"an operator asks": {1, func(t *testing.T, f *redistest.Sentinels) {
			t.Helper()
			if err := f.Sentinels[0].Client(t).Do(t.Context(), "SENTINEL", "FAILOVER", redistest.MasterName).Err(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := redistest.Setup{}.Sentinels(t, c.sentinels)
			one, two := openRedisTest(t, f.URL), openRedisTest(t, f.URL)
			copied := follow(t, two)
			mustPut(t, one, spread, "demo", Change{ID: "kept", Value: []byte("1"), Expect: None})
			copied.becomes(t, map[string]string{"kept": "1"})
			replica := f.Replica.Client(t)
			key := spreadKey(spread.Name, "demo", "kept")
			eventually(t, "the replica has the record", func() bool { return replica.Exists(t.Context(), key).Val() == 1 })

			c.lose(t, f)
			wrote := 0
			eventually(t, "the replica is written to", func() bool {
				wrote++
				_, err := one.Put(t.Context(), spread, "demo", Change{ID: "new", Value: fmt.Append(nil, wrote), Expect: Any})
				if err != nil && !errors.Is(err, ErrUnavailable) {
					t.Fatalf("put: %v, want ErrUnavailable or success", err)
				}
				if _, err := two.Get(t.Context(), spread, "demo", "kept"); err != nil && !errors.Is(err, ErrUnavailable) {
					t.Fatalf("get: %v, want ErrUnavailable or success", err)
				}
				role, _ := replica.Do(t.Context(), "ROLE").Slice()
				return err == nil && len(role) > 0 && role[0] == "master"
			})
			mustPut(t, one, spread, "demo", Change{ID: "new", Value: []byte("last"), Expect: Any})
			copied.becomes(t, map[string]string{"kept": "1", "new": "last"})
		})
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

// TestRedisSentinelPassword: sentinels may want a password of their own.
func TestRedisSentinelPassword(t *testing.T) {
	t.Parallel()
	f := redistest.Setup{}.Sentinels(t, 1)
	if err := f.Sentinels[0].Client(t).Do(t.Context(), "ACL", "SETUSER", "default", "resetpass", ">from file").Err(); err != nil {
		t.Fatal(err)
	}
	if err := openRedisTest(t, f.URL+"&sentinel_password_file="+passwordFile(t)).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := OpenRedis(t.Context(), f.URL, Options{}); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("without a password: %v", err)
	}
}

// TestRedisUnknownMaster: sentinels that do not know the name, at the start or
// from then on, are no empty store.
func TestRedisUnknownMaster(t *testing.T) {
	t.Parallel()
	f := redistest.Setup{}.Sentinels(t, 1)
	s := openRedisTest(t, f.URL)
	mustPut(t, s, spread, "demo", Change{ID: "a", Value: []byte("x"), Expect: Any})

	const want = `no sentinel there knows a master named "other"`
	_, err := OpenRedis(t.Context(), strings.Replace(f.URL, redistest.MasterName, "other", 1), Options{})
	if !errors.Is(err, ErrUnavailable) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("open: %v, want ErrUnavailable: ... %s", err, want)
	}

	if err := f.Sentinels[0].Client(t).Do(t.Context(), "SENTINEL", "REMOVE", redistest.MasterName).Err(); err != nil {
		t.Fatal(err)
	}
	f.Primary.Kill(t)
	eventually(t, "its connections are known to be lost", func() bool {
		err := s.Ping(t.Context())
		return err != nil && strings.HasSuffix(err.Error(), strings.Replace(want, "other", redistest.MasterName, 1))
	})
	calls := map[string]func() error{
		"get":  func() error { _, err := s.Get(t.Context(), spread, "demo", "a"); return err },
		"list": func() error { return s.List(t.Context(), spread, "demo", func(string, Record) bool { return true }) },
		"all":  func() error { _, err := s.getAll(t.Context(), []string{"a"}); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s when the sentinel forgot the master: %v, want ErrUnavailable", name, err)
		}
	}
}
