package prompt

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"strowger/media/codec"
)

// decoderOf is the reader for a file by its extension, or nil.
func decoderOf(file string) func([]byte) ([]int16, error) {
	switch strings.ToLower(path.Ext(file)) {
	case ".wav":
		return DecodeWAV
	case ".ulaw":
		return raw(codec.ULaw)
	case ".alaw":
		return raw(codec.ALaw)
	}
	return nil
}

// IsSound tells by its name whether a file would be read.
func IsSound(file string) bool { return decoderOf(file) != nil }

func nameOf(file string) string { return strings.TrimSuffix(file, path.Ext(file)) }

// others are how files of other formats begin, that may be named as if they were raw.
var others = map[string]string{
	"RIFF": "it is a WAV file: name it .wav", "ID3": "it is an MP3 file", "OggS": "it is an Ogg file", "fLaC": "it is a FLAC file",
	".snd": "it is a Sun audio file", "FORM": "it is an AIFF file",
}

// raw reads G.711 without a header.
func raw(law codec.Law) func([]byte) ([]int16, error) {
	return func(file []byte) ([]int16, error) {
		for magic, is := range others {
			if bytes.HasPrefix(file, []byte(magic)) && len(file) > 12 {
				return nil, fmt.Errorf("%w: %s", ErrFormat, is)
			}
		}
		out := make([]int16, len(file))
		law.Decode(out, file)
		return out, nil
	}
}
