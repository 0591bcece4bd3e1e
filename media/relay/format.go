package relay

import (
	"strowger/media"
	"strowger/media/codec"
)

// formatOf tells how a payload is decoded and encoded, false if it is not.
func formatOf(p *media.Payload) (codec.Format, bool) {
	return codec.FormatOf(p.Encoding, p.Clock, p.Channels)
}

// convert turns a packet's sound into the encoding of the listener, in its place.
func (o *outbound) convert(t *translation, sound []byte, c *Counters) {
	o.converted++
	if law, ok := t.source.Law(); ok && cheap(t.source, t.target) {
		law.Transcode(sound, sound)
		return
	}
	o.coder().Transcode(t.source, t.target, sound, sound)
	c.Transcoded.Add(1)
}

// encode makes sound for the party.
func (o *outbound) encode(f codec.Format, dst []byte, pcm []int16) {
	if law, ok := f.Law(); ok {
		law.Encode(dst, pcm)
		return
	}
	o.coder().Encoder.Encode(f, dst, pcm)
}

// coder returns what turns sound into G.722 and out of it, which has state: it is made
// once for a party that needs it.
func (o *outbound) coder() *codec.Transcoder {
	if o.transcoder == nil {
		o.transcoder = new(codec.Transcoder)
	}
	return o.transcoder
}

// format returns the first format that the far side negotiated and that sound can be
// made in.
func (o *outbound) format() (f codec.Format, payload uint8, ok bool) {
	for i := range o.payloads {
		if f, ok = formatOf(&o.payloads[i]); ok {
			return f, o.payloads[i].Type, true
		}
	}
	return 0, 0, false
}
