package sdp

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"strowger/media"
)

var (
	g722 = codec(9, "G722", 8000, "")
	opus = Codec{Payload: media.Payload{Type: 111, Encoding: "opus", Clock: 48000, Channels: 2}}
)

func TestTranscodeArranges(t *testing.T) {
	offers := []struct {
		name         string
		caller, want []Codec
		of           Conversion
	}{
		{"G.711 behind G.722", []Codec{g722}, []Codec{g722, pcma, pcmu, digits}, Transcode},
		{"not if it is forbidden", []Codec{g722}, []Codec{g722, digits}, Laws},
		{"not for who has neither", []Codec{g729}, []Codec{g729, digits}, Transcode},
		{"not for G.722 at another clock", []Codec{codec(96, "G722", 16000, "")}, []Codec{codec(96, "G722", 16000, "")}, Transcode},
	}
	for _, tt := range offers {
		if diff := cmp.Diff(tt.want, tt.of.Arrange(tt.caller, Defaults())); diff != "" {
			t.Errorf("offer: %s (-want +got):\n%s", tt.name, diff)
		}
	}
	answers := []struct {
		name                 string
		caller, callee, want []Codec
		of                   Conversion
	}{
		{"G.711 for G.722", []Codec{pcmu, digits}, []Codec{g722, digits}, []Codec{pcmu, digits}, Transcode},
		{"the first that the caller has", []Codec{opus, g722, pcma}, []Codec{pcmu}, []Codec{pcma}, Transcode},
		{"the other law before G.722", []Codec{g722, pcma}, []Codec{pcmu}, []Codec{pcma}, Transcode},
		{"what both have", []Codec{pcma, g722}, []Codec{g722}, []Codec{g722}, Transcode},
		{"forbidden", []Codec{g722, digits}, []Codec{pcma, digits}, nil, Laws},
		{"neither", []Codec{opus}, []Codec{pcma}, nil, Transcode},
	}
	for _, tt := range answers {
		if diff := cmp.Diff(tt.want, tt.of.ArrangeAnswer(tt.caller, tt.callee)); diff != "" {
			t.Errorf("answer: %s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestWider(t *testing.T) {
	for _, tt := range []struct {
		codecs []Codec
		of     Conversion
		want   string
	}{
		{[]Codec{pcma, pcmu, digits}, Transcode, "PCMA PCMU G722 telephone-event"},
		{[]Codec{g722}, Transcode, "G722 PCMA PCMU"},
		{[]Codec{opus}, Transcode, "opus"},
		{[]Codec{pcma}, Laws, "PCMA"},
	} {
		if got := names(tt.of.Wider(tt.codecs)); got != tt.want {
			t.Errorf("%s: %s, want %s", names(tt.codecs), got, tt.want)
		}
	}
}

func TestJoins(t *testing.T) {
	for _, tt := range []struct {
		a, b []Codec
		of   Conversion
		want bool
	}{
		{[]Codec{g722}, []Codec{pcma}, Transcode, true},
		{[]Codec{g722}, []Codec{pcma}, Laws, false},
		{[]Codec{pcmu}, []Codec{pcma}, Laws, true},
		{[]Codec{opus}, []Codec{opus}, Laws, true},
		{[]Codec{opus, pcma}, []Codec{pcma}, Transcode, false}, // it sends opus
		{nil, []Codec{pcma}, Transcode, false},
	} {
		if got := tt.of.Joins(tt.a, tt.b); got != tt.want {
			t.Errorf("%s and %s: %v", names(tt.a), names(tt.b), got)
		}
	}
}
