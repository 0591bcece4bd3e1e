package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/media/prompt"
)

// linphoneConfig is that of a linphone that talks on one address only.
const linphoneConfig = `[sip]
sip_port=UDP
sip_tcp_port=TCP
sip_tls_port=TLS
bind_address=HOST
use_ipv6=0
verify_server_certs=0
verify_server_cn=0
[rtp]
audio_rtp_port=15100
bind_address=HOST
[video]
enabled=0
`

// linphone is Debian's linphonec, registered as a seat.
type linphone struct {
	t       *testing.T
	stdin   io.Writer
	log     string // where it says what it does; it shows people less, and late
	process *process
}

// linphone starts a phone on one transport, which plays a tone and answers if answer is
// given.
func (n *node) linphone(seat, proto string, more ...string) *linphone {
	n.t.Helper()
	return n.configured(linphoneConfig, seat, proto, more...)
}

// configured starts such a phone with another configuration.
func (n *node) configured(config, seat, proto string, more ...string) *linphone {
	n.t.Helper()
	at, dir := host(), n.t.TempDir()
	ports := map[string]string{"UDP": "0", "TCP": "0", "TLS": "0", strings.ToUpper(proto): "5060"}
	config = strings.NewReplacer("HOST", at, "UDP", ports["UDP"], "TCP", ports["TCP"], "TLS", ports["TLS"]).Replace(config)
	if err := os.WriteFile(filepath.Join(dir, "rc"), []byte(config), 0o600); err != nil {
		n.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, ".local/share/linphone"), 0o700); err != nil {
		n.t.Fatal(err)
	}
	writeWAV(n.t, filepath.Join(dir, "tone.wav"), prompt.Tone(440, 30*time.Second, -10))
	cmd := exec.Command("linphonec", "-c", filepath.Join(dir, "rc"), "-d", "6", "-l", filepath.Join(dir, "debug.log"))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	p := &linphone{t: n.t, stdin: stdin, log: filepath.Join(dir, "debug.log"), process: launch(n.t, cmd, filepath.Join(dir, "linphone.log"))}
	n.t.Cleanup(func() {
		if n.t.Failed() {
			debug := p.says()
			n.t.Logf("linphone's messages end with:\n%s", debug[max(0, len(debug)-20_000):])
			n.t.Logf("linphone's output:\n%s", p.process.output())
		}
		_, _ = io.WriteString(stdin, "quit\n") // what is left of it is killed
	})
	server := "sip:" + n.host + ":5060"
	switch proto {
	case "tcp":
		server += ";transport=tcp"
	case "tls":
		server = "sip:" + n.host + ":5061;transport=tls"
	}
	p.does("soundcard use files")
	p.does("play " + filepath.Join(dir, "tone.wav"))
	p.does(fmt.Sprintf("register sip:%s@%s <%s> demo-%s", seat, n.host, server, seat))
	p.reaches("[LinphoneRegistrationOk]", 1)
	for _, command := range more {
		p.does(command)
	}
	return p
}

// does types a command.
func (p *linphone) does(command string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, command+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

func (p *linphone) says() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// reaches waits until its account, or a call, has been in a state so often.
func (p *linphone) reaches(state string, times int) {
	p.t.Helper()
	until(p.t, "linphone is in state "+state, func() bool {
		n := 0
		for line := range strings.Lines(p.says()) {
			if strings.Contains(line, " moving from state ") && strings.Contains(line[strings.Index(line, " moving "):], " to "+state) {
				n++
			}
		}
		return n >= times
	})
}
