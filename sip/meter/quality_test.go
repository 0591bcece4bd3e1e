package meter_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"strowger/media"
	"strowger/sip/meter"
)

// TestQuality: a leg counts for its trunk once, where it has sent enough to tell, and a
// trunk that was not named at the start makes no label.
func TestQuality(t *testing.T) {
	q := meter.NewQuality([]string{"one"})
	good := media.Stats{Received: 500, Loss: 0.001, Jitter: 2 * time.Millisecond, MOS: 4.35, RoundTrip: 20 * time.Millisecond}
	bad := media.Stats{Received: 50, Loss: 0.3, Jitter: 200 * time.Millisecond, MOS: 1.9}
	q.Ended("one", &good)
	q.Ended("one", &bad)
	q.Ended("", &good)
	q.Ended("one", &media.Stats{Received: 49, MOS: 1})
	q.Ended("stranger", &good)
	(*meter.Quality)(nil).Ended("one", &good)
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(q)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Count, Below uint64  // below: by the bucket that parts good from bad
		Sum          float64 // of all
	}
	got := map[string]row{}
	limits := map[string]float64{"strowger_leg_loss_ratio": 0.05, "strowger_leg_jitter_seconds": 0.05, "strowger_leg_mos": 4, "strowger_leg_round_trip_seconds": 0.025}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			h := m.GetHistogram()
			r := row{Count: h.GetSampleCount(), Sum: h.GetSampleSum()}
			for _, b := range h.GetBucket() {
				if b.GetUpperBound() == limits[f.GetName()] {
					r.Below = b.GetCumulativeCount()
				}
			}
			got[f.GetName()+" "+m.GetLabel()[0].GetValue()] = r
		}
	}
	want := map[string]row{
		"strowger_leg_loss_ratio one": {2, 1, 0.301}, "strowger_leg_loss_ratio ": {1, 1, 0.001},
		"strowger_leg_jitter_seconds one": {2, 1, 0.202}, "strowger_leg_jitter_seconds ": {1, 1, 0.002},
		"strowger_leg_mos one": {2, 1, 6.25}, "strowger_leg_mos ": {1, 0, 4.35},
		"strowger_leg_round_trip_seconds one": {1, 1, 0.02}, "strowger_leg_round_trip_seconds ": {1, 1, 0.02},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
