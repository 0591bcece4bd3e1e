package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDockerfileBuilds runs the build stage's commands on a clean copy of the
// last commit. The image itself is not built: that needs a container engine.
func TestDockerfileBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the whole binary")
	}
	const top = "../.."
	if err := exec.Command("git", "-C", top, "rev-parse", "HEAD").Run(); err != nil {
		t.Skip("not a git checkout: there is no commit to build from")
	}
	dir := t.TempDir()
	sh(t, top, "git archive HEAD | tar -x -C "+dir)

	text, err := os.ReadFile(filepath.Join(top, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	build, image, ok := strings.Cut(string(text), "\nFROM scratch\n")
	if !ok {
		t.Fatal("the Dockerfile has no second stage")
	}
	for line := range strings.Lines(build) {
		if command, ok := strings.CutPrefix(line, "RUN "); ok {
			sh(t, dir, command)
		}
	}

	binary, err := elf.Open(filepath.Join(dir, "bin/strowger"))
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary has a %v segment: it is not static", p.Type)
		}
	}
	for _, want := range []string{"\nUSER 65532:65532\n", "\nHEALTHCHECK "} {
		if !strings.Contains(image, want) {
			t.Errorf("the image has no %q", strings.TrimSpace(want))
		}
	}
}

// sh runs a shell command in a folder.
func sh(t *testing.T, dir, command string) {
	t.Helper()
	cmd := exec.Command("sh", "-ec", command)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}
