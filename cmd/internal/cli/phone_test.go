package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/node"
	"strowger/cmd/internal/phone"
	"strowger/configs"
	"strowger/media/prompt"
)

// demoNode runs a demo node on free ports and returns its SIP address.
func demoNode(t *testing.T) string {
	t.Helper()
	cfg, err := configs.Load("../../../configs/strowger.hcl", configs.Overrides{
		Data: t.TempDir(), RTPFrom: 7000, RTPTo: 7099,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.AnyPorts()
	n, err := node.Start(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := n.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return n.Transport.Listeners()[0].Addr.String()
}

func TestPhoneCall(t *testing.T) {
	server := demoNode(t)
	folder := t.TempDir()
	played, recorded := filepath.Join(folder, "tone.wav"), filepath.Join(folder, "heard.wav")
	f, err := os.Create(played)
	if err != nil {
		t.Fatal(err)
	}
	w, err := prompt.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(prompt.Tone(1000, 2*time.Second, -10)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()

	code, stdout, stderr := command("phone", "call", "*43", "--server", server, "--rtp-ports", "7100-7199",
		"--play", played, "--record", recorded, "--duration", "3s", "-o", "json")
	if code != 0 || !strings.Contains(stderr, "answered") {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var r phone.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if !r.Answered || r.Sent == 0 || r.Received == 0 || r.MOS < 3 {
		t.Errorf("report is %+v", r)
	}
	heard, err := prompt.Load(recorded)
	if err != nil {
		t.Fatal(err)
	}
	windows := 0
	for _, share := range prompt.ToneShare(heard.PCM, 1000) {
		if share > 0.9 {
			windows++
		}
	}
	if windows < 5 {
		t.Errorf("the tone is in %d windows of the recording, want 5 or more", windows)
	}
}

func TestPhoneFailures(t *testing.T) {
	server := demoNode(t)
	wrong := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(wrong, []byte("guess\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"not registered": {[]string{"call", "1009"}, exitFailed, "480"},
		"wrong password": {[]string{"register", "--password-file", wrong}, exitFailed, "the password is wrong"},
		"no file":        {[]string{"register", "--password-file", "nowhere"}, exitUsage, "nowhere"},
		"transport":      {[]string{"register", "--transport", "sctp"}, exitUsage, "udp, tcp or tls"},
		"ports":          {[]string{"register", "--rtp-ports", "many"}, exitUsage, "--rtp-ports"},
		"bind":           {[]string{"register", "--bind", "here"}, exitUsage, "--bind"},
		"output":         {[]string{"register", "-o", "xml"}, exitUsage, "table or json"},
		"sound":          {[]string{"call", "*43", "--play", "nowhere.wav"}, exitFailed, "nowhere.wav"},
		"no call":        {[]string{"answer", "--duration", "100ms"}, exitFailed, "no call came"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"phone", "--server", server, "--rtp-ports", "7100-7199"}, c.args...)
			code, _, stderr := command(args...)
			if code != c.code || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, want %d with %q; %s", code, c.code, c.want, stderr)
			}
		})
	}
	code, _, stderr := command("phone", "register", "--server", "here")
	if code != exitUsage || !strings.Contains(stderr, "--server") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestPhonePassword(t *testing.T) {
	loopback, other := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.1")
	for _, c := range []struct {
		file, env string
		server    netip.Addr
		want      string
	}{
		{server: loopback, want: "demo-1001"},
		{server: other, want: ""},
		{server: loopback, env: "secret", want: "secret"},
		{server: other, env: "secret", want: "secret"},
		{server: other, env: "secret", file: "-", want: "typed"},
	} {
		t.Run(fmt.Sprint(c.server, c.env, c.file), func(t *testing.T) {
			t.Setenv("STROWGER_PASSWORD", c.env)
			f := phoneFlags{user: "1001", passwordFile: c.file}
			got, err := f.password(strings.NewReader("typed\r\n"), c.server)
			if err != nil || got != c.want {
				t.Errorf("password is %q, %v; want %q", got, err, c.want)
			}
		})
	}
}
