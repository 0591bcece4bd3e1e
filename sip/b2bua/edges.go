package b2bua

import (
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"strowger/media/tone"
)

// ears are whom a party hears, a rune each: numbers of legs, or elsewhere; of one that is
// masked its number and maskedEar. Most hear one, which takes no memory.
type ears string

// elsewhere stands among ears for what is no leg of the call: a prompt, or what a leg
// heard in the call that it came from. No leg has the number 0.
const elsewhere ears = "\x00"

// maskedEar is more than the number of any leg.
const maskedEar = 1 << 16

func earsOf(others []*party) ears {
	var buf [16]byte
	b := buf[:0]
	for _, o := range others {
		ear := rune(o.ID)
		if o.masked() {
			ear += maskedEar
		}
		b = utf8.AppendRune(b, ear)
	}
	return ears(b)
}

// beside is what a party has that is more in its call than one of two.
type beside struct {
	ears       ears         // whom it hears, if ear does not say
	window     *window      // that is open, or was
	supervises *supervision // of a supervisor's leg
	member     *member      // of who is in a conference
	merges     bool         // the party of its other call is asked to join
	entry      *entry       // of who is on its way into a conference
}

// nothingBeside is that of most parties. Nobody changes it: see own.
var nothingBeside beside

// own is what the party has beside, to be changed.
func (p *party) own() *beside {
	if p.beside == &nothingBeside {
		p.beside = new(beside)
	}
	return p.beside
}

// ear is whom a party hears, if that is one leg: its number; or nobody.
type ear int16

const (
	hearsElsewhere ear = -1 // what is no leg of the call
	hearsSeveral   ear = -2 // ears says whom
)

// attends notes whom the party hears.
func (p *party) attends(to ears) {
	one, size := utf8.DecodeRuneInString(string(to))
	switch {
	case to == "":
		p.ear = 0
	case to == elsewhere:
		p.ear = hearsElsewhere
	case size == len(to) && one <= math.MaxInt16:
		p.ear = ear(one)
	default:
		p.ear, p.own().ears = hearsSeveral, to
	}
}

// attending is whom the party hears.
func (p *party) attending() ears {
	switch p.ear {
	case 0:
		return ""
	case hearsElsewhere:
		return elsewhere
	case hearsSeveral:
		return p.ears
	}
	return ears(string(rune(p.ear)))
}

// hears makes the party hear others and nothing else; a tone in the stead of one that is
// masked.
func (p *party) hears(out Effects, others ...*party) {
	p.music, p.toned = "", false
	p.attends(earsOf(others))
	if slices.ContainsFunc(others, (*party).masked) {
		heard := slices.DeleteFunc(slices.Clone(others), (*party).masked)
		out.Play(p.ID, []string{MaskTone}, numbers(heard)...)
		return
	}
	out.Hear(p.ID, numbers(others)...)
}

// plays makes the party hear prompts in its language, over what others say.
func (p *party) plays(out Effects, prompts []string, over ...*party) {
	names := make([]string, len(prompts))
	for i, name := range prompts {
		names[i] = p.Party.Prompt(name)
	}
	p.listens(out, names, over...)
}

// hearsTone makes the party hear a tone of its country.
func (p *party) hearsTone(out Effects, k tone.Kind) {
	p.listens(out, []string{p.Party.Tone(k)})
	p.toned = k == tone.Ringing
}

// listens makes the party hear sound of the switch by its full names, over what others say.
func (p *party) listens(out Effects, names []string, over ...*party) {
	p.music, p.toned = "", false
	p.attends(earsOf(over) + elsewhere)
	out.Play(p.ID, names, numbers(over)...)
}

func numbers(list []*party) []int {
	ids := make([]int, len(list))
	for i, p := range list {
		ids[i] = p.ID
	}
	return ids
}

// extra tells whether the party is in the call beside the two that talk, or rung for it.
func (p *party) extra() bool { return p.supervises != nil || p.member != nil }

// pair are the two that talk; none while they do not.
func (c *Call) pair() []*party {
	if c.state != talking || c.peer == nil || c.front.over || c.peer.over {
		return nil
	}
	return []*party{c.front, c.peer}
}

// arrange gives everybody whom to hear, after a step that changed who is in the call.
// Nothing is said to the sound of who hears what it did. A transfer under way sees to
// its pair itself.
func (c *Call) arrange(now time.Time, out Effects) {
	c.dismiss(now, out)
	if c.state == over {
		return
	}
	if c.conf != nil {
		c.arrangeConference(out)
		return
	}
	pair := c.pair()
	for _, p := range c.legs {
		switch {
		case p.supervising():
			p.attune(pair, out)
		case c.transfer == nil && !c.notifying && slices.Contains(pair, p):
			c.serve(p, pair, out)
		}
	}
}

// audible are those of the pair and its supervisors whom one of the pair may hear: the
// other one, who barges in, and who whispers to it.
func (c *Call) audible(p *party, pair []*party) []*party {
	var list []*party
	for _, o := range pair {
		if o != p {
			list = append(list, o)
		}
	}
	for _, o := range c.legs {
		if s := o.supervises; o.supervising() && (s.mode == Barge || s.mode == Whisper && s.of == p) {
			list = append(list, o)
		}
	}
	return list
}

// attune makes p hear others, if it does not yet.
func (p *party) attune(others []*party, out Effects) {
	if p.attending() != earsOf(others) {
		p.hears(out, others...)
	}
}
