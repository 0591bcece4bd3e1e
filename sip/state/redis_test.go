package state

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"strowger/sip/state/redistest"
)

func TestRedisURL(t *testing.T) {
	secret, a := passwordFile(t), redistest.NewAuthority(t)
	tests := []struct {
		url              string
		addrs, user, pwd string
		db               int
		cluster, tls     bool
		master           string
	}{
		{url: "redis://127.0.0.1", addrs: "127.0.0.1:6379"},
		{url: "redis://[::1]", addrs: "[::1]:6379"},
		{url: "redis://[::1]:7000/3", addrs: "[::1]:7000", db: 3},
		{url: "rediss://me:p%40ss@redis.example:1/2", addrs: "redis.example:1", user: "me", pwd: "p@ss", db: 2, tls: true},
		{url: "redis://:pw@h?password_file=" + secret, addrs: "h:6379", pwd: "from file"},
		{url: "redis://a:1,b,c:3?cluster=true", addrs: "a:1 b:6379 c:3", cluster: true},
		{url: "rediss://a?ca_file=" + a.CA + "&cert_file=" + a.Cert + "&key_file=" + a.Key, addrs: "a:6379", tls: true},
		{url: "redis://me:pw@a,b/1?sentinel=mymaster", addrs: "a:6379 b:6379", user: "me", pwd: "pw", db: 1, master: "mymaster"},
	}
	for _, tt := range tests {
		u, err := parseURL(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		o, err := u.options()
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		if got := strings.Join(o.Addrs, " "); got != tt.addrs || o.Username != tt.user || o.Password != tt.pwd || o.DB != tt.db ||
			o.IsClusterMode != tt.cluster || o.MasterName != tt.master || (o.Dialer != nil) != tt.tls {
			t.Errorf("%s: %s, user %q, password %q, db %d, cluster %t, master %q", tt.url, got, o.Username, o.Password, o.DB, o.IsClusterMode, o.MasterName)
		}
	}
}

// passwordFile holds "from file".
func passwordFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRedisURLFaults(t *testing.T) {
	secret := passwordFile(t)
	for url, want := range map[string]string{
		"":                                   "redis://",
		"http://h":                           "redis://",
		"redis://":                           "host is missing",
		"redis://a,b":                        "several hosts need",
		"redis://a/x":                        "database",
		"redis://:geheim@a/x":                "database",
		"redis://:gehe%zzim@a":               "percent-encode",
		"redis://a?clusted=true":             "unknown parameter",
		"redis://a?cluster=perhaps":          "true or false",
		"redis://a/1?cluster=true":           "database 0 only",
		"redis://a?cluster=1&sentinel=x":     "exclude each other",
		"redis://a?ca_file=x":                "need rediss",
		"rediss://a?ca_file=/nowhere/ca.pem": "ca_file",
		"rediss://a?ca_file=" + secret:       "no certificate in PEM form",
		"rediss://a?cert_file=x":             "go together",
		"redis://a?sentinel_password_file=x": "needs sentinel=NAME",
		"redis://a?sentinel=x&sentinel_password_file=/nowhere/pwd": "sentinel_password_file",
		"rediss://a?cert_file=/no&key_file=/no":                    "cert_file /no",
		"redis://a?password_file=/nowhere/pwd":                     "password_file",
	} {
		_, err := OpenRedis(t.Context(), url, Options{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "gehe") {
			t.Errorf("%s: %v, want %q and no password", url, err, want)
		}
	}
}

func TestRedisMissing(t *testing.T) {
	for name, url := range map[string]string{
		"server":    "redis://me:geheim@127.0.0.1:1",
		"TLS":       "rediss://me:geheim@127.0.0.1:1",
		"cluster":   "redis://me:geheim@127.0.0.1:1,127.0.0.1:2?cluster=true",
		"sentinels": "redis://me:geheim@127.0.0.1:1,127.0.0.1:2?sentinel=x",
	} {
		_, err := OpenRedis(t.Context(), url, Options{})
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "me:xxxxx@127.0.0.1:1") || !strings.Contains(err.Error(), "connection refused") ||
			strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with ErrUnavailable, the URL without its password and the reason", name, err)
		}
	}
}

// TestRedisPassword: it comes from a file beside the URL, and a server that wants
// one says so without it.
func TestRedisPassword(t *testing.T) {
	url := redistest.Setup{}.URL(redistest.Setup{}.Server(t, "--requirepass", "from file"))
	s, err := OpenRedis(t.Context(), url, Options{PasswordFile: passwordFile(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := OpenRedis(t.Context(), url, Options{}); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("without a password: %v", err)
	}
}

func TestRedisSchema(t *testing.T) {
	url := redistest.Start(t)
	s := openRedisTest(t, url)
	if err := s.client.Set(t.Context(), schemaName, "2", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRedis(t.Context(), url, Options{}); err == nil || !strings.Contains(err.Error(), "schema 2, this program has schema 1") {
		t.Errorf("other schema: %v", err)
	}
}

// TestRedisTwoNodes: what one node writes the other reads and is told of.
func TestRedisTwoNodes(t *testing.T) {
	url := redistest.Start(t)
	one, two := openRedisTest(t, url), openRedisTest(t, url)
	told := make(chan string, 1)
	defer two.Watch(spread, func(tenant, id string) { told <- tenant + "/" + id })()
	rev := mustPut(t, one, spread, "demo", Change{ID: "1001", Value: []byte("x"), Expect: None})
	if got := <-told; got != "demo/1001" {
		t.Errorf("told of %s", got)
	}
	if _, err := two.Put(t.Context(), spread, "demo", Change{ID: "1001", Value: []byte("y"), Expect: rev}); err != nil {
		t.Errorf("update with the other node's revision: %v", err)
	}
}

// TestRedisSentTwice: a write whose answer was lost and that is sent again by the
// client is the same write, not a conflict.
func TestRedisSentTwice(t *testing.T) {
	url := redistest.Start(t)
	s := openRedisTest(t, url)
	_, record := newRecord(Change{Value: []byte("x")})
	for range 2 {
		n, err := putSpread.Run(t.Context(), s.client, []string{spreadKey("sparks", "demo", "a")},
			"channel", "demo", "a", revBytes(None), []byte(record), "0").Int()
		if n != 0 || err != nil {
			t.Errorf("put: %d, %v", n, err)
		}
		n, err = applyGrouped.Run(t.Context(), s.client, []string{groupedKey("things", "demo")},
			"channel", "demo", "a", revBytes(None), []byte(record)).Int()
		if n != 0 || err != nil {
			t.Errorf("apply: %d, %v", n, err)
		}
	}
}

// TestRedisStops: a server that hangs is ErrUnavailable, the caller's deadline
// holds, and the store goes on when the server does, watches included.
func TestRedisStops(t *testing.T) {
	t.Parallel()
	server := redistest.Setup{}.Server(t)
	s := openRedisTest(t, redistest.Setup{}.URL(server))
	told := make(chan string, 64)
	tell := func(_, id string) {
		select {
		case told <- id:
		default:
		}
	}
	defer s.Watch(spread, tell)()
	server.Pause(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Get(ctx, spread, "demo", "a"); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ErrUnavailable) {
		t.Errorf("a hanging server and a short deadline: %v", err)
	}
	begin := time.Now()
	if _, err := s.Put(t.Context(), spread, "demo", Change{ID: "a", Value: []byte("x"), Expect: Any}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a hanging server: %v, want ErrUnavailable", err)
	}
	if waited := time.Since(begin); waited > 3*ioTimeout {
		t.Errorf("a hanging server held a call for %v", waited)
	}
	server.Resume(t)
	eventually(t, "a change is told after the server came back", func() bool {
		_, _ = s.Put(t.Context(), spread, "demo", Change{ID: "back", Value: []byte("x"), Expect: Any})
		return drained(told, "back")
	})
}

// drained empties a channel and tells whether it had an id.
func drained(told <-chan string, id string) (found bool) {
	for len(told) > 0 {
		found = <-told == id || found
	}
	return found
}

// TestRedisClusterStops: a server of a cluster that hangs holds a call no longer
// than one that is alone: the write is not sent again.
func TestRedisClusterStops(t *testing.T) {
	t.Parallel()
	url, servers := redistest.Setup{}.Cluster(t, 3)
	s := openRedisTest(t, url)
	servers[0].Pause(t)
	for i := range 100 {
		begin := time.Now()
		_, err := s.Put(t.Context(), spread, "demo", Change{ID: strconv.Itoa(i), Value: []byte("x"), Expect: Any})
		if err == nil {
			continue // it lies on another
		}
		if waited := time.Since(begin); !errors.Is(err, ErrUnavailable) || waited > 3*ioTimeout {
			t.Errorf("%v after %v, want ErrUnavailable within %v", err, waited, 3*ioTimeout)
		}
		servers[0].Resume(t)
		eventually(t, "the store goes on", func() bool {
			_, err := s.Put(t.Context(), spread, "demo", Change{ID: strconv.Itoa(i), Value: []byte("x"), Expect: Any})
			return err == nil
		})
		return
	}
	t.Error("no record lies on the server that hangs")
}

// TestRedisLostNews: what changed while the connection of the watch was broken is
// told as a change of anything.
func TestRedisLostNews(t *testing.T) {
	t.Parallel()
	server := redistest.Setup{}.Server(t)
	copied := follow(t, openRedisTest(t, redistest.Setup{}.URL(server)))
	key, record := spreadKey(spread.Name, "demo", "a"), pack([]byte("x"), 1, time.Time{})
	_, err := server.Client(t).TxPipelined(t.Context(), func(p redis.Pipeliner) error {
		p.Do(t.Context(), "CLIENT", "KILL", "TYPE", "pubsub")
		p.Set(t.Context(), key, []byte(record), 0)
		return p.Publish(t.Context(), watchChannel(spread.Name), "demo\x00a").Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	copied.becomes(t, map[string]string{"a": "x"})
}

// TestRedisWatchesLate: so is what changed before a server listened that was away
// when Watch was called.
func TestRedisWatchesLate(t *testing.T) {
	t.Parallel()
	server := redistest.Setup{}.Server(t)
	s := openRedisTest(t, redistest.Setup{}.URL(server))
	server.Pause(t)
	told := make(chan string, 64)
	defer s.Watch(spread, func(_, id string) { told <- id })()
	server.Resume(t)
	if id := <-told; id != "" {
		t.Errorf("told of %q, want a change of anything", id)
	}
}

func BenchmarkPut(b *testing.B) {
	value := make([]byte, 350)
	bench := func(b *testing.B, s Store) {
		b.Helper()
		for b.Loop() {
			if _, err := s.Put(b.Context(), spread, "demo", Change{ID: "1001", Value: value, Expect: Any, Expires: time.Now().Add(time.Hour)}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("embedded", func(b *testing.B) {
		s, err := OpenEmbedded(b.TempDir(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		bench(b, s)
	})
	b.Run("redis", func(b *testing.B) {
		bench(b, openRedisTest(b, redistest.Start(b)))
	})
}
