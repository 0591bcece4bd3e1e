package sdp

import (
	"strings"
	"testing"
)

func TestOnly(t *testing.T) {
	for _, tt := range []struct{ names, want string }{
		{"", "PCMA PCMU telephone-event"},
		{"PCMU telephone-event", "PCMU telephone-event"},
		{"telephone-event pcmu G729 PCMA", "telephone-event PCMU PCMA"},
		{"G729", "PCMA PCMU telephone-event"},
	} {
		var got []string
		for _, c := range Only(Defaults(), strings.Fields(tt.names)) {
			got = append(got, c.Encoding)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("only %q: %v, want %s", tt.names, got, tt.want)
		}
	}
}
