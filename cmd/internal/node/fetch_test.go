package node_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media/recording"
)

// TestRecordingOfCluster asks each node for the sound of a recording that node 1 made.
func TestRecordingOfCluster(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	cfg := p.nodes[0].Config
	rec, err := p.nodes[0].Recorder.Begin(recording.Info{ID: "1201-120000-aaaa-1", Call: "1201-120000-aaaa", Tenant: cfg.Tenants[0].Name, Why: "test"})
	if err != nil {
		t.Fatal(err)
	}
	take, pcm := rec.Take(recording.Left), make([]int16, recording.Frame)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range 25 {
		for k := range pcm {
			pcm[k] = int16(i*997 + k*13)
		}
		take(pcm)
		<-tick.C
	}
	rec.End()
	const path = "/v1/tenants/-/recordings/1201-120000-aaaa-1"
	var i recording.Info
	until(t, "the recording is whole", func() bool { return p.ask(t, 1, "GET", path, &i) == nil && i.SHA256 != "" })
	for n := range p.nodes {
		client, err := api.NewClient(api.Target{Socket: p.nodes[n].Config.Admin.Socket})
		if err != nil {
			t.Fatal(err)
		}
		sound, err := client.Stream(t.Context(), "GET", path+"/sound?export=1", "", nil)
		if err != nil {
			t.Fatalf("node %d: %v", n+1, err)
		}
		sum := sha256.New()
		size, err := io.Copy(sum, sound)
		if err != nil || size != i.Bytes || hex.EncodeToString(sum.Sum(nil)) != i.SHA256 {
			t.Errorf("node %d sends %d bytes of %d, or others: %v", n+1, size, i.Bytes, err)
		}
		if err := sound.Close(); err != nil {
			t.Error(err)
		}
	}
}
