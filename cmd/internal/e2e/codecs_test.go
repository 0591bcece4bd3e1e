package e2e

import (
	"strings"
	"testing"

	"strowger/sip/ledger"
)

// wide is how baresip calls G.722.
const wide = "g722/16000"

// TestCodecsBothHear: phones with G.722 alone and with G.711 alone hear each other,
// whoever calls; the sound is transcoded. Two with G.722 talk in it, and nothing is.
func TestCodecsBothHear(t *testing.T) {
	for _, tt := range []struct {
		name       string
		ada, ben   string
		transcoded bool
	}{
		{"G.722 calls A-law", wide, "pcma", true},
		{"mu-law calls G.722", "pcmu", wide, true},
		{"G.722 calls G.722", wide, wide, false},
		{"G.722 first calls A-law", wide + ",pcma", "pcma", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			need(t, "baresip", "baresip-core")
			installed(t, "sox", "sox")
			n := startNode(t)
			ada, ben := n.speaking("1001", 440, "udp", tt.ada), n.speaking("1002", 620, "udp", tt.ben)
			hearEachOther(t, n, ada, ben, "sip:1002@"+n.host+":5060;transport=udp")
			for _, p := range []struct {
				phone  *softphone
				codecs string
			}{{ada, tt.ada}, {ben, tt.ben}} {
				first, _, _ := strings.Cut(strings.ToUpper(p.codecs), "/")
				if tt.ada != tt.ben && !tt.transcoded {
					first = "PCMA"
				}
				if !strings.Contains(p.phone.process.output(), "Set audio decoder: "+first) {
					t.Errorf("a phone with %s did not speak %s", p.codecs, first)
				}
			}
			if got := n.counter("media_transcoded"); got > 0 != tt.transcoded {
				t.Errorf("%v packets were transcoded", got)
			}
			for _, l := range n.legs(n.recorded(byCaller)[0].Call) {
				if l.Converted > 0 != tt.transcoded {
					t.Errorf("the record of %s tells of %d packets converted", l.Party, l.Converted)
				}
			}
		})
	}
}

// TestPacketTimes: a phone that wants packets of 40 ms gets such, and one of 20 ms its own.
func TestPacketTimes(t *testing.T) {
	need(t, "baresip", "baresip-core")
	installed(t, "sox", "sox")
	for _, codec := range []string{"pcma", wide} {
		t.Run(codec, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			ada, ben := n.speaking("1001", 440, "udp", codec, "ptime=40"), n.speaking("1002", 620, "udp", "pcma")
			call := bothHeard(t, n, ada, ben, "sip:1002@"+n.host+":5060;transport=udp")
			legs := map[string]ledger.LegRecord{}
			for _, l := range n.legs(call) {
				legs[l.Party] = l
			}
			slow, quick := legs["seat:1001"], legs["seat:1002"] // what baresip sends follows our ptime
			if share := float64(slow.Sent) / float64(quick.Sent); share < 0.4 || share > 0.6 {
				t.Errorf("%.2f of the packets were sent to the phone that wants 40 ms, want half", share)
			}
		})
	}
}
