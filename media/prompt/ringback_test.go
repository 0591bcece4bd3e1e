package prompt

import "testing"

// TestRingback: both tones in the bursts, silence between them.
func TestRingback(t *testing.T) {
	p := Ringback()
	low, high := ToneShare(p.PCM, 400), ToneShare(p.PCM, 450)
	if !p.Loop || len(low) != 30 {
		t.Fatalf("loop %t, %d windows of 100 ms, want 30", p.Loop, len(low))
	}
	for i := range low {
		sounds := i < 4 || i >= 6 && i < 10
		if both := low[i] > 0.4 && high[i] > 0.4; both != sounds {
			t.Errorf("at %d ms: 400 Hz %.2f, 450 Hz %.2f", i*100, low[i], high[i])
		}
	}
}
