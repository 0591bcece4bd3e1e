package b2bua

import "strowger/media/tone"

// hears has a party hear another, or nothing.
func (p *party) hears(from *party, out Effects) {
	p.music = ""
	if from == nil {
		out.Hear(p.ID, 0)
		return
	}
	out.Hear(p.ID, from.ID)
}

// play has a party hear prompts in its language.
func (p *party) play(prompts []string, out Effects) {
	p.music = ""
	names := make([]string, len(prompts))
	for i, name := range prompts {
		names[i] = p.Party.Prompt(name)
	}
	out.Play(p.ID, names)
}

// hearTone has a party hear a tone of its country.
func (p *party) hearTone(k tone.Kind, out Effects) {
	p.music = ""
	out.Play(p.ID, []string{p.Party.Tone(k)})
}

// entertain has who is held hear the music of who holds, and that one again afterwards.
func (c *Call) entertain(out Effects) {
	if c.state != talking || c.peer == nil || c.transfer != nil {
		return
	}
	c.peer.held(c.front, out)
	c.front.held(c.peer, out)
}

// held has a party hear music for as long as another holds it, unless it holds that one
// too.
func (p *party) held(by *party, out Effects) {
	music := ""
	if by.agreed.Held && p.agreed.Direction.Sends() {
		music = by.Party.Music()
	}
	switch {
	case p.music == music || p.over || by.over:
	case music == "":
		p.hears(by, out)
	default:
		out.Play(p.ID, []string{music})
		p.music = music
	}
}
