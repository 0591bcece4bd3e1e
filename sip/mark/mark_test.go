package mark_test

import (
	"strings"
	"testing"

	"strowger/sip/mark"
)

func TestTokenSaysNodeAndStrand(t *testing.T) {
	m, err := mark.NewMinter([]byte("0123456789abcdef"), 7)
	if err != nil {
		t.Fatal(err)
	}
	a, b := m.Token(3), m.Token(3)
	if a == b {
		t.Fatalf("two tokens are the same: %s", a)
	}
	if len(a) != mark.Length {
		t.Fatalf("token %q has %d characters", a, len(a))
	}
	got, ok := m.Read(a)
	if want := (mark.Mark{Node: 7, Strand: 3}); !ok || got != want {
		t.Fatalf("Read(%q) = %+v, %t", a, got, ok)
	}
}

func TestForeignTokensAreRefused(t *testing.T) {
	m, _ := mark.NewMinter([]byte("0123456789abcdef"), 7)
	other, _ := mark.NewMinter([]byte("fedcba9876543210"), 7)
	for name, token := range map[string]string{
		"empty":       "",
		"short":       "abc",
		"another key": other.Token(1),
		"not base32":  strings.Repeat("!", mark.Length),
		"guessed":     strings.Repeat("a", mark.Length),
	} {
		if got, ok := m.Read(token); ok {
			t.Errorf("%s: Read(%q) = %+v", name, token, got)
		}
	}
}

func TestKeySize(t *testing.T) {
	if _, err := mark.NewMinter([]byte("short"), 1); err == nil {
		t.Fatal("a short key was taken")
	}
}
