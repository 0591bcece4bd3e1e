package relay

import (
	"strowger/media"
	"strowger/media/codec"
)

// route says where the packets of an endpoint go. It is immutable: a change of who
// hears whom, or of a payload list, makes a new one.
type route []edge

// edge leads to one listener.
type edge struct {
	to    *endpoint
	epoch uint32 // of the listener when the edge was made; another one refuses its packets
	types []translation
	// events tells that the listener is forwarded the events of the source.
	events bool
	noise  int // the source's comfort noise, if it is made into sound; else noNoise
}

// translation turns a payload type of the source into one of the listener.
type translation struct {
	clock    int            // of the timestamp, Hz
	from, to uint8          // payload types
	convert  bool           // the encodings differ: from source to target
	source   codec.Format   // what the source sends
	target   codec.Format   // what the listener gets
	listens  *media.Payload // the same, as the listener negotiated it
}

// find returns the translation of a payload type, nil if the listener did not
// negotiate its encoding.
func (e *edge) find(payload uint8) *translation {
	for i := range e.types {
		if e.types[i].from == payload {
			return &e.types[i]
		}
	}
	return nil
}

// translate pairs the payload lists of source and listener: by equal encoding, or
// else, if it can be decoded here, by the first one that can be encoded here.
func translate(source, listener []media.Payload) []translation {
	var types []translation
	for _, s := range source {
		if t, ok := match(s, listener); ok {
			types = append(types, t)
		}
	}
	return types
}

// share tells whether events of a source can be forwarded.
func share(source, listener *media.Payload) bool {
	return source != nil && listener != nil && source.Clock == listener.Clock
}

func match(s media.Payload, listener []media.Payload) (translation, bool) {
	for i := range listener {
		l := &listener[i]
		if l.Encoding == s.Encoding && l.Clock == s.Clock && max(l.Channels, 1) == max(s.Channels, 1) {
			return translation{from: s.Type, to: l.Type, clock: s.Clock, listens: l}, true
		}
	}
	source, ok := formatOf(&s)
	if !ok {
		return translation{}, false
	}
	converted := func(l *media.Payload, target codec.Format) translation {
		return translation{from: s.Type, to: l.Type, clock: s.Clock, convert: true, source: source, target: target, listens: l}
	}
	for i := range listener {
		if target, ok := formatOf(&listener[i]); ok && cheap(source, target) {
			return converted(&listener[i], target), true
		}
	}
	for i := range listener {
		if target, ok := formatOf(&listener[i]); ok {
			return converted(&listener[i], target), true
		}
	}
	return translation{}, false
}

// cheap tells whether one format becomes the other byte by byte: both are G.711.
func cheap(source, target codec.Format) bool {
	_, from := source.Law()
	_, to := target.Law()
	return from && to
}
