package configs

import (
	"strowger/dialplan/source"
	"strowger/media"
	"strowger/media/sdp"
)

// sound reads how sound is secured.
func sound(b *source.Body) Sound {
	var s Sound
	s.Latch, _ = media.ParseLatch(choice(b, "latch", "locked", media.Latches()...))
	s.SRTP, _ = sdp.ParseSecurity(choice(b, "srtp", "off", sdp.Securities()...))
	s.WithoutTLS = choice(b, "srtp_without_tls", "false", "true", "false") == "true"
	return s
}
