package quality

import (
	"time"

	"strowger/media/codec"
)

const (
	// quietPower is -60 dBm0 as the square of a 16-bit sample: full scale is a sine of
	// +3.14 dBm0 (ITU-T G.711), and the noise of a quiet line lies above.
	quietPower = 16 * 16
	// quietStep is the step of G.722 (codec.G722Level) for noise of -60 dBm0.
	quietStep = 3300
	// stride is how many codes are passed over for one that is looked at; it shares no
	// factor with a frame, nor the period of a tone with the rate.
	stride = 7
	// deadAfter is how many packets, 10 s of 20 ms, are all silent where nobody speaks
	// into anything.
	deadAfter = 500
)

// powers are the squares of the samples by law and code.
var powers = func() (powers [2][256]uint32) {
	for law := range powers {
		for code := range 256 {
			var sample [1]int16
			codec.Law(law).Decode(sample[:], []byte{byte(code)})
			powers[law][code] = uint32(int32(sample[0]) * int32(sample[0]))
		}
	}
	return powers
}()

// Silence finds sound that flows and is silent: that of a dead microphone or of a
// gateway whose far side is gone. Of G.711 it looks at every seventh code of a packet, at
// others in the next one. The zero value is ready.
type Silence struct {
	phase   uint8
	wide    codec.G722Level
	looked  uint64    // packets
	silent  uint64    // of them
	since   time.Time // of the first of those that go on; zero if the last packet was none
	current time.Duration
	longest time.Duration
}

// Step looks at the codes of a packet of G.711.
func (s *Silence) Step(law codec.Law, codes []byte, at time.Time) {
	if len(codes) <= int(s.phase) {
		return
	}
	var power, n uint64
	for i := int(s.phase); i < len(codes); i += stride {
		power += uint64(powers[law&1][codes[i]])
		n++
	}
	s.phase = (s.phase + 1) % stride
	s.judge(power <= n*quietPower, at)
}

// StepG722 looks at a packet of G.722.
func (s *Silence) StepG722(codes []byte, at time.Time) {
	if len(codes) > 0 {
		s.judge(s.wide.Step(codes) <= quietStep, at)
	}
}

// judge takes a packet that is silent or not.
func (s *Silence) judge(silent bool, at time.Time) {
	s.looked++
	if !silent {
		s.Pause()
		return
	}
	s.silent++
	if s.since.IsZero() {
		s.since = at
	}
	s.current = at.Sub(s.since)
	s.longest = max(s.longest, s.current)
}

// Elsewhere takes what another one looked at from a time to that of its last packet: so
// many packets, of which so many were not silent, the last of those at loud.
func (s *Silence) Elsewhere(looked, heard uint64, from, loud, at time.Time) {
	if looked == 0 {
		return
	}
	s.looked += looked
	s.silent += looked - heard
	switch {
	case heard > 0:
		s.since = loud
	case s.since.IsZero():
		s.since = from
	}
	s.current = max(0, at.Sub(s.since))
	s.longest = max(s.longest, s.current)
}

// Pause ends a silence: what comes next need not follow from it.
func (s *Silence) Pause() { s.since, s.current = time.Time{}, 0 }

// Now is how long the sound has been silent, up to its last packet; 0 if it is not.
func (s *Silence) Now() time.Duration { return s.current }

// Longest is the longest silence so far.
func (s *Silence) Longest() time.Duration { return s.longest }

// Known tells that more sound would not change what Dead tells.
func (s *Silence) Known() bool { return s.looked == 0 || s.silent < s.looked || s.Dead() }

// Dead tells whether 10 s of sound came, or more, and nothing of it was ever heard.
func (s *Silence) Dead() bool { return s.looked >= deadAfter && s.silent == s.looked }
