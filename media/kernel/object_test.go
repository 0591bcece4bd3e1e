package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestObject: the committed object is what the source compiles to.
func TestObject(t *testing.T) {
	for _, program := range []string{"clang-14", "llvm-strip-14"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is missing: apt-get install clang-14 llvm-14 libbpf-dev", program)
		}
	}
	if _, err := os.Stat("/usr/include/bpf/bpf_helpers.h"); err != nil {
		t.Skip("bpf_helpers.h is missing: apt-get install libbpf-dev")
	}
	out := filepath.Join(t.TempDir(), "forward.o")
	if b, err := exec.CommandContext(t.Context(), "bpf/compile.sh", out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	compiled, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(compiled, object) {
		t.Error("bpf/forward.o is not what bpf/forward.c compiles to: go generate ./media/kernel")
	}
}
