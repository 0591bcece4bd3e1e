package cli

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"strowger/sip/security"
)

// samples are lines of the log, and the address that a filter is to ban, "" for none.
func samples() map[string]string {
	at := time.Now()
	from := netip.MustParseAddrPort("192.0.2.7:5060")
	feigned := "x\n2026-05-04T09:10:11.123Z event=wrong-password source=192.0.2.99 "
	return map[string]string{
		security.Event{Kind: security.WrongPassword, Source: from, Transport: "udp", User: "1001"}.Line(at):                       "192.0.2.7",
		security.Event{Kind: security.UnknownUser, Source: from, User: feigned}.Line(at):                                          "192.0.2.7",
		security.Event{Kind: security.ForeignRequest, Source: netip.MustParseAddrPort("[2001:db8::7]:0"), Method: "BYE"}.Line(at): "2001:db8::7",
		security.Event{Kind: security.Unblocked, Source: from, User: feigned}.Line(at):                                            "",
		security.Event{Kind: security.NotAllowed, Target: from}.Line(at):                                                          "",
	}
}

func failregex(t *testing.T, text string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "failregex = ")
	if !ok {
		t.Fatalf("no failregex in\n%s", text)
	}
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// TestFilter: the filter that help and README show takes the lines that it should, as
// fail2ban does: what is left of a line without its date is matched.
func TestFilter(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	filter := failregex(t, eventHelp)
	if other := failregex(t, string(readme)); other != filter {
		t.Errorf("the README's filter is %s, the help's %s", other, filter)
	}
	re := regexp.MustCompile(strings.Replace(filter, "<ADDR>", `([0-9A-Fa-f:.]+)`, 1))
	for line, want := range samples() {
		got := ""
		if m := re.FindStringSubmatch(line[len("2006-01-02T15:04:05"):]); m != nil {
			got = m[1]
		}
		if got != want {
			t.Errorf("banned %q by %s, want %q", got, line, want)
		}
	}
}

// TestFail2ban has fail2ban itself read the log.
func TestFail2ban(t *testing.T) {
	tool, err := exec.LookPath("fail2ban-regex")
	if err != nil {
		t.Skip("fail2ban-regex is not installed: apt-get install fail2ban")
	}
	_, filter, _ := strings.Cut(eventHelp, "  [Definition]\n")
	dir := t.TempDir()
	conf, log := filepath.Join(dir, "strowger.conf"), filepath.Join(dir, "security.log")
	var lines strings.Builder
	banned := 0
	for line, address := range samples() {
		lines.WriteString(line + "\n")
		if address != "" {
			banned++
		}
	}
	for file, text := range map[string]string{conf: "[Definition]\n" + strings.ReplaceAll(filter, "  ", ""), log: lines.String()} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(tool, "--out", "ip", log, conf).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := strings.Fields(string(out))
	if len(got) != banned || strings.Contains(string(out), "192.0.2.99") {
		t.Errorf("fail2ban bans %q, want %d", got, banned)
	}
}
