package e2e

import (
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"strowger/media/prompt"
)

// phoneConfig is that of baresip without any device: it plays a file, records what
// it hears and is told what to do on a TCP port.
const phoneConfig = `sip_listen HOST:5060
net_interface HOST
audio_source aufile,DIR/tone.wav
audio_player aubridge,sink
audio_alert aubridge,alert
audio_txmode thread
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
rtp_ports 20000-21000
ringback_disabled yes
snd_path DIR/rec
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module srtp.so
module sndfile.so
module aubridge.so
module aufile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen HOST:4444
`

// softphone is a baresip that is registered as a seat and plays a tone.
type softphone struct {
	t       *testing.T
	dir     string
	control net.Conn
	process *process
}

// softphone starts a phone that answers by itself, by UDP, TCP or TLS. Over
// TLS it knows the node's authority, ca.pem of the node's folder.
func (n *node) softphone(seat string, freq float64, proto string) *softphone {
	n.t.Helper()
	return n.speaking(seat, freq, proto, "pcma")
}

// speaking starts such a phone with codecs of its choice, and more parameters of its
// account.
func (n *node) speaking(seat string, freq float64, proto, codecs string, more ...string) *softphone {
	n.t.Helper()
	at, dir := host(), n.t.TempDir()
	config, server := phoneConfig, n.host+":5060;transport=udp"
	switch proto {
	case "tcp":
		server = n.host + ":5060;transport=tcp"
	case "tls":
		config, server = config+"sip_cafile "+filepath.Join(n.dir, "ca.pem")+"\nsip_certificate DIR/phone.pem\n", n.host+":5061;transport=tls"
		n.certify(filepath.Join(dir, "phone.pem"))
	}
	fill := strings.NewReplacer("HOST", at, "DIR", dir)
	account := fmt.Sprintf("<sip:%s@%s>;auth_user=%s;auth_pass=demo-%s;regint=60;audio_codecs=%s;answermode=auto", seat, server, seat, seat, codecs)
	account = strings.Join(append([]string{account}, more...), ";") + "\n"
	for name, text := range map[string]string{"config": fill.Replace(config), "accounts": account, "contacts": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			n.t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "rec"), 0o700); err != nil {
		n.t.Fatal(err)
	}
	tone := filepath.Join(dir, "tone.wav")
	writeWAV(n.t, tone, prompt.Tone(freq, 30*time.Second, -10))
	if codecs == wide { // a file is played at its own rate
		narrow := filepath.Join(dir, "narrow.wav")
		if err := os.Rename(tone, narrow); err != nil {
			n.t.Fatal(err)
		}
		resample(n.t, narrow, tone, "16000")
	}
	cmd := exec.Command("baresip", "-4", "-v", "-f", dir)
	cmd.Dir = dir
	p := &softphone{t: n.t, dir: dir, process: launch(n.t, cmd, filepath.Join(dir, "baresip.log"))}
	n.t.Cleanup(func() {
		if n.t.Failed() {
			n.t.Logf("the phone's output:\n%s", p.process.output())
		}
	})
	until(n.t, "seat "+seat+" is registered", func() bool {
		return strings.Contains(p.process.output(), "200 OK")
	})
	control, err := net.Dial("tcp", at+":4444")
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { control.Close() })
	p.control = control
	return p
}

// certify writes a certificate and its key as one file: the node's, which
// nobody asks the phone for.
func (n *node) certify(path string) {
	n.t.Helper()
	var both []byte
	for _, file := range []string{"node.pem", "node.key"} {
		content, err := os.ReadFile(filepath.Join(n.dir, file))
		if err != nil {
			n.t.Fatal(err)
		}
		both = append(both, content...)
	}
	if err := os.WriteFile(path, both, 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// does gives baresip a command, as a netstring of JSON.
func (p *softphone) does(command, params string) {
	p.t.Helper()
	text := fmt.Sprintf(`{"command":%q,"params":%q}`, command, params)
	if _, err := fmt.Fprintf(p.control, "%d:%s,", len(text), text); err != nil {
		p.t.Fatal(err)
	}
}

// heard ends the phone and returns what it recorded of its peer.
func (p *softphone) heard() []int16 {
	p.t.Helper()
	_ = p.process.end(syscall.SIGTERM, stopWait) // how baresip ends is its own matter
	files, err := filepath.Glob(filepath.Join(p.dir, "rec", "*-dec.wav"))
	if err != nil || len(files) != 1 {
		p.t.Fatalf("recordings: %q, %v\n%s", files, err, p.process.output())
	}
	name := filepath.Join(p.dir, "heard.wav")
	resample(p.t, files[0], name, "8000")
	file, err := os.ReadFile(name)
	if err != nil {
		p.t.Fatal(err)
	}
	samples, err := prompt.DecodeWAV(file)
	if err != nil {
		p.t.Fatal(err)
	}
	return samples
}

func resample(t *testing.T, from, to, rate string) {
	t.Helper()
	if out, err := exec.Command("sox", from, "-r", rate, to).CombinedOutput(); err != nil {
		t.Fatalf("sox: %v\n%s", err, out)
	}
}

func writeWAV(t *testing.T, name string, samples []int16) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := prompt.NewWriter(file)
	if err == nil {
		err = w.Write(samples)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestBothHear: one phone plays 440 Hz, the other 620 Hz, and each finds the
// other's tone, and not its own, in what it recorded.
func TestBothHear(t *testing.T) {
	need(t, "baresip", "baresip-core")
	n := startNode(t)
	bothHear(t, n, "udp", "sip:1002@"+n.host+":5060;transport=udp")
}

// TestBothHearByTLS: the same with TLS under SIP.
func TestBothHearByTLS(t *testing.T) {
	need(t, "baresip", "baresip-core")
	n := tlsNode(t)
	bothHear(t, n, "tls", "sip:1002@"+n.host+":5061;transport=tls")
}

func bothHear(t *testing.T, n *node, proto, dialled string) {
	t.Helper()
	installed(t, "sox", "sox")
	hearEachOther(t, n, n.softphone("1001", 440, proto), n.softphone("1002", 620, proto), dialled)
}

// hearEachOther has a phone that plays 440 Hz call one that plays 620 Hz, in packets of 20 ms.
func hearEachOther(t *testing.T, n *node, ada, ben *softphone, dialled string) {
	t.Helper()
	n.heard(bothHeard(t, n, ada, ben, dialled), 120)
}

// bothHeard does so in packets of any time, and returns the call.
func bothHeard(t *testing.T, n *node, ada, ben *softphone, dialled string) (call string) {
	t.Helper()
	ada.does("dial", dialled)
	until(t, "both talk", func() bool {
		return strings.Contains(ada.process.output(), "Call established") && strings.Contains(ben.process.output(), "Call established")
	})
	talk := time.NewTimer(3 * time.Second)
	defer talk.Stop()
	<-talk.C
	ada.does("hangup", "")
	call = n.recorded(byCaller)[0].Call
	for _, c := range []struct {
		phone      *softphone
		freq, none float64
	}{{ada, 620, 440}, {ben, 440, 620}} {
		samples := c.phone.heard()
		if got := loud(prompt.ToneShare(samples, c.freq)); got < 20 {
			t.Errorf("%v Hz was heard in %d windows of 100 ms, want 20", c.freq, got)
		}
		if got := level(samples, c.freq); got < -11 || got > -9 {
			t.Errorf("%v Hz was heard at %.1f dB, want -10", c.freq, got)
		}
		if got := loud(prompt.ToneShare(samples, c.none)); got > 0 {
			t.Errorf("%v Hz, its own tone, was heard in %d windows of 100 ms", c.none, got)
		}
	}
	return call
}

// level is the peak of a tone in the loud windows, in dB of full scale.
func level(samples []int16, freq float64) float64 {
	power, n := 0.0, 0
	for i, share := range prompt.ToneShare(samples, freq) {
		if share <= 0.8 {
			continue
		}
		const window = prompt.SampleRate / 10
		for _, s := range samples[i*window:][:window] {
			power += float64(s) * float64(s)
		}
		n += window
	}
	return 20 * math.Log10(math.Sqrt(2*power/float64(max(n, 1)))/math.MaxInt16)
}

// loud counts the windows that hold little but the tone.
func loud(shares []float64) int {
	n := 0
	for _, share := range shares {
		if share > 0.8 {
			n++
		}
	}
	return n
}
