package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"strowger/media/prompt"
	"strowger/sip/ledger"
)

// protos are what phones speak SIP over.
var protos = []string{"udp", "tcp", "tls"}

// What the parties of these tests say: by its tone each knows the others.
const (
	adaTone, benTone, carlTone = 350.0, 440.0, 620.0
	talkTime                   = 3 * time.Second
)

// deskPhone is a phone of some make at a seat. It answers by itself and plays a tone.
type deskPhone interface {
	dials(number string)
	holds()
	resumes()
	transfers(to string) // what it talks on, unattended
	talks(times int)     // waits until it has begun, or gone back, to talk so often
	freed()              // waits until its first call is over
}

// desks starts a phone by its make.
var desks = map[string]func(n *node, seat string, freq float64, proto string) deskPhone{
	"baresip": func(n *node, seat string, freq float64, proto string) deskPhone {
		return &baresipDesk{n.softphone(seat, freq, proto), n, proto}
	},
	"linphone": func(n *node, seat string, freq float64, proto string) deskPhone {
		p := n.linphone(seat, proto, "autoanswer enable")
		tone := filepath.Join(n.t.TempDir(), "tone.wav")
		writeWAV(n.t, tone, prompt.Tone(freq, 30*time.Second, -10))
		p.does("play " + tone)
		return &linphoneDesk{p, n}
	},
}

type baresipDesk struct {
	*softphone
	n     *node
	proto string
}

func (p *baresipDesk) uri(number string) string {
	port := ":5060"
	if p.proto == "tls" {
		port = ":5061"
	}
	return "sip:" + number + "@" + p.n.host + port + ";transport=" + p.proto
}

func (p *baresipDesk) dials(number string)  { p.does("dial", p.uri(number)) }
func (p *baresipDesk) holds()               { p.does("hold", "") }
func (p *baresipDesk) resumes()             { p.does("resume", "") }
func (p *baresipDesk) transfers(to string)  { p.does("transfer", p.uri(to)) }
func (p *baresipDesk) says(text string) int { return strings.Count(p.process.output(), text) }

func (p *baresipDesk) talks(times int) {
	p.t.Helper()
	until(p.t, "baresip talks", func() bool { return p.says("Call established") >= min(times, 1) })
}

func (p *baresipDesk) freed() {
	p.t.Helper()
	until(p.t, "baresip's call is over", func() bool { return p.says(" terminated (duration") > 0 })
}

type linphoneDesk struct {
	*linphone
	n *node
}

func (p *linphoneDesk) dials(number string) { p.does("call " + number) }
func (p *linphoneDesk) holds()              { p.does("pause"); p.reaches("LinphoneCallPaused", 1) }
func (p *linphoneDesk) resumes()            { p.does("resume 1") }
func (p *linphoneDesk) transfers(to string) { p.does("transfer sip:" + to + "@" + p.n.host) }
func (p *linphoneDesk) talks(times int)     { p.t.Helper(); p.reaches("LinphoneCallStreamsRunning", times) }
func (p *linphoneDesk) freed()              { p.t.Helper(); p.reaches("LinphoneCallReleased", 1) }

// tester is a running "strowger phone" that plays a tone and records what it hears.
type tester struct {
	t       *testing.T
	process *process
	record  string
}

// tester starts one; args are its verb and what belongs to that.
func (n *node) tester(freq float64, args ...string) *tester {
	n.t.Helper()
	dir := n.t.TempDir()
	tone, record := filepath.Join(dir, "tone.wav"), filepath.Join(dir, "heard.wav")
	writeWAV(n.t, tone, prompt.Tone(freq, time.Minute, -10))
	cmd := exec.Command(os.Args[0], append([]string{"phone"}, append(args, "--server", n.host, "--bind", host()+":5060", "--play", tone, "--record", record)...)...)
	cmd.Env = append(os.Environ(), asNode+"=1")
	p := &tester{t: n.t, process: launch(n.t, cmd, filepath.Join(dir, "phone.log")), record: record}
	n.t.Cleanup(func() {
		if n.t.Failed() {
			n.t.Logf("the test phone's output:\n%s", p.process.output())
		}
	})
	return p
}

// hangsUp ends its call after a while and tells for how many tenths of a second it heard
// each tone.
func (p *tester) hangsUp(tones ...float64) []int {
	p.t.Helper()
	talked(talkTime)
	if err := p.process.end(syscall.SIGINT, stopWait); err != nil {
		p.t.Fatalf("the test phone: %v\n%s", err, p.process.output())
	}
	file, err := os.ReadFile(p.record)
	if err != nil {
		p.t.Fatal(err)
	}
	samples, err := prompt.DecodeWAV(file)
	if err != nil {
		p.t.Fatal(err)
	}
	heard := make([]int, len(tones))
	for i, tone := range tones {
		heard[i] = loud(prompt.ToneShare(samples, tone))
	}
	return heard
}

// parties are who was in a call, in the order of their coming.
func parties(legs []ledger.LegRecord) []string {
	legs = slices.Clone(legs)
	slices.SortFunc(legs, func(a, b ledger.LegRecord) int { return a.Leg - b.Leg })
	var names []string
	for _, l := range legs {
		names = append(names, l.Party)
	}
	return names
}

// spoke wants a party of a call to have sent and been sent sound.
func (n *node) spoke(call, party string, packets uint64) {
	n.t.Helper()
	for _, l := range n.legs(call) {
		if l.Party == party && l.Received >= packets && l.Sent >= packets {
			return
		}
	}
	n.t.Errorf("%s did not speak in call %s: %+v", party, call, n.legs(call))
}

// TestBlindTransfer: a phone sends who called it to a phone of the other make, and is
// free. The caller hears the one, and then the other.
func TestBlindTransfer(t *testing.T) {
	need(t, "baresip", "baresip-core")
	installed(t, "linphonec", "linphone-cli")
	for from, to := range map[string]string{"baresip": "linphone", "linphone": "baresip"} {
		for _, proto := range protos {
			t.Run(from+" to "+to+" "+proto, func(t *testing.T) {
				t.Parallel()
				n := tlsNode(t)
				ben, carl := desks[from](n, "1002", benTone, proto), desks[to](n, "1003", carlTone, proto)
				ada := n.tester(adaTone, "call", "1002", "--user", "1001")
				ben.talks(1)
				talked(talkTime / 2)
				ben.transfers("1003")
				carl.talks(1)
				ben.freed()
				heard := ada.hangsUp(benTone, carlTone)
				if heard[0] < 5 || heard[1] < 10 {
					t.Errorf("the caller heard who transferred for %d tenths of a second and the other for %d", heard[0], heard[1])
				}
				record := n.recorded(byCaller)[0]
				if got, want := parties(n.legs(record.Call)), []string{"seat:1001", "seat:1002", "seat:1003"}; !slices.Equal(got, want) {
					t.Errorf("in the call were %q, want %q", got, want)
				}
				n.spoke(record.Call, "seat:1003", 100)
			})
		}
	}
}

// talked lets parties talk.
func talked(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}
