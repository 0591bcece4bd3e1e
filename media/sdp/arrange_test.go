package sdp

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"strowger/media"
)

func codec(number uint8, encoding string, clock int, fmtp string) Codec {
	return Codec{Payload: media.Payload{Type: number, Encoding: encoding, Clock: clock}, FMTP: fmtp}
}

var (
	pcma     = codec(8, "PCMA", 8000, "")
	pcmu     = codec(0, "PCMU", 8000, "")
	g729     = codec(18, "G729", 8000, "annexb=no")
	digits   = codec(101, telephoneEvent, 8000, "0-16")
	digits96 = codec(96, telephoneEvent, 8000, "0-15")
	noise    = codec(13, comfortNoise, 8000, "")
	amr      = codec(97, "AMR", 8000, "octet-align=1")
	amrTight = codec(98, "AMR", 8000, "")
)

func TestJoin(t *testing.T) {
	all := Defaults()
	other := Codec{Payload: media.Payload{Type: 101, Encoding: "opus", Clock: 48000, Channels: 2}}
	for name, c := range map[string]struct {
		a, b []Codec
		want string
	}{
		"nothing new":      {all, all[1:], "PCMA PCMU telephone-event"},
		"behind":           {all[1:2], all, "PCMU PCMA telephone-event"},
		"to nothing":       {nil, all, "PCMA PCMU telephone-event"},
		"a number is used": {all, []Codec{other}, "PCMA PCMU telephone-event"},
	} {
		if got := names(Join(c.a, c.b)); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if joined := Join(all[:1], all); &joined[0] == &all[0] || all[1].Encoding != "PCMU" {
		t.Error("it was joined in place")
	}
}

func TestArrange(t *testing.T) {
	tests := []struct {
		name         string
		caller, ours []Codec
		want         []Codec
	}{
		{"the caller's order", []Codec{pcmu, pcma, digits96}, Defaults(), []Codec{pcmu, pcma, digits96}},
		{"the other law and digits", []Codec{pcmu}, Defaults(), []Codec{pcmu, pcma, digits}},
		{"nothing of ours", []Codec{pcmu}, nil, []Codec{pcmu}},
		{"no law for a caller without G.711", []Codec{g729}, Defaults(), []Codec{g729, digits}},
		{
			"an unknown codec passes",
			[]Codec{codec(101, "X-VOICE", 16000, "a=b"), pcma},
			Defaults(),
			[]Codec{codec(101, "X-VOICE", 16000, "a=b"), pcma, pcmu, codec(96, telephoneEvent, 8000, "0-16")},
		},
		{"digits after speech", []Codec{digits, noise, pcma}, nil, []Codec{pcma, digits, noise}},
		{"no speech", []Codec{digits}, Defaults(), nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Laws.Arrange(tt.caller, tt.ours)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestArrangeAnswer(t *testing.T) {
	tests := []struct {
		name           string
		caller, callee []Codec
		want           []Codec
	}{
		{"the callee's choice", []Codec{pcmu, pcma, digits96}, []Codec{pcma, digits}, []Codec{pcma, codec(96, telephoneEvent, 8000, "0-16")}},
		{"the law is converted", []Codec{pcmu, digits96}, []Codec{pcma}, []Codec{pcmu}},
		{"both laws", []Codec{pcma}, []Codec{pcmu, pcma}, []Codec{pcma}},
		{"parameters of the callee", []Codec{amr, amrTight}, []Codec{codec(110, "amr", 8000, "octet-align=1; ")}, []Codec{codec(97, "AMR", 8000, "octet-align=1; ")}},
		{"the number decides", []Codec{amr, amrTight}, []Codec{codec(98, "AMR", 8000, "mode-set=7")}, []Codec{codec(98, "AMR", 8000, "mode-set=7")}},
		{"nothing decides", []Codec{amr, amrTight}, []Codec{codec(99, "AMR", 8000, "mode-set=7")}, nil},
		{"a single one may restate them", []Codec{g729}, []Codec{codec(18, "G729", 8000, "")}, []Codec{g729}},
		{"comfort noise is made sound", []Codec{pcma, noise, digits}, []Codec{pcmu, digits}, []Codec{pcma, digits, noise}},
		{"comfort noise of both", []Codec{pcma, noise}, []Codec{noise, pcma}, []Codec{pcma, noise}},
		{"comfort noise of what is not decoded", []Codec{g729, noise}, []Codec{g729}, []Codec{g729}},
		{"nothing shared", []Codec{g729, digits}, []Codec{pcma, digits}, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Laws.ArrangeAnswer(tt.caller, tt.callee)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestAgree(t *testing.T) {
	tests := []struct {
		a, b []Codec
		want bool
	}{
		{[]Codec{pcma, digits}, []Codec{pcmu}, true},
		{[]Codec{g729}, []Codec{codec(18, "g729", 8000, "")}, true},
		{[]Codec{g729, pcma}, []Codec{pcma}, false},
		{nil, []Codec{pcma}, false},
		{nil, nil, false},
	}
	for _, tt := range tests {
		if got := Agree(tt.a, tt.b); got != tt.want {
			t.Errorf("Agree(%s, %s) = %v", names(tt.a), names(tt.b), got)
		}
	}
}

func TestCommon(t *testing.T) {
	got := Common([]Codec{g729, digits96, pcmu}, []Codec{pcmu, digits, pcma})
	if diff := cmp.Diff([]Codec{digits96, pcmu}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnknownCodecCrossesTheBridge follows a codec that we know nothing about, with its
// parameters and attributes, from the caller's offer to the caller's answer.
func TestUnknownCodecCrossesTheBridge(t *testing.T) {
	head := []string{"v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0"}
	offer := mustParse(t, body(append(head[:5:5], "m=audio 4000 RTP/AVP 112 101",
		"a=rtpmap:112 X-Voice/24000/2", "a=fmtp:112 Mode=Deep;Q=\"a b\"", "a=X-layer:112 base 3",
		"a=rtpmap:101 telephone-event/24000")...))
	caller, callee := NewSession("", 1), NewSession("", 2)

	out := mustParse(t, callee.Offer(local, Laws.Arrange(offer.Codecs(), Defaults()), SendRecv))
	if diff := cmp.Diff(offer.Codecs(), out.Codecs()); diff != "" {
		t.Errorf("offer to the callee (-want +got):\n%s", diff)
	}
	chosen, err := callee.Accept(mustParse(t, body(append(head[:5:5], "m=audio 5000 RTP/AVP 112 101",
		"a=rtpmap:112 x-voice/24000/2", "a=fmtp:112 Mode=Shallow", "a=rtpmap:101 telephone-event/24000")...)))
	if err != nil {
		t.Fatal(err)
	}
	b, agreed, err := caller.Answer(offer, local, Laws.ArrangeAnswer(offer.Codecs(), chosen.Codecs), SendRecv)
	if err != nil || !Agree(agreed.Codecs, chosen.Codecs) {
		t.Fatalf("answer: %v, %+v", err, agreed)
	}
	want := offer.Codecs()
	want[0].FMTP = "Mode=Shallow"
	if diff := cmp.Diff(want, mustParse(t, b).Codecs()); diff != "" {
		t.Errorf("answer to the caller (-want +got):\n%s", diff)
	}
}
