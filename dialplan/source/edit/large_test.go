package edit_test

import (
	"fmt"
	"strings"
	"testing"

	"strowger/dialplan/source/edit"
)

// large is a plan near the limit of a text.
func large() string {
	var b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&b, "# Line %d.\nnumber \"+4416329%05d\" {\n  ring { seats = [\"1001\", \"1002\"] }\n}\n\n", i, i)
	}
	return b.String()
}

func BenchmarkSetLarge(b *testing.B) {
	src := large()
	for b.Loop() {
		if _, err := parse(b, src).Set([]string{"number", "+441632919999", "ring", "timeout"}, "20s"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMergeLarge(b *testing.B) {
	src := large()
	base, mine := parse(b, src), parse(b, strings.ReplaceAll(src, "1002", "1003"))
	for b.Loop() {
		if _, err := edit.Merge(base, mine, parse(b, src+"dial \"1\" {}\n")); err != nil {
			b.Fatal(err)
		}
	}
}
