package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
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

// toneFile is a minute of a tone.
func toneFile(t *testing.T, freq float64) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tone.wav")
	writeWAV(t, file, prompt.Tone(freq, time.Minute, -10))
	return file
}

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
	record := filepath.Join(dir, "heard.wav")
	cmd := exec.Command(os.Args[0], append([]string{"phone"}, append(args, "--server", n.host, "--bind", host()+":5060", "--play", toneFile(n.t, freq), "--record", record)...)...)
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
	samples := p.samples()
	heard := make([]int, len(tones))
	for i, tone := range tones {
		heard[i] = loud(prompt.ToneShare(samples, tone))
	}
	return heard
}

// samples are what it heard, once it has ended.
func (p *tester) samples() []int16 {
	p.t.Helper()
	file, err := os.ReadFile(p.record)
	if err != nil {
		p.t.Fatal(err)
	}
	samples, err := prompt.DecodeWAV(file)
	if err != nil {
		p.t.Fatal(err)
	}
	return samples
}

// spokeTo wants in a record who spoke to whom, in that order.
func spokeTo(t *testing.T, record ledger.CDR, want ...string) {
	t.Helper()
	var got []string
	for segment := range strings.SplitSeq(record.Segments, "; ") {
		_, parties, _ := strings.Cut(segment, " ")
		got = append(got, parties)
	}
	if !slices.Equal(got, want) {
		t.Errorf("call %s was spoken in by %q, want %q", record.Call, got, want)
	}
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

// TestDesksHold: a phone calls, holds, changes its tone and takes the call back; the other
// side hears the one tone, music meanwhile, and then the other.
func TestDesksHold(t *testing.T) {
	need(t, "baresip", "baresip-core")
	installed(t, "linphonec", "linphone-cli")
	for maker, desk := range desks {
		for _, proto := range protos {
			t.Run(maker+" "+proto, func(t *testing.T) {
				t.Parallel()
				n := tlsNode(t)
				ada := n.tester(adaTone, "answer", "--user", "1001")
				until(t, "ada is registered", func() bool { return strings.Contains(ada.process.output(), "registered") })
				ben := desk(n, "1002", benTone, proto)
				ben.dials("1001")
				ben.talks(1)
				talked(talkTime / 2)
				ben.holds()
				ben.plays(carlTone)
				talked(talkTime / 3)
				ben.resumes()
				ben.talks(2)
				heard := ada.hangsUp(benTone, carlTone)
				if like := musical(ada.samples()); like < 0.95 {
					t.Errorf("on hold the other side heard what is like the music to %.2f", like)
				}
				if heard[0] < 5 || heard[1] < 10 {
					t.Errorf("the other side heard the phone before the hold for %d tenths of a second, and after it for %d", heard[0], heard[1])
				}
				ben.freed()
				record := n.recorded(ending{"answered", 200, 16, "callee"})[0]
				n.carried(record.Call, "seat:1002", proto, "a=sendonly", "a=recvonly", "a=sendrecv")
			})
		}
	}
}

// TestDesksTransfer: a phone sends who called it to a phone of the other make, and is
// free. The caller hears the one, and then the other.
func TestDesksTransfer(t *testing.T) {
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
				spokeTo(t, record, "seat:1001 seat:1002", "seat:1001 seat:1003")
				n.spoke(record.Call, "seat:1003", 100)
				n.carried(record.Call, "seat:1002", proto, "Refer-To:", "SIP/2.0 202", "NOTIFY", "SIP/2.0 200")
				n.carried(record.Call, "seat:1003", proto, "INVITE", "SIP/2.0 200")
			})
		}
	}
}

// TestDesksTransferAttended: a linphone asks a phone and hands over to it who called. Two
// linphones consult in a codec that the caller does not have. baresip 1.0.0 has no attended
// transfer.
func TestDesksTransferAttended(t *testing.T) {
	need(t, "linphonec", "linphone-cli")
	installed(t, "baresip", "baresip-core")
	for maker, desk := range desks {
		for _, proto := range protos {
			t.Run("to "+maker+" "+proto, func(t *testing.T) {
				t.Parallel()
				n := tlsNode(t)
				ben, carl := n.linphone("1002", proto, "autoanswer enable"), desk(n, "1003", carlTone, proto)
				ada := n.tester(adaTone, "call", "1002", "--user", "1001")
				ben.reaches("LinphoneCallStreamsRunning", 1)
				ben.does("pause")
				ben.reaches("LinphoneCallPaused", 1)
				ben.does("call 1003")
				ben.reaches("LinphoneCallStreamsRunning", 2)
				ben.does("transfer 1 --to-call 2")
				ben.reaches("LinphoneCallReleased", 2)
				if heard := ada.hangsUp(carlTone); heard[0] < 10 {
					t.Errorf("the caller heard whom he was handed to for %d tenths of a second", heard[0])
				}
				carl.freed()
				first, second := n.cdrOf("1001", "1002"), n.cdrOf("1002", "1003")
				spokeTo(t, first, "seat:1001 seat:1002", "seat:1001 seat:1003")
				spokeTo(t, second, "seat:1002 seat:1003")
				n.spoke(first.Call, "seat:1003", 100)
				n.carried(first.Call, "seat:1002", proto, "a=sendonly", "a=recvonly", "?Replaces", "SIP/2.0 202")
				if second.By != "transfer" || endingOf(first) != byCaller {
					t.Errorf("the call ended by %q, that before the transfer by %q", first.By, second.By)
				}
			})
		}
	}
}

// carried wants lines in the messages that a party of a call was sent or sent over a
// transport, one behind the other.
func (n *node) carried(call, party, proto string, lines ...string) {
	n.t.Helper()
	var told api.Trace
	if err := json.Unmarshal([]byte(n.strowger("call", "ladder", call, "-o", "json")), &told); err != nil {
		n.t.Fatal(err)
	}
	dialog := ""
	for _, l := range told.Legs {
		if l.Party == party {
			dialog = l.CallID
		}
	}
	for _, m := range told.Messages {
		if m.CallID == dialog && m.Proto == proto && len(lines) > 0 && strings.Contains(m.Text, lines[0]) {
			lines = lines[1:]
		}
	}
	if len(lines) > 0 {
		n.t.Errorf("over %s no message of %s has %q:\n%s", proto, party, lines, n.strowger("call", "ladder", call))
	}
}

// talked lets parties talk.
func talked(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}
