package state

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRedisURL(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
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
		{url: "redis://me:pw@a,b/1?sentinel=mymaster", addrs: "a:6379 b:6379", user: "me", pwd: "pw", db: 1, master: "mymaster"},
	}
	for _, tt := range tests {
		o, err := parseURL(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		if got := strings.Join(o.Addrs, " "); got != tt.addrs || o.Username != tt.user || o.Password != tt.pwd || o.DB != tt.db ||
			o.IsClusterMode != tt.cluster || o.MasterName != tt.master || (o.TLSConfig != nil) != tt.tls {
			t.Errorf("%s: %s, user %q, password %q, db %d, cluster %t, master %q", tt.url, got, o.Username, o.Password, o.DB, o.IsClusterMode, o.MasterName)
		}
	}
}

func TestRedisURLFaults(t *testing.T) {
	for url, want := range map[string]string{
		"":                                     "redis://",
		"http://h":                             "redis://",
		"redis://":                             "host is missing",
		"redis://a,b":                          "several hosts need",
		"redis://a/x":                          "database",
		"redis://:geheim@a/x":                  "database",
		"redis://:gehe%zzim@a":                 "percent-encode",
		"redis://a?clusted=true":               "unknown parameter",
		"redis://a?cluster=perhaps":            "true or false",
		"redis://a/1?cluster=true":             "database 0 only",
		"redis://a?cluster=1&sentinel=x":       "exclude each other",
		"redis://a?ca_file=x":                  "needs rediss",
		"rediss://a?ca_file=/nowhere/ca.pem":   "ca_file",
		"redis://a?password_file=/nowhere/pwd": "password_file",
	} {
		_, err := parseURL(url)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "gehe") {
			t.Errorf("%s: %v, want %q and no password", url, err, want)
		}
	}
}

func TestRedisMissing(t *testing.T) {
	_, err := OpenRedis(t.Context(), "redis://me:geheim@127.0.0.1:1", Options{})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "me:xxxxx@127.0.0.1:1") ||
		strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want one line with ErrUnavailable and the URL without its password", err)
	}
}

func TestRedisSchema(t *testing.T) {
	url, _ := startRedis(t)
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
	url, _ := startRedis(t)
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
	url, _ := startRedis(t)
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

// TestRedisStops: a server that hangs or is gone is ErrUnavailable, the caller's
// deadline holds, and the store goes on when the server does, watches included.
func TestRedisStops(t *testing.T) {
	url, server := startRedis(t)
	s := openRedisTest(t, url)
	told := make(chan string, 64)
	defer s.Watch(spread, func(_, id string) {
		select {
		case told <- id:
		default:
		}
	})()
	if err := server.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
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
	if err := server.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(20 * time.Second)
	for {
		_, err := s.Put(t.Context(), spread, "demo", Change{ID: "back", Value: []byte("x"), Expect: Any})
		select {
		case id := <-told:
			if id == "back" {
				return
			}
		case <-deadline:
			t.Fatalf("not told after the server came back, last put: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
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
		url, _ := startRedis(b)
		bench(b, openRedisTest(b, url))
	})
}
