package e2e

import "strings"

// deskPhone is a phone of some make at a seat. It answers by itself and plays a tone.
type deskPhone interface {
	dials(number string)
	holds()
	plays(freq float64) // another tone from the next time on that it talks
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
		p := &linphoneDesk{n.linphone(seat, proto, "autoanswer enable"), n}
		p.plays(freq)
		return p
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
func (p *baresipDesk) resumes()             { p.does("resume", "") }
func (p *baresipDesk) transfers(to string)  { p.does("transfer", p.uri(to)) }
func (p *baresipDesk) says(text string) int { return strings.Count(p.process.output(), text) }

func (p *baresipDesk) holds() {
	p.t.Helper()
	p.does("hold", "")
	until(p.t, "baresip holds", func() bool { return p.says("call: hold ") > 0 })
}

func (p *baresipDesk) plays(freq float64) { p.does("ausrc", "aufile,"+toneFile(p.t, freq)) }

func (p *baresipDesk) talks(times int) {
	p.t.Helper()
	until(p.t, "baresip talks", func() bool { return p.says("Call established")+p.says("call: resume ") >= times })
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
func (p *linphoneDesk) plays(freq float64)  { p.does("play " + toneFile(p.t, freq)) }
func (p *linphoneDesk) resumes()            { p.does("resume 1") }
func (p *linphoneDesk) transfers(to string) { p.does("transfer sip:" + to + "@" + p.n.host) }
func (p *linphoneDesk) talks(times int)     { p.t.Helper(); p.reaches("LinphoneCallStreamsRunning", times) }
func (p *linphoneDesk) freed()              { p.t.Helper(); p.reaches("LinphoneCallReleased", 1) }
