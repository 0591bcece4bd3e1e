package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media"
	"strowger/sip/b2bua"
	"strowger/sip/exchange"
	"strowger/sip/ledger"
)

func TestPrintSound(t *testing.T) {
	c := api.Call{Call: exchange.Call{
		Info: b2bua.Info{Legs: []b2bua.LegInfo{{ID: 1}, {ID: 3, OneWay: true}, {ID: 4}}}, // 2 went to another call
		Sound: []media.Stats{
			{
				Received: 1000, Sent: 990, Loss: 0.0125, Jitter: 2340 * time.Microsecond, MaxGap: 61 * time.Millisecond,
				RoundTrip: 23 * time.Millisecond, FarLoss: 0.25, MOS: 4.018, Duplicate: 3, Reordered: 2, Overrun: 5,
			}, {}, {Sent: 7, SRTP: "AEAD_AES_128_GCM", Converted: 6, InKernel: true}, {Received: 600, MOS: 4.4, Silent: true, Silence: 12 * time.Second},
		},
	}}
	var out bytes.Buffer
	printSound(&out, c)
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"", "LEG IN OUT LOSS JITTER GAP ROUND TRIP FAR LOSS MOS",
		"1 1000 990 1.2% 2.3ms 61ms 23ms 25.0% 4.02",
		"3 0 7 0.0% 0.0%",
		"4 600 0 0.0% 0.0% 4.40",
		"leg 1: 5 lost as this node had no time for them, 3 came twice, 2 out of order", "leg 3: SRTP AEAD_AES_128_GCM, 6 packets out converted, in the kernel, one way", "leg 4: never heard",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := strings.Join(remarks(b2bua.LegInfo{}, media.Stats{Silence: 3 * time.Second}), ", "); got != "silent for 3s" {
		t.Errorf("remark %q", got)
	}
}

func TestSounded(t *testing.T) {
	m := ledger.Media{
		Received: 10, Sent: 9, Lost: 1, MOS: 4.1, JitterMs: 1.25, MaxGapMs: 40, RoundTripMs: 20, FarLoss: 0.5, OneWay: true, Silent: true, Overrun: 4,
		SRTP: "AES_CM_128_HMAC_SHA1_80", Converted: 8,
	}
	want := "; 10 packets in, 9 out, 1 lost, MOS 4.10; jitter 1.3ms, longest gap 40ms, round trip 20ms, 50.0% lost at the far side; SRTP AES_CM_128_HMAC_SHA1_80; 8 packets out converted; one way; never heard; this node had no time for 4 of them"
	if got := sounded(&m); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
