package exchange_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

// TestDelays: what is measured of a call, as NAME{labels} COUNT SUM.
func TestDelays(t *testing.T) {
	for name, c := range map[string]struct {
		program, story string
		want           []string
	}{
		"trunk to seats": {
			"ring 1001 1002\ndelay 1s", "0s caller INVITE 1002 sdp\n2s 1001 180\n3s 1002 183 sdp\n5s 1002 200 sdp\n9s caller BYE",
			[]string{"call_admission 1 1", "call_answer{in,caller} 1 5", "call_pdd{in,caller} 1 2", "call_setup 1 1"},
		},
		"seat to trunk": {
			"ring carrier\ncaller-seat", "0s caller INVITE 01632960555 sdp\n4s carrier 183 sdp\n6s carrier 200 sdp\n9s caller BYE",
			[]string{"call_admission 1 0", "call_answer{out,carrier} 1 6", "call_pdd{out,carrier} 1 4", "call_setup 1 0"},
		},
		"seat to seat, no ringing": {
			"ring 1002\ncaller-seat", "0s caller INVITE 1002 sdp\n1s 1002 200 sdp\n9s caller BYE",
			[]string{"call_admission 1 0", "call_answer{internal,} 1 1", "call_setup 1 0"},
		},
		"second trunk": {
			"ring carrier timeout=5s\nring 1002\ncaller-seat", "0s caller INVITE 1 sdp\n1s carrier 180\n6s 1002 180\n7s 1002 200 sdp\n9s caller BYE",
			[]string{"call_admission 1 0", "call_answer{internal,} 1 7", "call_pdd{out,carrier} 1 1", "call_setup 1 0"},
		},
		"application": {
			"echo", "0s caller INVITE 1 sdp\n9s caller BYE", []string{"call_admission 1 0"},
		},
		"refused": {
			"refuse 404", "0s caller INVITE 1 sdp", []string{"call_admission 1 0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, c.program)
				w.run(parseScript(t, c.story))
				got = measured(t, w.delays)
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// measured are the histograms of calls that have measured something.
func measured(t *testing.T, c prometheus.Collector) []string {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range families {
		name, ok := strings.CutPrefix(strings.TrimSuffix(f.GetName(), "_seconds"), "strowger_")
		for _, m := range f.GetMetric() {
			h := m.GetHistogram()
			if !ok || h.GetSampleCount() == 0 || name == "strand_wait" {
				continue
			}
			labels := ""
			if l := m.GetLabel(); len(l) == 2 {
				labels = fmt.Sprintf("{%s,%s}", l[0].GetValue(), l[1].GetValue())
			}
			found = append(found, fmt.Sprintf("%s%s %d %.0f", name, labels, h.GetSampleCount(), h.GetSampleSum()))
		}
	}
	slices.Sort(found)
	return found
}
