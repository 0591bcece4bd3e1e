package cli

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"strowger/cmd/internal/hosttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"strowger": func() { os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the manual of the commands: each file of testdata/script has the
// demo configuration on a loopback address of its own, HOST; OTHER is a second one.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts whole nodes: left out with -short")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			host := hosttest.Next()
			env.Setenv("HOST", host)
			env.Setenv("OTHER", hosttest.Next())
			// Else each of a hundred commands lasts a second longer under the race detector.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return copyConfigs(filepath.Join(env.WorkDir, "configs"), strings.NewReplacer("127.0.0.1", host, "127.0.0.2", hosttest.Next()))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await, "certificate": writeCertificate},
	})
}

// await runs a command until its output matches: await PATTERN PROGRAM [ARGUMENTS].
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await PATTERN PROGRAM [ARGUMENTS]")
	}
	const patience, interval = 20 * time.Second, 100 * time.Millisecond
	wanted := regexp.MustCompile(`(?m)` + args[0])
	again := time.NewTicker(interval)
	defer again.Stop()
	for end := time.Now().Add(patience); ; <-again.C {
		err := ts.Exec(args[1], args[2:]...)
		out := ts.ReadFile("stdout")
		if err == nil && wanted.MatchString(out) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%v: no %q in\n%s%s%v", args[1:], args[0], out, ts.ReadFile("stderr"), err)
		}
	}
}

// writeCertificate writes a certificate for an address, cert.pem, and its key, key.pem.
func writeCertificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: certificate ADDRESS")
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	form := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "strowger"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(args[0])}, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, &form, &form, public, private)
	ts.Check(err)
	key, err := x509.MarshalPKCS8PrivateKey(private)
	ts.Check(err)
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: key},
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name), pem.EncodeToMemory(block), 0o600))
	}
}

var firstWord = regexp.MustCompile(`[A-Z]+`)

// TestCompletion: whatever is about a seat, a call, a trunk, a version or a block of the
// plan that there is can be completed.
func TestCompletion(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		_, object, _ := strings.Cut(c.Use, " ")
		object = firstWord.FindString(object)
		known := map[string]bool{
			"NUMBER": c.Parent() != nil && c.Parent().Name() == "seat" && c.Name() != "add", "SEAT": true, "CALL": true, "TRUNK": true,
			"KIND": true, "PATH": true, "VERSION": true, "A": true, "NAME": c.Name() == "tag" || c.Parent() != nil && (c.Parent().Name() == "switch" || c.Parent().Name() == "hours"),
		}[object]
		if known != (c.ValidArgsFunction != nil) {
			t.Errorf("%s: completion %t, want %t", c.CommandPath(), !known, known)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
}

func copyConfigs(to string, move *strings.Replacer) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"strowger.hcl", "demo.plan.hcl", "demo.seats.csv", "cluster.hcl"} {
		text, err := os.ReadFile(filepath.Join("../../../configs", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), []byte(move.Replace(string(text))), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// TestEveryCommandIsDescribed walks the tree.
func TestEveryCommandIsDescribed(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || len(c.Short) > 80 {
			t.Errorf("%s: its short description is missing or long", c.CommandPath())
		}
		if c.Runnable() && !strings.Contains(c.Example, "  "+c.CommandPath()) {
			t.Errorf("%s has no example of itself", c.CommandPath())
		}
		if c.Runnable() && c.Args == nil {
			t.Errorf("%s takes any arguments", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
}

func TestTableWidth(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, head := range [][]string{{"A"}, {"A", "B"}, {"A", "B", "C", "D", "E", "F", "G", "H"}} {
		tab := newTable(head...)
		row := make([]string, len(head))
		for i := range row {
			row[i] = long[:100-10*i]
		}
		tab.add(row...)
		var out strings.Builder
		tab.print(&out)
		for line := range strings.Lines(out.String()) {
			if len(strings.TrimSuffix(line, "\n")) > maxWidth {
				t.Errorf("%d columns: a line of %d", len(head), len(line))
			}
		}
		if !strings.Contains(out.String(), "~") {
			t.Errorf("%d columns: what was cut has no mark", len(head))
		}
	}
}
