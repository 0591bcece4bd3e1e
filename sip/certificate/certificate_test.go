package certificate_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/certificate"
	"strowger/sip/certificate/certtest"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// meet does a handshake and tells for which names the server's certificate is.
func meet(t *testing.T, server, client *tls.Config) ([]string, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	seen := make(chan error, 1)
	go func() { seen <- tls.Server(b, server).Handshake() }()
	c := tls.Client(a, client)
	err = c.Handshake()
	if err == nil { // the server's verdict on a client's certificate comes after
		err = <-seen
	}
	if err != nil {
		return nil, err
	}
	return c.ConnectionState().PeerCertificates[0].DNSNames, nil
}

func TestNameChoosesCertificate(t *testing.T) {
	ca, dir := certtest.New(t), t.TempDir()
	var s certificate.Server
	for _, name := range []string{"one.example", "two.example"} {
		cert, key := ca.Write(dir, name, year, name)
		s.Pairs = append(s.Pairs, certificate.Pair{CertFile: cert, KeyFile: key})
	}
	config, err := certificate.NewKeeper(nil).Server(s)
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{"one.example": "one.example", "two.example": "two.example", "": "one.example"} {
		client := &tls.Config{ServerName: asked, RootCAs: ca.Pool(), InsecureSkipVerify: asked == ""}
		if got, err := meet(t, config, client); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%q: %q, %v", asked, got, err)
		}
	}
	if _, err := meet(t, config, &tls.Config{ServerName: "one.example", RootCAs: ca.Pool(), MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is taken")
	}
}

func TestWhoIsTrusted(t *testing.T) {
	ours, theirs := certtest.New(t), certtest.New(t)
	dir, other := t.TempDir(), t.TempDir()
	cert, key := ours.Write(dir, "node", year, "node.example", "127.0.0.1")
	node := certificate.Pair{CertFile: cert, KeyFile: key}
	cert, key = theirs.Write(other, "stranger", year, "node.example")
	stranger := certificate.Pair{CertFile: cert, KeyFile: key}
	ca, otherCA := ours.WriteCA(dir), theirs.WriteCA(other)
	for name, c := range map[string]struct {
		server certificate.Server
		client certificate.Client
		want   string // of the error; "" for none
	}{
		"by name":         {certificate.Server{}, certificate.Client{Name: "node.example", CAFile: ca}, ""},
		"by address":      {certificate.Server{}, certificate.Client{Name: "127.0.0.1", CAFile: ca}, ""},
		"another name":    {certificate.Server{}, certificate.Client{Name: "bank.example", CAFile: ca}, "not bank.example"},
		"another address": {certificate.Server{}, certificate.Client{Name: "127.0.0.2", CAFile: ca}, "not 127.0.0.2"},
		"wrong CA":        {certificate.Server{}, certificate.Client{Name: "node.example", CAFile: otherCA}, "unknown authority"},
		"system's CAs":    {certificate.Server{}, certificate.Client{Name: "node.example"}, "unknown authority"},
		"mutual":          {certificate.Server{ClientCAFile: ca}, certificate.Client{Name: "node.example", CAFile: ca, Pair: node}, ""},
		"mutual, none":    {certificate.Server{ClientCAFile: ca}, certificate.Client{Name: "node.example", CAFile: ca}, "didn't provide a certificate"},
		"mutual, another": {certificate.Server{ClientCAFile: ca}, certificate.Client{Name: "node.example", CAFile: ca, Pair: stranger}, "failed to verify certificate"},
	} {
		k := certificate.NewKeeper(nil)
		c.server.Pairs = []certificate.Pair{node}
		server, err := k.Server(c.server)
		if err != nil {
			t.Fatal(err)
		}
		client, err := k.Client(c.client)
		if err != nil {
			t.Fatal(err)
		}
		_, err = meet(t, server, client())
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFaultyFilesAreNamed(t *testing.T) {
	ca, dir := certtest.New(t), t.TempDir()
	cert, key := ca.Write(dir, "node", year, "node.example")
	_, otherKey := ca.Write(dir, "other", year, "other.example")
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	huge := filepath.Join(dir, "huge")
	if err := os.WriteFile(huge, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing")
	for name, c := range map[string]struct {
		server certificate.Server
		want   string
	}{
		"missing":      {certificate.Server{Pairs: []certificate.Pair{{CertFile: missing, KeyFile: key}}}, "missing: no such file"},
		"no PEM":       {certificate.Server{Pairs: []certificate.Pair{{CertFile: text, KeyFile: key}}}, "text and " + key + " are no certificate and its key"},
		"another key":  {certificate.Server{Pairs: []certificate.Pair{{CertFile: cert, KeyFile: otherKey}}}, "private key does not match"},
		"huge":         {certificate.Server{Pairs: []certificate.Pair{{CertFile: huge, KeyFile: key}}}, "more than 1048576 bytes"},
		"no authority": {certificate.Server{Pairs: []certificate.Pair{{CertFile: cert, KeyFile: key}}, ClientCAFile: text}, "text holds no certificate"},
		"nothing":      {certificate.Server{}, "needs a certificate"},
	} {
		_, err := certificate.NewKeeper(nil).Server(c.server)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChangedFilesAreTaken: a new certificate serves who comes after it, a faulty one
// nobody.
func TestChangedFilesAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca, dir := certtest.New(t), t.TempDir()
		cert, key := ca.Write(dir, "node", 90*day, "old.example")
		k := certificate.NewKeeper(slog.New(slog.DiscardHandler))
		config, err := k.Server(certificate.Server{Pairs: []certificate.Pair{{CertFile: cert, KeyFile: key}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go k.Run(ctx)
		wants := func(name string, reloads, failed uint64, left int64) {
			t.Helper()
			<-time.After(certificate.Interval)
			synctest.Wait()
			if _, err := meet(t, config, &tls.Config{ServerName: name, RootCAs: ca.Pool()}); err != nil {
				t.Error(err)
			}
			if c := k.Counters(); c.Reloads.Load() != reloads || c.ReloadFailed.Load() != failed || c.DaysLeft.Load() != left {
				t.Errorf("%s: %d reloads, %d failed, %d days left", name, c.Reloads.Load(), c.ReloadFailed.Load(), c.DaysLeft.Load())
			}
		}
		wants("old.example", 0, 0, 89)
		if err := os.Remove(key); err != nil {
			t.Fatal(err)
		}
		wants("old.example", 0, 1, 89)
		wants("old.example", 0, 1, 89)
		ca.Write(dir, "node", year, "new.example")
		wants("new.example", 1, 1, 364)
	})
}

// journal is what was logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func TestAlarmBeforeExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca, dir := certtest.New(t), t.TempDir()
		cert, key := ca.Write(dir, "node", 32*day, "node.example")
		var log journal
		k := certificate.NewKeeper(slog.New(slog.NewTextHandler(&log, nil)))
		if _, err := k.Server(certificate.Server{Pairs: []certificate.Pair{{CertFile: cert, KeyFile: key}}}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go k.Run(ctx)
		after := func(d time.Duration, want int, text string) {
			t.Helper()
			<-time.After(d)
			synctest.Wait()
			if got := strings.Count(log.String(), "renew it"); got != want || !strings.Contains(log.String(), text) {
				t.Errorf("%d alarms, want %d with %q:\n%s", got, want, text, log.String())
			}
		}
		after(day, 0, "")
		after(day+time.Minute, 1, "expires in 30 days")
		after(day, 2, "expires in 29 days")
		if lines := k.Expired(time.Now()); len(lines) != 0 {
			t.Errorf("expired: %q", lines)
		}
		after(30*day, 32, "expired on ")
		if lines := k.Expired(time.Now()); len(lines) != 1 {
			t.Errorf("expired: %q", lines)
		}
		if left := k.Counters().DaysLeft.Load(); left > 0 {
			t.Errorf("%d days left", left)
		}
	})
}
