package relay

import "strowger/media/codec"

// lawOf tells the law of an encoding name, false for what is not G.711.
func lawOf(encoding string) (codec.Law, bool) {
	switch encoding {
	case "PCMU":
		return codec.ULaw, true
	case "PCMA":
		return codec.ALaw, true
	}
	return 0, false
}
