package quality

import "time"

// Codec is what the E-model knows of an encoding (ITU-T G.113, appendix I).
type Codec struct {
	Ie  float64 // equipment impairment without loss
	Bpl float64 // robustness against packet loss
}

// The encodings. A receiver is taken to conceal loss, as every phone since
// G.711 appendix I does; G711Plain is one that does not.
//
// G.711 with and without concealment and G.729 with annex A are of G.113 appendix I.
// The appendix has nothing of wideband codecs on this scale, which ends with G.711: by
// its appendix IV, G.722 of 64 kbit/s is 23 better than G.711 on the scale that goes
// on, so that here nothing is taken off; for its loss, as for both figures of Opus,
// which G.113 does not know, those of G.711 stand in. Both are so told too low rather
// than too high.
var (
	G711      = Codec{Ie: 0, Bpl: 25.1}
	G711Plain = Codec{Ie: 0, Bpl: 4.3}
	G722      = Codec{Ie: 0, Bpl: 25.1}
	G729      = Codec{Ie: 11, Bpl: 19}
	Opus      = Codec{Ie: 0, Bpl: 25.1}
)

// codecs are the encodings by their names in SDP.
var codecs = map[string]Codec{"PCMU": G711, "PCMA": G711, "G722": G722, "G729": G729, "opus": Opus}

// CodecOf finds an encoding by its name in SDP, as package sdp writes it. One that is not known is
// taken for G.711.
func CodecOf(encoding string) Codec {
	if c, ok := codecs[encoding]; ok {
		return c
	}
	return G711
}

// MOS is the opinion score, 1.0 to 4.5, that ITU-T G.107 expects with its default
// values: loss is the share of packets lost at random, 0 to 1, and delay the time
// from mouth to ear.
func MOS(codec Codec, loss float64, delay time.Duration) float64 {
	r := Rating(codec, loss, delay)
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	// The cubic of G.107 annex B dips below 1 for small r.
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}

// Rating is the transmission rating factor R = 93.2 - Id - Ie,eff.
func Rating(codec Codec, loss float64, delay time.Duration) float64 {
	ms := float64(max(delay, 0)) / float64(time.Millisecond)
	id := 0.024 * ms
	if ms > 177.3 {
		id += 0.11 * (ms - 177.3)
	}
	percent := 100 * min(max(loss, 0), 1)
	ie := codec.Ie + (95-codec.Ie)*percent/(percent+codec.Bpl)
	return 93.2 - id - ie
}
