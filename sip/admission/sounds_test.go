package admission_test

import (
	"strings"
	"testing"

	"strowger/sip/leg"
	"strowger/sip/seat"
)

// TestHeard: a seat has the sounds of its tenant, and the music of its own.
func TestHeard(t *testing.T) {
	b := newBench(t)
	b.tenant.Heard = &leg.Heard{Language: "cy", Tones: "de", Music: "default"}
	b.register("1002", "127.0.0.1:5080")
	for music, want := range map[string]leg.Heard{
		"":            {Language: "cy", Tones: "de", Music: "default"},
		"sales":       {Language: "cy", Tones: "de", Music: "sales"},
		seat.MusicOff: {Language: "cy", Tones: "de"},
	} {
		for _, n := range []string{"1001", "1002"} {
			b.change(n, func(s *seat.Seat) { s.Music = music })
		}
		p := b.fromSeat("1001", "1002")
		if len(p.Stages) != 1 || len(p.Stages[0].Targets) != 1 {
			t.Fatalf("%+v", p)
		}
		for who, got := range map[string]*leg.Heard{"caller": p.Caller.Heard, "called": p.Stages[0].Targets[0].Party.Heard} {
			if got == nil || *got != want {
				t.Errorf("music %q: %s has %+v, want %+v", music, who, got, want)
			}
		}
	}
}

// TestSpelled: what a plan has spelled is said in the language of the tenant.
func TestSpelled(t *testing.T) {
	b := newBench(t)
	b.tenant.Heard = &leg.Heard{Language: "cy"}
	b.publish("dial \"*46\" {\n play { prompts = [\"announcement\", \"number:22\", \"own-number\"] }\n}\n")
	p := b.fromSeat("1001", "*46")
	want := "announcement number-20 digit-2 digit-1 digit-0 digit-0 digit-1"
	if got := strings.Join(p.Prompts, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
