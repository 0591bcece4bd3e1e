package b2bua

import "strowger/media/tone"

// play has a party hear prompts in its language.
func (p *party) play(prompts []string, out Effects) {
	names := make([]string, len(prompts))
	for i, name := range prompts {
		names[i] = p.Party.Prompt(name)
	}
	out.Play(p.ID, names)
}

// hearTone has a party hear a tone of its country.
func (p *party) hearTone(k tone.Kind, out Effects) {
	out.Play(p.ID, []string{p.Party.Tone(k)})
}
