package cli

import (
	"testing"
	"time"

	"strowger/sip/overload"
)

func TestSoundLoad(t *testing.T) {
	l := overload.Load{Packets: 66_000.4, Cost: 9_870, Share: 0.333}
	for _, test := range []struct {
		limit int
		full  bool
		want  string
	}{
		{85, false, "66000 packets/s of 9.9\u00b5s CPU, 33% of what can be carried; calls are refused from 85% on"},
		{0, false, "66000 packets/s of 9.9\u00b5s CPU, 33% of what can be carried"},
		{85, true, "66000 packets/s of 9.9\u00b5s CPU, 33% of what can be carried: new calls are refused"},
	} {
		l.Full = test.full
		if got := soundLoad(l, test.limit); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	if got := soundLoad(overload.Load{Cost: 15 * time.Microsecond}, 85); got != "0 packets/s of 15\u00b5s CPU, 0% of what can be carried; calls are refused from 85% on" {
		t.Errorf("%q", got)
	}
}
