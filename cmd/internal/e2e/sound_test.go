package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"strowger/media/codec"
	"strowger/media/prompt"
)

// tone is a file of three seconds of a sine, A-law.
func tone(t *testing.T, freq float64) string {
	t.Helper()
	samples := prompt.Tone(freq, 3*time.Second, -10)
	raw := make([]byte, len(samples))
	codec.ALaw.Encode(raw, samples)
	file := filepath.Join(t.TempDir(), "tone.alaw")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
