package b2bua

import "slices"

// serve makes one of the pair hear whom it may: in the place of who holds it, the music
// of that one.
func (c *Call) serve(p *party, pair []*party, out Effects) {
	others := c.audible(p, pair)
	i := slices.IndexFunc(pair, func(o *party) bool { return o != p })
	music := p.musicOf(pair[i])
	if music == "" {
		p.attune(others, out)
		return
	}
	others = slices.DeleteFunc(others, func(o *party) bool { return o == pair[i] })
	if p.music != music || p.attending() != earsOf(others)+elsewhere {
		p.listens(out, []string{music}, others...)
		p.music = music
	}
}

// musicOf is what the party hears of another that holds it, unless it holds that one too.
func (p *party) musicOf(by *party) string {
	if by.agreed.Held && p.agreed.Direction.Sends() {
		return by.Party.Music()
	}
	return ""
}

// hearsMusic has the party hear music and nobody, if it does not yet.
func (p *party) hearsMusic(music string, out Effects) {
	if p.music != music || p.attending() != elsewhere {
		p.listens(out, []string{music})
		p.music = music
	}
}
