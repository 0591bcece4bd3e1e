package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/csv"
	"encoding/pem"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"strowger/cmd/internal/node"
	"strowger/configs"
	"strowger/sip/transport"
)

// initFolder is a folder with the demo's files.
func initFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{demoSeats, demoPlan} {
		text, err := os.ReadFile(filepath.Join("../../../configs", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// command runs the command line.
func command(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(args, &out, &errs)
	return code, out.String(), errs.String()
}

// accounts reads the seats that init wrote.
func accounts(t *testing.T, folder string) [][]string {
	t.Helper()
	path := filepath.Join(folder, localSeats)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %o, want 600", path, info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 21 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows
}

func TestInitWritesWhatRuns(t *testing.T) {
	folder := initFolder(t)
	code, stdout, stderr := command("init", "--lan", "--address", "127.0.0.3", "--dir", folder)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	passwords := map[string]bool{}
	for _, row := range accounts(t, folder)[1:] {
		password := row[3]
		if len(password) != passwordLength || passwords[password] || !strings.Contains(stdout, row[0]+"   password "+password) {
			t.Errorf("seat %s has password %q", row[0], password)
		}
		passwords[password] = true
	}
	cfg, err := configs.Load(filepath.Join(folder, localConfig), configs.Overrides{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	lan := cfg.Networks[0]
	if lan.Listeners[0].Bind.String() != "127.0.0.3:5060" || lan.RTP[0].Advertised.String() != "127.0.0.3" {
		t.Errorf("network is %+v", lan)
	}
	cfg.AnyPorts()
	n, err := node.Start(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestInitTLS: phones that trust what init wrote call by TLS, and others do not.
func TestInitTLS(t *testing.T) {
	folder := initFolder(t)
	code, stdout, stderr := command("init", "--lan", "--tls", "--address", "127.0.0.3", "--dir", folder)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if info, err := os.Stat(filepath.Join(folder, localKey)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	text, err := os.ReadFile(filepath.Join(folder, localCert))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	sum := pairs(sha256.Sum256(block.Bytes))
	if !strings.Contains(strings.ReplaceAll(stdout, "\n  ", ""), sum) || !strings.Contains(stdout, "127.0.0.3:5061") {
		t.Errorf("printed:\n%s\nwithout the fingerprint %s", stdout, sum)
	}
	cfg, err := configs.Load(filepath.Join(folder, localConfig), configs.Overrides{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	cfg.AnyPorts()
	n, err := node.Start(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Stop(context.Background()) }()
	trusting := x509.NewCertPool()
	trusting.AppendCertsFromPEM(text)
	for _, l := range n.Transport.Listeners() {
		if l.Proto != transport.TLS {
			continue
		}
		for pool, want := range map[*x509.CertPool]bool{trusting: true, x509.NewCertPool(): false} {
			c, err := tls.Dial("tcp", l.Addr.String(), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
			if (err == nil) != want {
				t.Errorf("trusting is %t, and the handshake gives %v", want, err)
			}
			if err == nil {
				_ = c.Close()
			}
		}
		return
	}
	t.Error("there is no TLS listener")
}

func TestInitKeepsWhatIsThere(t *testing.T) {
	folder := initFolder(t)
	args := []string{"init", "--lan", "--address", "127.0.0.3", "--dir", folder}
	if code, _, stderr := command(args...); code != 0 {
		t.Fatal(stderr)
	}
	before := accounts(t, folder)
	code, _, stderr := command(args...)
	if code != exitFailed || !strings.Contains(stderr, "--force") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if accounts(t, folder)[1][3] != before[1][3] {
		t.Error("the passwords were replaced")
	}
	if code, _, stderr := command(append(args, "--force")...); code != 0 {
		t.Fatal(stderr)
	}
	if accounts(t, folder)[1][3] == before[1][3] {
		t.Error("the passwords were not replaced")
	}
}

func TestInitRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"without lan":       {[]string{"init"}, exitUsage, "--lan"},
		"no address":        {[]string{"init", "--lan", "--address", "here"}, exitUsage, "--address"},
		"foreign address":   {[]string{"init", "--lan", "--address", "192.0.2.1"}, exitFailed, "does not have"},
		"unspecified":       {[]string{"init", "--lan", "--address", "0.0.0.0"}, exitUsage, "--address"},
		"no folder":         {[]string{"init", "--lan", "--address", "127.0.0.3", "--dir", "nowhere"}, exitFailed, "--dir"},
		"no port for TLS":   {[]string{"init", "--lan", "--tls", "--address", "127.0.0.3", "--sip-port", "65535"}, exitUsage, "below 65535"},
		"port out of range": {[]string{"init", "--lan", "--address", "127.0.0.3", "--dir", "../../../configs", "--sip-port", "70000"}, exitFailed, "70000"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := command(c.args...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, want %d; %s", code, c.code, stderr)
			}
		})
	}
}

func TestInitPicks(t *testing.T) {
	loop, one, two, public := "127.0.0.1/8", "192.168.1.10/24", "10.1.2.3/8", "192.0.2.1/24"
	for name, c := range map[string]struct {
		own   []string
		typed string
		want  string // "" is an error
	}{
		"none":    {[]string{loop, public, "fd00::1/64"}, "", ""},
		"one":     {[]string{loop, public, one}, "", one},
		"second":  {[]string{one, two}, "2\n", two},
		"no line": {[]string{one, two}, "", ""},
		"zero":    {[]string{one, two}, "0\n", ""},
		"word":    {[]string{one, two}, "first\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var own []netip.Prefix
			for _, p := range c.own {
				own = append(own, netip.MustParsePrefix(p))
			}
			got, err := pick(own, strings.NewReader(c.typed), io.Discard)
			if c.want == "" {
				if err == nil || !strings.Contains(err.Error(), "--address") {
					t.Errorf("picked %s, %v", got, err)
				}
				return
			}
			if err != nil || got.String() != c.want {
				t.Errorf("picked %s, %v; want %s", got, err, c.want)
			}
		})
	}
}
